/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table's named counters and the queues, read so that they agree. */
#ifndef EDGE25_ENGINE_COUNTERS_H
#define EDGE25_ENGINE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "engine/queues.h"
#include "rules/table.h"

/*
 * Packets that were asked about and for which no answer was counted. One that is only on its way from the
 * rule that counts it into its queue is among them: so more than before counts when two readings, with a
 * grace period between, agree on it.
 */
struct missing {
	uint64_t asked, seen; /* in the last reading */
	uint64_t known;       /* so many may be told */
};

/* Of counters that were read while no question was open. False: read them again, after a grace period. */
bool missing_agree(struct missing *missing, const struct message_counter *counters, size_t count);

/*
 * @queues has room for queues_count(all). The caller frees *counters with free(). 0 or -errno; pauses
 * for four milliseconds at most, and for a few grace periods when a question seems to be lost.
 */
int counters_read(struct table *table, struct queues *all, struct missing *missing,
		  struct message_queue *queues, struct message_counter **counters, size_t *count);

#endif
