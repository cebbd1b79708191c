/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/counters.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READ_TRIES 10

/* Of a moment in which no question is open, if one is found soon: only then all figures agree. */
static int read_asked(struct table *table, const struct queues *all, struct message_queue *queues,
		      struct message_counter **counters, size_t *count)
{
	const struct timespec pause = {.tv_nsec = 200000};

	for (int tries = 1;; tries++) {
		bool open = false;
		int result = table_read_counters(table, counters, count);

		if (result)
			return result;
		queues_read(all, queues);
		for (size_t i = 0; i < queues_count(all); i++)
			open |= queues[i].held > 0;
		if (!open || tries == READ_TRIES)
			return 0;
		free(*counters);
		nanosleep(&pause, NULL);
	}
}

/*
 * The questions first, then whether any is open, then the answers: so a packet that was asked about is
 * found open or answered, and none seems to be lost that is only on its way.
 */
int counters_read(struct table *table, const struct queues *all, struct message_queue *queues,
		  struct message_counter **counters, size_t *count)
{
	static const char asked[] = "asked_";
	struct message_counter *first;
	size_t first_count;
	int result = read_asked(table, all, queues, &first, &first_count);

	if (result)
		return result;
	result = table_read_counters(table, counters, count);
	for (size_t i = 0; !result && i < *count && i < first_count; i++)
		if (!strncmp((*counters)[i].name, asked, sizeof(asked) - 1) &&
		    !strcmp((*counters)[i].name, first[i].name))
			(*counters)[i] = first[i];
	free(first);
	return result;
}
