/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on their way from one queue thread to the main thread: a ring of fixed size, one writer, one
 * reader, no lock. Full, it loses the new event and counts it.
 */
#ifndef EDGE25_ENGINE_RING_H
#define EDGE25_ENGINE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

#define RING_EVENTS 8192 /* a power of two; 0.6 MB: what a control that restarts has to catch up */

struct ring;

struct ring *ring_new(void);
void ring_free(struct ring *ring);

/* Writer. False: full, counted. */
bool ring_put(struct ring *ring, const struct message_event *event);
/* Reader: up to @max events that were not sent yet, oldest first. */
size_t ring_peek(const struct ring *ring, struct message_event *events, size_t max);
/* Reader: the next @count are on their way; they stay until ring_drop() or ring_rewind(). */
void ring_sent(struct ring *ring, size_t count);
/* Reader: the oldest @count of those sent have arrived, and their room is free. */
void ring_drop(struct ring *ring, size_t count);
/* Reader: what was sent and has not arrived is to be sent again. */
void ring_rewind(struct ring *ring);
/* Reader: how many were not sent yet. */
size_t ring_unsent(const struct ring *ring);
/* Events lost for want of room, ever. */
uint64_t ring_lost(const struct ring *ring);

#endif
