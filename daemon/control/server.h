/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two sockets that operators and programs talk to: control.sock and monitor.sock in run-dir.
 * File permissions decide who may connect, the socket decides what may be done.
 */
#ifndef EDGE25_CONTROL_SERVER_H
#define EDGE25_CONTROL_SERVER_H

#include <ev.h>
#include <jansson.h>

#include "rpc.h"

#define SERVER_CLIENTS_MAX 256     /* descriptors are 1024 by default, and each may hold 1 MiB */
#define SERVER_CLIENTS_USER_MAX 64 /* so that one user cannot take them all */

struct server;

struct server_losses {
	uint64_t refused;   /* connections beyond the bounds */
	uint64_t dropped;   /* clients that were too slow */
	uint64_t unwatched; /* events that watchers were too slow for */
};

/*
 * Listens on both; NULL: the reason has been logged. @monitor_group, which this process must be in,
 * gets monitor.sock ("": it stays with our own). @ctx goes to the methods' handlers.
 */
struct server *server_new(struct ev_loop *loop, const char *run_dir, const char *monitor_group,
			  const struct rpc_method *methods, void *ctx);
/* Closes all and takes the sockets away. */
void server_free(struct server *server);
/* Sends a notification to everybody who watches: @method and its params. */
void server_publish(struct server *server, const char *method, json_t *params);
struct server_losses server_losses(const struct server *server);

#endif
