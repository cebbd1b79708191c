/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All queues that a plan asks for, and what the kernel says about them. */
#ifndef EDGE25_ENGINE_QUEUES_H
#define EDGE25_ENGINE_QUEUES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/message.h"
#include "common/plan.h"
#include "engine/queue.h"

struct queues;

struct queues_settings {
	uint16_t first;
	uint16_t count;
	uint32_t length;
	struct snapshots *snapshots;
	struct burst *burst;
	const struct queues *before; /* still open: their places in the snapshots are taken */
	void (*wake)(void *arg);
	void *wake_arg;
};

/* All or none; -errno, and in *failed the number of the queue that could not be bound. */
int queues_open(struct queues **queues, const struct queues_settings *settings, uint16_t *failed);
/* How many events were never sent, and are lost with the queues. */
uint64_t queues_close(struct queues *queues);

size_t queues_count(const struct queues *queues);
struct queue *queues_at(const struct queues *queues, size_t index);
bool queues_same(const struct queues *queues, const struct plan_settings *settings);

/* Notes what is asked now; later: has all of that been answered, and carried out? */
void queues_mark(struct queues *queues);
bool queues_answered(struct queues *queues);

/* One record for each queue; @records has room for PLAN_QUEUES_MAX. */
void queues_read(const struct queues *queues, struct message_queue *records);

/*
 * What this engine lost or could not read since it started, by name: events-unsent,
 * answers-unsent, receive-errors, malformed-messages, packets-unexpected, unparsed-<reason>. @before:
 * counts of queues that were closed. Returns how many records were written.
 */
#define QUEUES_LOSSES (5 + PACKET_REASONS)
struct queues_losses {
	uint64_t events_unsent;
	struct queue_counts counts;
};
void queues_lost(const struct queues *queues, struct queues_losses *losses);
size_t queues_losses(const struct queues_losses *losses, struct message_loss *records);

#endif
