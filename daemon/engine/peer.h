/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's end of engine.sock: one peer at a time, control's user or root. Nothing here blocks;
 * what the peer does not take waits in a bounded queue, and a peer that lets it overflow is cut off.
 */
#ifndef EDGE25_ENGINE_PEER_H
#define EDGE25_ENGINE_PEER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/message.h"

#define PEER_QUEUE_MAX 4096 /* messages: a reading of a million tallies takes some 1300 */

struct peer;

struct peer_handlers {
	void (*connected)(void *arg);
	/*
	 * One checked message; records are read with message_record(). @fd came with it or is -1,
	 * and is closed afterwards.
	 */
	void (*message)(const void *data, const struct message_header *header, int fd, void *arg);
	void (*disconnected)(void *arg);
	/* Everything sent so far was taken: there is room for more. */
	void (*drained)(void *arg);
	void *arg;
};

/* @listener: a listening SOCK_SEQPACKET socket, which stays open. 0 or -errno. */
int peer_open(struct peer **peer, struct ev_loop *loop, int listener, uid_t user,
	      const struct peer_handlers *handlers);
void peer_close(struct peer *peer);

bool peer_connected(const struct peer *peer);
/* Nothing waits to be sent. */
bool peer_idle(const struct peer *peer);
/* @count records of the type; more than fit go in several messages. False: no peer, or cut off. */
bool peer_send(struct peer *peer, enum message_type type, uint64_t sequence, const void *records,
	       size_t count);
/* Sends now or not at all: one message with at most message_records_max(type) records. */
bool peer_try(struct peer *peer, enum message_type type, uint64_t sequence, const void *records,
	      size_t count);

#endif
