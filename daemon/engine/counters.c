/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/counters.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READ_TRIES 10
#define DOUBTS 4 /* readings that do not agree: so much is being lost that the last one will do */

#define ASKED "asked_"

static bool any_open(const struct message_queue *queues, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (queues[i].held)
			return true;
	return false;
}

static void rest(void)
{
	const struct timespec pause = {.tv_nsec = 200000};

	nanosleep(&pause, NULL);
}

/* Has every question that is in a queue now been answered within a moment? */
static bool pass(struct queues *all)
{
	queues_mark(all);
	for (int tries = 1; tries <= READ_TRIES; tries++) {
		if (queues_answered(all))
			return true;
		rest();
	}
	return false;
}

/* Of a moment in which no question is open, if one is found soon: only then all figures agree. */
static int read_asked(struct table *table, struct queues *all, struct message_queue *queues,
		      struct message_counter **counters, size_t *count)
{
	for (int tries = 1;; tries++) {
		int result = table_read_counters(table, counters, count);

		if (result)
			return result;
		queues_read(all, queues);
		if (!any_open(queues, queues_count(all)) || tries == READ_TRIES)
			break;
		free(*counters);
		rest();
	}
	/* a thread may have one in its hand that is in no queue any more */
	if (!any_open(queues, queues_count(all)) && queues_count(all) && !pass(all))
		queues[0].held = 1;
	return 0;
}

static bool begins(const struct message_counter *counter, const char *prefix)
{
	return strncmp(counter->name, prefix, strlen(prefix)) == 0;
}

/*
 * The questions first, then whether any is open, then the answers: so a packet that was asked about is
 * found open or answered.
 */
static int read_all(struct table *table, struct queues *all, struct message_queue *queues,
		    struct message_counter **counters, size_t *count)
{
	struct message_counter *first;
	size_t first_count;
	int result = read_asked(table, all, queues, &first, &first_count);

	if (result)
		return result;
	result = table_read_counters(table, counters, count);
	for (size_t i = 0; !result && i < *count && i < first_count; i++)
		if (begins(&first[i], ASKED) && !strcmp((*counters)[i].name, first[i].name))
			(*counters)[i] = first[i];
	free(first);
	return result;
}

bool missing_agree(struct missing *missing, const struct message_counter *counters, size_t count)
{
	uint64_t asked = 0, known = 0, now;
	bool agree;

	for (size_t i = 0; i < count; i++)
		if (begins(&counters[i], ASKED))
			asked += counters[i].packets;
		else if (begins(&counters[i], "answered_") || begins(&counters[i], "unanswered_"))
			known += counters[i].packets;
	now = asked > known ? asked - known : 0; /* answers are read later */
	if (asked < missing->asked)              /* somebody set them to 0 */
		missing->known = 0;
	agree = now <= missing->known || now == missing->seen;
	missing->asked = asked;
	missing->seen = now;
	if (agree && now > missing->known)
		missing->known = now;
	return agree;
}

int counters_read(struct table *table, struct queues *all, struct missing *missing,
		  struct message_queue *queues, struct message_counter **counters, size_t *count)
{
	for (int tries = 1;; tries++) {
		int result = read_all(table, all, queues, counters, count);

		if (result || any_open(queues, queues_count(all)) ||
		    missing_agree(missing, *counters, *count) || tries == DOUBTS)
			return result;
		free(*counters);
		table_grace_period();
	}
}
