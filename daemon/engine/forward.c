/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/forward.h"

static void note(struct forward *forward, size_t queue, size_t events)
{
	size_t at = (forward->first + forward->count++) % FORWARD_MESSAGES;

	forward->messages[at].sequence = forward->sequence;
	forward->messages[at].queue = queue;
	forward->messages[at].events = events;
}

/* False: control takes no more for now. */
static bool forward_queue(struct forward *forward, const struct queues *queues, size_t queue,
			  struct peer *peer)
{
	struct message_event events[MESSAGE_SIZE_MAX / sizeof(struct message_event)];
	struct ring *ring = queue_events(queues_at(queues, queue));
	size_t most = message_records_max(MESSAGE_EVENT), count;

	while ((count = ring_peek(ring, events, most))) {
		if (forward->count == FORWARD_MESSAGES ||
		    !peer_try(peer, MESSAGE_EVENT, forward->sequence + 1, events, count))
			return false;
		forward->sequence++;
		ring_sent(ring, count);
		note(forward, queue, count);
	}
	return true;
}

void forward_events(struct forward *forward, const struct queues *queues, struct peer *peer)
{
	for (size_t i = 0; i < queues_count(queues); i++)
		if (!forward_queue(forward, queues, i, peer))
			return;
}

void forward_seen(struct forward *forward, const struct queues *queues, uint64_t sequence)
{
	while (forward->count && forward->messages[forward->first].sequence <= sequence) {
		size_t queue = forward->messages[forward->first].queue;

		ring_drop(queue_events(queues_at(queues, queue)),
			  forward->messages[forward->first].events);
		forward->first = (forward->first + 1) % FORWARD_MESSAGES;
		forward->count--;
	}
}

void forward_rewind(struct forward *forward, const struct queues *queues)
{
	for (size_t i = 0; i < queues_count(queues); i++)
		ring_rewind(queue_events(queues_at(queues, i)));
	forward_forget(forward);
}

void forward_forget(struct forward *forward)
{
	forward->count = 0;
}
