/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to the engine at run-dir/engine.sock: made again whenever it is lost, with a pause
 * of up to LINK_RETRY_MAX seconds between attempts. Nothing here ever blocks; what the engine does
 * not take is queued up to LINK_QUEUE_MAX messages, then the connection counts as stuck and is made
 * anew (on which the owner sends the whole plan again, so nothing is lost by that).
 */
#ifndef EDGE25_CONTROL_LINK_H
#define EDGE25_CONTROL_LINK_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

#define LINK_RETRY_MIN 0.05
#define LINK_RETRY_MAX 1.0
#define LINK_QUEUE_MAX \
	256 /* messages that wait for the engine; a CHANGE each for so many clients */
#define LINK_WAITS_MAX 512 /* answers waited for, as many as there can be clients */

struct link;

/* What the engine says; called from the loop. */
struct link_ops {
	void (*up)(void *ctx, const struct message_hello *hello);
	void (*down)(void *ctx);
	void (*ack)(void *ctx, uint64_t sequence, const struct message_ack *ack);
	void (*event)(void *ctx, const struct message_event *event);
	void (*counter)(void *ctx, const struct message_counter *counter);
	void (*tally)(void *ctx, const struct message_tally *tally);
	void (*queue)(void *ctx, const struct message_queue *queue);
	void (*loss)(void *ctx, const struct message_loss *loss);
	void (*end)(void *ctx);
	void (*item)(void *ctx, uint64_t sequence, const struct message_item *item);
	void (*verdict)(void *ctx, uint64_t sequence, const struct message_verdict *verdict);
	void (*use)(void *ctx,
		    const struct message_use *use); /* NULL: the end of a reading of them */
	void (*finding)(void *ctx, uint64_t sequence, const struct message_finding *finding);
};

/* Begins to connect at once. NULL: no memory. @path and @ops live on. */
struct link *link_new(struct ev_loop *loop, const char *path, const struct link_ops *ops,
		      void *ctx);
/* Those who wait are told -ENOTCONN. */
void link_free(struct link *link);
bool link_connected(const struct link *link);
/* What the engine said of itself; NULL while not connected. */
const struct message_hello *link_hello(const struct link *link);

/*
 * Sends one message; takes over @fd (-1: none). The sequence number, or 0: not connected, or the
 * queue was full and the connection has been given up.
 */
uint64_t link_send(struct link *link, enum message_type type, const void *records, uint32_t count,
		   int fd);

/*
 * Called once: error 0 with the ACK (NULL after a READ, VERIFY, USE or LOOKUP), -ETIMEDOUT or
 * -ENOTCONN.
 */
typedef void link_done(void *arg, int error, const struct message_ack *ack);
/* Waits for the answer to @sequence. -ENOBUFS: LINK_WAITS_MAX. */
int link_wait(struct link *link, uint64_t sequence, double seconds, link_done *done, void *arg);

#endif
