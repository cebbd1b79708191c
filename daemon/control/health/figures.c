// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/health/figures.h"

struct list {
	struct figure all[FIGURES_MAX];
	size_t count;
};

struct figures {
	struct list counters, losses, lost;
	struct message_queue queues[FIGURES_QUEUES_MAX];
	size_t queue_count;
	uint64_t unnamed;
};

struct figures *figures_new(void)
{
	return calloc(1, sizeof(struct figures));
}

void figures_free(struct figures *figures)
{
	free(figures);
}

static const struct figure *find(const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->all[i].name, name) == 0)
			return &list->all[i];
	return NULL;
}

static void update(struct figures *figures, struct list *list, const char *name, uint64_t value)
{
	struct figure *figure = (struct figure *)find(list, name);

	if (!figure) {
		if (list->count == FIGURES_MAX) {
			figures->unnamed++;
			return;
		}
		figure = &list->all[list->count++];
		snprintf(figure->name, sizeof(figure->name), "%s", name);
	}
	figure->total += value - (value < figure->last ? 0 : figure->last);
	figure->last = value;
}

void figures_counter(struct figures *figures, const struct message_counter *counter)
{
	update(figures, &figures->counters, counter->name, counter->packets);
}

static void anew(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->all[i].last = 0;
}

void figures_loss(struct figures *figures, const struct message_loss *loss)
{
	const struct figure *figure = find(&figures->losses, loss->name);

	if (strcmp(loss->name, MESSAGE_TABLES_LOST) == 0 &&
	    loss->count > (figure ? figure->last : 0))
		anew(&figures->counters);
	update(figures, &figures->losses, loss->name, loss->count);
}

void figures_queue(struct figures *figures, const struct message_queue *queue)
{
	size_t i = 0;

	while (i < figures->queue_count && figures->queues[i].number != queue->number)
		i++;
	if (i == FIGURES_QUEUES_MAX)
		return;
	figures->queues[i] = *queue;
	if (i == figures->queue_count)
		figures->queue_count++;
}

void figures_down(struct figures *figures)
{
	figures->queue_count = 0;
	anew(&figures->losses);
}

/* What was asked about and was not answered. */
static uint64_t missing(const struct figures *figures, const char *policy)
{
	uint64_t asked = figures_of(figures, "asked", policy);
	uint64_t known = figures_of(figures, "answered_refuse", policy) +
			 figures_of(figures, "answered_pass", policy) +
			 figures_of(figures, "unanswered", policy);

	return asked > known ? asked - known : 0;
}

void figures_end(struct figures *figures)
{
	static const char asked[] = "asked_";

	/* an engine without a plan has no queues, and its reading ends before it begins */
	if (!figures->queue_count)
		return;
	/* a queue does not say whose packets it holds: wait for a moment when it holds none */
	for (size_t i = 0; i < figures->queue_count; i++)
		if (figures->queues[i].held)
			return;
	for (size_t i = 0; i < figures->counters.count; i++) {
		const char *name = figures->counters.all[i].name;
		const char *policy = name + sizeof(asked) - 1;
		const struct figure *lost;
		uint64_t now;

		if (strncmp(name, asked, sizeof(asked) - 1) != 0)
			continue;
		lost = find(&figures->lost, policy);
		now = missing(figures, policy);
		if (now > (lost ? lost->total : 0))
			update(figures, &figures->lost, policy, now);
	}
}

uint64_t figures_lost(const struct figures *figures, const char *policy)
{
	const struct figure *lost = find(&figures->lost, policy);

	return lost ? lost->total : 0;
}

uint64_t figures_get(const struct figures *figures, const char *name)
{
	const struct figure *figure = find(&figures->counters, name);

	return figure ? figure->total : 0;
}

uint64_t figures_of(const struct figures *figures, const char *what, const char *policy)
{
	char name[128];

	snprintf(name, sizeof(name), "%s_%s", what, policy);
	return figures_get(figures, name);
}

const struct figure *figures_counter_at(const struct figures *figures, size_t index)
{
	return index < figures->counters.count ? &figures->counters.all[index] : NULL;
}

const struct figure *figures_loss_at(const struct figures *figures, size_t index)
{
	return index < figures->losses.count ? &figures->losses.all[index] : NULL;
}

const struct message_queue *figures_queue_at(const struct figures *figures, size_t index)
{
	return index < figures->queue_count ? &figures->queues[index] : NULL;
}

uint64_t figures_unnamed(const struct figures *figures)
{
	return figures->unnamed;
}
