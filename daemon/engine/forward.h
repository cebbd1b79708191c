/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events from the queues' rings to control, in numbered messages. An event stays in its ring until
 * control has said that it took the message: what a control that dies has not read goes to the next.
 */
#ifndef EDGE25_ENGINE_FORWARD_H
#define EDGE25_ENGINE_FORWARD_H

#include <stddef.h>
#include <stdint.h>

#include "engine/peer.h"
#include "engine/queues.h"

#define FORWARD_MESSAGES 256 /* under way at most; control answers for each burst of them */

struct forward {
	uint64_t sequence; /* of the last message */
	size_t first;      /* oldest message under way, in the ring below */
	size_t count;
	struct {
		uint64_t sequence;
		size_t queue; /* index */
		size_t events;
	} messages[FORWARD_MESSAGES];
};

/* Sends as much as control takes now; the rest waits. */
void forward_events(struct forward *forward, const struct queues *queues, struct peer *peer);
/* Control has taken the messages up to @sequence. */
void forward_seen(struct forward *forward, const struct queues *queues, uint64_t sequence);
/* Control is gone: what it had not taken is sent again. */
void forward_rewind(struct forward *forward, const struct queues *queues);
/* The queues go: what is under way is theirs. */
void forward_forget(struct forward *forward);

#endif
