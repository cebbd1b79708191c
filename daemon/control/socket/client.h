/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection: lines in, lines out, one request at a time, the next when the answer was taken. A
 * request must be there whole within CLIENT_REQUEST_SECONDS, and what was sent must be taken within
 * CLIENT_STALL_SECONDS. What comes in is only noted: who shares out the time calls client_turn().
 */
#ifndef EDGE25_CONTROL_CLIENT_H
#define EDGE25_CONTROL_CLIENT_H

#include <ev.h>
#include <stdbool.h>

#include "control/socket/parser.h"
#include "control/socket/rpc.h"

#define CLIENT_SMALL (16u << 10) /* bytes of a request that is parsed at once: 0.3 ms */
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
	/* So many seconds of a processor went to it beside its turns. */
	void (*took)(void *ctx, const struct client *client, double seconds);
};

/* What all clients have in common. */
struct client_world {
	struct ev_loop *loop;
	const struct rpc_method *methods;
	void *method_ctx;
	struct parser *parser;
	const struct client_ops *ops;
	void *ctx; /* for ops */
};

/* Takes over @fd; @world must live on. NULL: no memory. */
struct client *client_new(const struct client_world *world, int fd, const struct rpc_peer *peer);
void client_free(struct client *client);
const struct rpc_peer *client_peer(const struct client *client);
/* Is a request of it under way? */
bool client_busy(const struct client *client);
/* Has it something that can be done now? */
bool client_ready(const struct client *client);
/* One piece of it: some bytes are read, or one request is handled. Only if it is ready. */
void client_turn(struct client *client);
/* Bytes that it makes us hold. */
size_t client_input(const struct client *client);
size_t client_output(const struct client *client);
/*
 * How good a reason a client has to stay when there are too many: it has asked nothing for a while;
 * it has asked more than the one request that is being answered; it has only just come or got its
 * answer, or it is not its turn; it waits for its one answer, or watches.
 */
enum client_claim { CLIENT_RESTS, CLIENT_QUEUES, CLIENT_NEW, CLIENT_WORKS };
/* *since: when it came or last got an answer (CLOCK_MONOTONIC, seconds). */
enum client_claim client_claim(const struct client *client, double *since);
/* To a client that watches: an event line with its newline. */
void client_event(struct client *client, const char *line, size_t length);
/* Tells it why, if it listens, and ends it. */
void client_dismiss(struct client *client, const char *why);

#endif
