/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON-RPC 2.0 with edge25-control: a unix stream socket, one document a line. */
#ifndef EDGE25_TOOLS_RPC_H
#define EDGE25_TOOLS_RPC_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define RPC_TIMEOUT 10000 /* ms for a connection, and for a reply unless set otherwise */
/* What changes the kernel's table may wait for a whole one of a million prefixes, 60 s at most. */
#define RPC_CHANGE_TIMEOUT 90000
#define RPC_LINE_MAX (256u << 20) /* bytes: an allowlist of a million entries is about 200 MiB */

struct rpc {
	int fd;
	char *buffer;
	size_t used; /* bytes received */
	size_t seen; /* of which this many hold no end of line */
	size_t room;
	json_int_t id;
	int timeout;     /* ms for a reply */
	size_t line_max; /* bytes of a line, RPC_LINE_MAX unless set otherwise */
};

/* 0 or -errno (-ENAMETOOLONG: not a socket's path, -ETIMEDOUT). rpc_close() in any case. */
int rpc_open(struct rpc *rpc, const char *path);
/* The same, and no function that takes @rpc waits: -EAGAIN where one would, here or in a request. */
int rpc_open_now(struct rpc *rpc, const char *path);
void rpc_close(struct rpc *rpc);

/* Sends a request, which becomes rpc->id. @params may be NULL. */
int rpc_request(struct rpc *rpc, const char *method, json_t *params);

/*
 * Sends a request and returns its reply, "result" or "error" in it, in *reply; json_decref() it.
 * @params may be NULL. 0 or -errno: -ETIMEDOUT, -ECONNRESET (closed before the reply), -EBADMSG
 * (not JSON-RPC), -EMSGSIZE.
 */
int rpc_call(struct rpc *rpc, const char *method, json_t *params, json_t **reply);

/* A document that has arrived whole, whatever it is; -EAGAIN: there is none yet. */
int rpc_poll(struct rpc *rpc, json_t **document);

/*
 * The next document, whatever it is. @timeout in ms, negative: none. Signals that @mask lets in
 * end it with -EINTR (NULL: the mask stays as it is).
 */
int rpc_next(struct rpc *rpc, int timeout, const sigset_t *mask, json_t **document);

#endif
