/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/ring.h"

#include <stdatomic.h>
#include <stdlib.h>

#define INDEX(position) ((position) & (RING_EVENTS - 1))

struct ring {
	_Alignas(64) _Atomic size_t head; /* written by the writer */
	_Alignas(64) _Atomic size_t tail; /* written by the reader */
	size_t sent;                      /* the reader's own; from tail to head */
	_Alignas(64) _Atomic uint64_t lost;
	struct message_event events[RING_EVENTS];
};

struct ring *ring_new(void)
{
	struct ring *ring = aligned_alloc(64, (sizeof(*ring) + 63) / 64 * 64);

	if (!ring)
		return NULL;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	atomic_init(&ring->lost, 0);
	ring->sent = 0;
	return ring;
}

void ring_free(struct ring *ring)
{
	free(ring);
}

bool ring_put(struct ring *ring, const struct message_event *event)
{
	size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	if (head - tail == RING_EVENTS) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		return false;
	}
	ring->events[INDEX(head)] = *event;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

size_t ring_unsent(const struct ring *ring)
{
	return atomic_load_explicit(&ring->head, memory_order_acquire) - ring->sent;
}

size_t ring_peek(const struct ring *ring, struct message_event *events, size_t max)
{
	size_t count = ring_unsent(ring);

	if (count > max)
		count = max;
	for (size_t i = 0; i < count; i++)
		events[i] = ring->events[INDEX(ring->sent + i)];
	return count;
}

void ring_sent(struct ring *ring, size_t count)
{
	ring->sent += count;
}

void ring_drop(struct ring *ring, size_t count)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
}

void ring_rewind(struct ring *ring)
{
	ring->sent = atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

uint64_t ring_lost(const struct ring *ring)
{
	return atomic_load_explicit(&ring->lost, memory_order_relaxed);
}
