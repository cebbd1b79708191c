/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One NFQUEUE and the thread that answers it: receive a batch, decide, send all answers, tell. */
#ifndef EDGE25_ENGINE_QUEUE_H
#define EDGE25_ENGINE_QUEUE_H

#include <pthread.h>
#include <stdint.h>

#include "common/packet.h"
#include "engine/burst.h"
#include "engine/ring.h"
#include "engine/snapshots.h"

struct queue;

struct queue_settings {
	uint16_t number;
	uint32_t length; /* packets held at most */
	unsigned reader; /* place in the snapshots */
	struct snapshots *snapshots;
	struct burst *burst;
	void (*wake)(void *arg); /* called from the thread when there are events; must not block */
	void *wake_arg;
};

/*
 * Binds the queue and starts its thread. -EPERM: another process is bound to it (or no
 * CAP_NET_ADMIN); -ENOMEM; -errno of a socket.
 */
int queue_open(struct queue **queue, const struct queue_settings *settings);
/*
 * Stops the thread and unbinds; what the kernel still held for it is dropped by the kernel. How
 * many events were not sent yet: they go with it.
 */
size_t queue_close(struct queue *queue);

/* Is there a question that was not answered yet? It may be missed while the thread takes it. */
bool queue_busy(const struct queue *queue);
/* Has the thread answered every question that came before queue_mark(), which gave @mark? */
uint32_t queue_mark(struct queue *queue);
bool queue_passed(const struct queue *queue, uint32_t mark);
uint16_t queue_number(const struct queue *queue);
unsigned queue_reader(const struct queue *queue);
pthread_t queue_thread(const struct queue *queue);
/* The main thread's end. */
struct ring *queue_events(struct queue *queue);

struct queue_counts {
	uint64_t answered;
	uint64_t malformed;  /* messages that could not be parsed, and so not answered */
	uint64_t unsent;     /* answers that the kernel did not take */
	uint64_t errors;     /* of receiving */
	uint64_t unexpected; /* packets that carry no question and are no handshake */
	uint64_t unparsed[PACKET_REASONS];
};
void queue_read(const struct queue *queue, struct queue_counts *counts);

#endif
