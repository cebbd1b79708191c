// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "control/engine/intent.h"
#include "control/engine/plan_file.h"

struct intent {
	struct link *link;
	const struct config *config;
	const struct allowlist *list;
	struct containment *containment;
	uint64_t plan; /* sequence of the last plan sent on this connection; 0: none */
	bool in_hand;  /* the engine has not answered it yet */
	bool in_force;
	bool was_in_force;
	bool unsure;
	bool fine;     /* did the last plan have a source finer than a /64? */
	unsigned ways; /* which ways its entries had, a bit each */
	char refusal[512];
};

struct allow_clock intent_clock(void)
{
	return (struct allow_clock){
		.real = (int64_t)(clock_ms(CLOCK_REALTIME) / 1000),
		.boot_ms = clock_ms(CLOCK_BOOTTIME),
	};
}

struct intent *intent_new(struct link *link, const struct config *config,
			  const struct allowlist *list, struct containment *containment)
{
	struct intent *intent = calloc(1, sizeof(*intent));

	if (!intent)
		return NULL;
	intent->link = link;
	intent->config = config;
	intent->list = list;
	intent->containment = containment;
	return intent;
}

void intent_free(struct intent *intent)
{
	free(intent);
}

static bool is_fine(const struct allow_entry *entry)
{
	struct allow_rule rule = {.from = entry->from, .to = entry->to};

	return allow_rule_fine(&rule);
}

static bool any_fine(const struct allowlist *list)
{
	for (size_t i = 0; i < allowlist_count(list); i++)
		if (is_fine(allowlist_at(list, i)) && allowlist_says(list, allowlist_at(list, i)))
			return true;
	return false;
}

static unsigned ways_of(const struct allowlist *list)
{
	unsigned ways = 0;

	for (size_t i = 0; i < allowlist_count(list); i++)
		if (allowlist_says(list, allowlist_at(list, i)))
			ways |= 1u << allowlist_at(list, i)->way;
	return ways;
}

/* It is tried again and again, and said once. */
static void refuse(struct intent *intent, const char *who, const char *why)
{
	if (strcmp(intent->refusal, why) != 0)
		log_error("plan: %s: %s", who, why);
	snprintf(intent->refusal, sizeof(intent->refusal), "%s", why);
}

uint64_t intent_send_plan(struct intent *intent)
{
	char why[sizeof(intent->refusal)];
	struct message_plan plan;
	size_t size;
	int fd;

	if (!link_connected(intent->link))
		return 0;
	fd = plan_file(intent->config, intent->list, intent->containment, intent_clock(), &size);
	if (fd < 0) {
		snprintf(why, sizeof(why), "the plan cannot be made: %s", strerror(-fd));
		refuse(intent, "not sent", why);
		return 0;
	}
	plan.size = size;
	intent->fine = any_fine(intent->list);
	intent->ways = ways_of(intent->list);
	intent->plan = link_send(intent->link, MESSAGE_PLAN, &plan, 1, fd);
	intent->in_hand = intent->plan;
	containment_told(intent->containment, intent->plan);
	return intent->plan;
}

int intent_configure(struct intent *intent, const struct config *config, link_done *done, void *arg)
{
	uint64_t sequence;

	intent->config = config;
	if (!link_connected(intent->link))
		return -ENOTCONN;
	sequence = intent_send_plan(intent);
	if (!sequence)
		return link_connected(intent->link) ? -ENOMEM : -ENOTCONN;
	return link_wait(intent->link, sequence, PLAN_DEADLINE, done, arg);
}

static int compare_changes(const void *a, const void *b)
{
	return allow_element_compare(&((const struct message_change *)a)->element,
				     &((const struct message_change *)b)->element);
}

/* One message: each element added, or gone when no entry says it any more; none of them twice. */
static uint64_t send_changes(struct intent *intent, const struct allow_entry *entries, size_t count)
{
	struct message_change changes[INTENT_CHANGES_MAX];
	const struct allow_clock clock = intent_clock();
	uint32_t unlike = 0;

	memset(changes, 0, count * sizeof(*changes));
	for (size_t i = 0; i < count; i++)
		changes[i].op =
			allowlist_element(intent->list, &entries[i], clock, &changes[i].element) ?
				MESSAGE_ADD :
				MESSAGE_DEL;
	qsort(changes, count, sizeof(*changes), compare_changes);
	for (size_t i = 0; i < count; i++)
		if (!unlike || compare_changes(&changes[unlike - 1], &changes[i]))
			changes[unlike++] = changes[i];
	return link_send(intent->link, MESSAGE_CHANGE, changes, unlike, -1);
}

