/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two sockets that operators and programs talk to: control.sock and monitor.sock in run-dir.
 * File permissions decide who may connect, the socket decides what may be done.
 */
#ifndef EDGE25_CONTROL_SERVER_H
#define EDGE25_CONTROL_SERVER_H

#include <ev.h>
#include <jansson.h>

#include "control/socket/crowd.h"
#include "control/socket/rpc.h"

struct server;

/*
 * Listens on both; NULL: the reason has been logged. @monitor_group, which this process must be in,
 * gets monitor.sock ("": it stays with our own). @ctx goes to the methods' handlers.
 */
struct server *server_new(struct ev_loop *loop, const char *run_dir, const char *monitor_group,
			  const struct rpc_method *methods, void *ctx);
/* Closes all and takes the sockets away. */
void server_free(struct server *server);
/* See crowd.h. */
void server_publish(struct server *server, enum watch_kind kind, json_t *params);
bool server_watched(const struct server *server, enum watch_kind kind);
struct crowd_losses server_losses(const struct server *server);

#endif
