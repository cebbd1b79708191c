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
/* Waiting for a request, and since when (ev_now)? A client at work or watching is never idle. */
bool client_idle(const struct client *client, double *since);
/* To a client that watches: an event line with its newline. */
void client_event(struct client *client, const char *line, size_t length);
/* Tells it why, if it listens, and ends it. */
void client_dismiss(struct client *client, const char *why);

#endif