/* Is it more than single elements of sets that are there? */
static bool needs_plan(const struct intent *intent, const struct allow_entry *entry)
{
	return !allow_entry_exact(entry) || (is_fine(entry) && !intent->fine) ||
	       (entry->way != ALLOW_FREE && !(intent->ways >> entry->way & 1));
}

int intent_changed_all(struct intent *intent, const struct allow_entry *entries, size_t count,
		       link_done *done, void *arg)
{
	/* A plan that was refused holds nothing that could be changed: try the whole again. */
	bool whole = intent->refusal[0] || count > INTENT_CHANGES_MAX;
	uint64_t sequence;

	for (size_t i = 0; i < count && !whole; i++)
		whole = needs_plan(intent, &entries[i]);
	if (!count)
		return -ENODATA;
	if (!link_connected(intent->link))
		return -ENOTCONN;
	sequence = whole ? intent_send_plan(intent) : send_changes(intent, entries, count);
	if (!sequence)
		return link_connected(intent->link) ? -ENOMEM : -ENOTCONN;
	/* The engine does one thing after the other: a change behind a plan takes as long. */
	return link_wait(intent->link, sequence, intent->in_hand ? PLAN_DEADLINE : INTENT_DEADLINE,
			 done, arg);
}

/* It goes from one set to another, which a plan does without a gap. */
static bool moves(const struct intent *intent, const struct allow_difference *difference)
{
	const struct allow_entry *now = allowlist_by_id(intent->list, difference->entry.id);

	return difference->step == ALLOW_STEP_CHANGE && now && now->way != difference->entry.way;
}

int intent_changed(struct intent *intent, const struct allow_difference *differences, size_t count,
		   link_done *done, void *arg)
{
	struct allow_entry *parts = calloc(INTENT_CHANGES_MAX + ALLOW_PARTS_MAX, sizeof(*parts));
	size_t many = 0;
	int result;

	if (!parts)
		return -ENOMEM;
	for (size_t i = 0; i < count && many <= INTENT_CHANGES_MAX; i++) {
		if (moves(intent, &differences[i]))
			many = INTENT_CHANGES_MAX + 1;
		else
			many += allowlist_parts(intent->list, &differences[i].entry, parts + many);
	}
	result = intent_changed_all(intent, parts, many, done, arg);
	free(parts);
	return result;
}

void intent_unsure(struct intent *intent)
{
	intent->unsure = true;
}

void intent_ack(struct intent *intent, uint64_t sequence, const struct message_ack *ack)
{
	if (sequence == intent->plan)
		intent->in_hand = false;
	if (intent->unsure) {
		intent->unsure = false;
		intent_send_plan(intent);
		return;
	}
	if (sequence != intent->plan)
		return;
	if (ack->error == 0) {
		if (intent->refusal[0] || !intent->in_force)
			log_notice("plan: in force%s",
				   ack->kernel_changed ? "" :
							 ", the kernel held all of it already");
		intent->in_force = intent->was_in_force = true;
		intent->refusal[0] = '\0';
		return;
	}
	refuse(intent, "the engine refused it", ack->text[0] ? ack->text : strerror(-ack->error));
}

void intent_again(struct intent *intent)
{
	/* A refused CHANGE has changed nothing; a refused plan is still what the last word was on. */
	if (intent->refusal[0])
		intent_send_plan(intent);
}

void intent_down(struct intent *intent)
{
	intent->plan = 0;
	intent->in_hand = intent->in_force = intent->unsure = false;
	intent->refusal[0] = '\0';
}

bool intent_in_force(const struct intent *intent)
{
	return intent->in_force;
}

bool intent_was_in_force(const struct intent *intent)
{
	return intent->was_in_force;
}

const char *intent_refusal(const struct intent *intent)
{
	return intent->refusal[0] ? intent->refusal : NULL;
}
