// SPDX-License-Identifier: GPL-2.0-or-later
#include "rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"

#define ROOM_FIRST 65536

static int64_t milliseconds(void)
{
	return (int64_t)clock_ms(CLOCK_MONOTONIC);
}

static int rpc_connect(struct rpc *rpc, const char *path, int flags)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	/* A full backlog makes connect(2) wait as long as a send would. */
	struct timeval limit = {.tv_sec = RPC_TIMEOUT / 1000};

	memset(rpc, 0, sizeof(*rpc));
	rpc->fd = -1;
	rpc->timeout = RPC_TIMEOUT;
	rpc->line_max = RPC_LINE_MAX;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	rpc->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (rpc->fd < 0 || setsockopt(rpc->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(rpc->fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return 0;
}

int rpc_open(struct rpc *rpc, const char *path)
{
	int error = rpc_connect(rpc, path, 0);

	return error == -EAGAIN ? -ETIMEDOUT : error;
}

int rpc_open_now(struct rpc *rpc, const char *path)
{
	return rpc_connect(rpc, path, SOCK_NONBLOCK);
}

void rpc_close(struct rpc *rpc)
{
	if (rpc->fd >= 0)
		close(rpc->fd);
	free(rpc->buffer);
	rpc->buffer = NULL;
	rpc->fd = -1;
}

static int rpc_send(struct rpc *rpc, const char *text, size_t length)
{
	while (length) {
		ssize_t sent = send(rpc->fd, text, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EPIPE ? -ECONNRESET : -errno;
		text += sent;
		length -= (size_t)sent;
	}
	return 0;
}

static int rpc_wait(struct rpc *rpc, int64_t deadline, const sigset_t *mask)
{
	struct pollfd fd = {.fd = rpc->fd, .events = POLLIN};
	int64_t left = deadline < 0 ? 0 : deadline - milliseconds();
	struct timespec limit = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
	int ready;

	if (left < 0)
		return -ETIMEDOUT;
	ready = ppoll(&fd, 1, deadline < 0 ? NULL : &limit, mask);
	return ready < 0 ? -errno : ready == 0 ? -ETIMEDOUT : 0;
}

/* Bytes that came, 0: none yet; or -errno. */
static ssize_t rpc_receive(struct rpc *rpc)
{
	ssize_t got;

	if (rpc->used == rpc->room) {
		size_t room = rpc->room ? 2 * rpc->room : ROOM_FIRST;
		char *buffer = room <= rpc->line_max ? realloc(rpc->buffer, room) : NULL;

		if (!buffer)
			return room > rpc->line_max ? -EMSGSIZE : -ENOMEM;
		rpc->buffer = buffer;
		rpc->room = room;
	}
	got = recv(rpc->fd, rpc->buffer + rpc->used, rpc->room - rpc->used, MSG_DONTWAIT);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (got == 0)
		return -ECONNRESET;
	rpc->used += (size_t)got;
	return got;
}

/* Takes a whole line out of the buffer, if there is one: *document and 0, else -EAGAIN. */
static int rpc_take(struct rpc *rpc, json_t **document)
{
	char *end = rpc->used ? memchr(rpc->buffer + rpc->seen, '\n', rpc->used - rpc->seen) : NULL;
	size_t length;

	rpc->seen = rpc->used;
	if (!end)
		return -EAGAIN;
	length = (size_t)(end - rpc->buffer);
	*document = json_loadb(rpc->buffer, length, JSON_ALLOW_NUL, NULL);
	rpc->used -= length + 1;
	rpc->seen = 0;
	memmove(rpc->buffer, end + 1, rpc->used);
	if (json_is_object(*document))
		return 0;
	json_decref(*document);
	return -EBADMSG;
}

int rpc_poll(struct rpc *rpc, json_t **document)
{
	int error;

	while ((error = rpc_take(rpc, document)) == -EAGAIN) {
		ssize_t got = rpc_receive(rpc);

		if (got <= 0)
			return got ? (int)got : -EAGAIN;
	}
	return error;
}

int rpc_next(struct rpc *rpc, int timeout, const sigset_t *mask, json_t **document)
{
	int64_t deadline = timeout < 0 ? -1 : milliseconds() + timeout;
	int error;

	while ((error = rpc_take(rpc, document)) == -EAGAIN) {
		ssize_t got;

		error = rpc_wait(rpc, deadline, mask);
		got = error ? 0 : rpc_receive(rpc);
		if (got < 0)
			error = (int)got;
		if (error && !(error == -EINTR && !mask))
			break;
	}
	return error;
}

int rpc_request(struct rpc *rpc, const char *method, json_t *params)
{
	json_t *request = json_pack("{s:s, s:I, s:s, s:O*}", "jsonrpc", "2.0", "id", ++rpc->id,
				    "method", method, "params", params);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	int error = text ? rpc_send(rpc, text, strlen(text)) : -ENOMEM;

	free(text);
	json_decref(request);
	return error ? error : rpc_send(rpc, "\n", 1);
}

int rpc_call(struct rpc *rpc, const char *method, json_t *params, json_t **reply)
{
	int64_t deadline = milliseconds() + rpc->timeout;
	int error = rpc_request(rpc, method, params);

	if (error == -EAGAIN)
		error = -ETIMEDOUT;
	while (!error) {
		int64_t left = deadline - milliseconds();
		const json_t *id;

		error = rpc_next(rpc, left < 0 ? 0 : (int)left, NULL, reply);
		if (error)
			break;
		id = json_object_get(*reply, "id");
		/* null: control could not even tell which request it was. */
		if (json_integer_value(id) == rpc->id || json_is_null(id))
			break;
		json_decref(*reply); /* a notification */
	}
	if (!error && !json_object_get(*reply, "result") &&
	    !json_is_object(json_object_get(*reply, "error"))) {
		json_decref(*reply);
		error = -EBADMSG;
	}
	return error;
}
