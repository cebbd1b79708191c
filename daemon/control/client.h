/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection: lines in, lines out, one request at a time. A request must be there whole within
 * CLIENT_REQUEST_SECONDS, and what was sent must be taken within CLIENT_STALL_SECONDS.
 */
#ifndef EDGE25_CONTROL_CLIENT_H
#define EDGE25_CONTROL_CLIENT_H

#include <ev.h>
#include <stdbool.h>

#include "rpc.h"

#define CLIENT_REQUEST_SECONDS 10.
#define CLIENT_STALL_SECONDS 10.
#define CLIENT_NEW_SECONDS 0.5 /* to send the first request */
#define CLIENT_WATCH_BYTES \
	(256u << 10) /* events that wait for a slow watcher; then they are lost */

struct client;

/* What a connection needs of its server. */
struct client_ops {
	/* It is over: call client_free() later, from outside any function of the client. */
	void (*over)(void *ctx, struct client *client, bool slow);
	/* An event could not be handed to a watcher. */
	void (*lost)(void *ctx);
};

/* Takes over @fd. NULL: no memory. */
struct client *client_new(struct ev_loop *loop, int fd, const struct rpc_peer *peer,
			  const struct rpc_method *methods, void *method_ctx,
			  const struct client_ops *ops, void *ctx);
void client_free(struct client *client);
const struct rpc_peer *client_peer(const struct client *client);
/*
 * How good a reason a client has to stay when there are too many: it has asked nothing for a while;
 * it has asked more than the one request that is being answered; it has only just come or got its
 * answer; it waits for its one answer, or watches.
 */
enum client_claim { CLIENT_RESTS, CLIENT_QUEUES, CLIENT_NEW, CLIENT_WORKS };
/* *since: when it came or last got an answer (CLOCK_MONOTONIC, seconds). */
enum client_claim client_claim(const struct client *client, double *since);
/* To a client that watches: an event line with its newline. */
void client_event(struct client *client, const char *line, size_t length);
/* Tells it why, if it listens, and ends it. */
void client_dismiss(struct client *client, const char *why);

#endif
