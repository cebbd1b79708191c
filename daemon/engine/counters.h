/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table's named counters and the queues, read so that they agree. */
#ifndef EDGE25_ENGINE_COUNTERS_H
#define EDGE25_ENGINE_COUNTERS_H

#include <stddef.h>

#include "common/message.h"
#include "engine/queues.h"
#include "rules/table.h"

/*
 * @queues has room for queues_count(all). The caller frees *counters with free(). 0 or -errno; pauses
 * for two milliseconds at most.
 */
int counters_read(struct table *table, const struct queues *all, struct message_queue *queues,
		  struct message_counter **counters, size_t *count);

#endif
