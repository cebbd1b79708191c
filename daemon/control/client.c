// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "client.h"
#include "refusal.h"

#define READ_CHUNK 16384

struct client {
	struct ev_loop *loop;
	int fd;
	struct rpc_peer peer;
	const struct rpc_method *methods;
	void *method_ctx;
	const struct client_ops *ops;
	void *ctx;
	ev_io readable, writable;
	ev_timer request_deadline, stall_deadline;
	struct buffer in, out;
	size_t scanned; /* bytes of @in known to hold no newline */
	struct rpc_call *call;
	bool busy;    /* a request is being answered */
	bool working; /* inside work() */
	bool over, ended_input;
	uint64_t lost; /* events since the watcher was last told */
	double idle_since;
};

static void work(struct client *client);

/* Not ev_now(), which is the wall clock and may be set. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void finish(struct client *client, bool slow)
{
	if (client->over)
		return;
	client->over = true;
	ev_io_stop(client->loop, &client->readable);
	ev_io_stop(client->loop, &client->writable);
	ev_timer_stop(client->loop, &client->request_deadline);
	ev_timer_stop(client->loop, &client->stall_deadline);
	client->ops->over(client->ctx, client, slow);
}

/* --- out --- */

static void arm_output(struct client *client)
{
	if (client->out.size == 0) {
		ev_io_stop(client->loop, &client->writable);
		ev_timer_stop(client->loop, &client->stall_deadline);
	} else if (!ev_is_active(&client->writable)) {
		ev_io_start(client->loop, &client->writable);
		ev_timer_again(client->loop, &client->stall_deadline);
	}
}

static void flush(struct client *client)
{
	while (client->out.size && !client->over) {
		ssize_t n = send(client->fd, client->out.data, client->out.size,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			finish(client, false);
		if (n <= 0)
			break;
		buffer_take(&client->out, (size_t)n);
		if (ev_is_active(&client->stall_deadline))
			ev_timer_again(client->loop, &client->stall_deadline);
	}
	if (!client->over)
		arm_output(client);
}

static void tell_lost(struct client *client)
{
	char line[128];
	int n;

	if (!client->lost || client->out.size > CLIENT_WATCH_BYTES / 2)
		return;
	n = snprintf(
		line, sizeof(line),
		"{\"jsonrpc\":\"2.0\",\"method\":\"events.lost\",\"params\":{\"count\":%llu}}\n",
		(unsigned long long)client->lost);
	if (buffer_add(&client->out, line, (size_t)n) == 0)
		client->lost = 0;
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *client = io->data;

	(void)loop;
	(void)events;
	flush(client);
	tell_lost(client);
	if (!client->over)
		work(client);
}

void client_event(struct client *client, const char *line, size_t length)
{
	if (!client->peer.watching || client->over)
		return;
	tell_lost(client);
	if (client->lost || client->out.size + length > CLIENT_WATCH_BYTES ||
	    buffer_add(&client->out, line, length)) {
		client->lost++;
		client->ops->lost(client->ctx);
		return;
	}
	flush(client);
}

static void on_stall(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	finish(timer->data, true);
}

/* --- requests --- */

static void on_response(void *arg, json_t *response)
{
	struct client *client = arg;
	char *text = response ? json_dumps(response, JSON_COMPACT) : NULL;
	size_t length = text ? strlen(text) : 0;

	client->call = NULL;
	client->busy = false;
	client->idle_since = seconds();
	if (text) {
		text[length] = '\n'; /* in place of the NUL */
		if (buffer_add(&client->out, text, length + 1))
			finish(client, false);
	} else if (response) {
		finish(client, false);
	}
	free(text);
	if (!client->over)
		flush(client);
	if (!client->over && !client->working)
		work(client);
}

static void start(struct client *client, size_t length)
{
	struct rpc_call *call;

	client->busy = true;
	call = rpc_handle(client->methods, client->method_ctx, &client->peer, client->in.data,
			  length, on_response, client);
	if (client->busy)
		client->call = call;
	buffer_take(&client->in, length + 1);
	client->scanned = 0;
}

/* Length of the first line in @in, or -1. */
static ssize_t line_length(struct client *client)
{
	const char *from = client->in.data ? client->in.data + client->scanned : NULL;
	const char *end = from ? memchr(from, '\n', client->in.size - client->scanned) : NULL;

	if (!end)
		client->scanned = client->in.size;
	return end ? end - client->in.data : -1;
}

/* A half-sent request has a deadline; a connection without one may rest. */
static void arm_input(struct client *client)
{
	if (client->busy || client->in.size == 0)
		ev_timer_stop(client->loop, &client->request_deadline);
	else if (!ev_is_active(&client->request_deadline))
		ev_timer_again(client->loop, &client->request_deadline);
	/* While it is busy or does not take its answers, nothing more is read from it. */
	if (client->busy || client->ended_input || client->out.size > CLIENT_WATCH_BYTES)
		ev_io_stop(client->loop, &client->readable);
	else
		ev_io_start(client->loop, &client->readable);
}

static void work(struct client *client)
{
	ssize_t length;

	client->working = true;
	while (!client->busy && !client->over && client->out.size <= CLIENT_WATCH_BYTES) {
		length = line_length(client);
		if (length < 0)
			break;
		ev_timer_stop(client->loop, &client->request_deadline);
		if (length == 0 || (length == 1 && client->in.data[0] == '\r'))
			buffer_take(&client->in, (size_t)length + 1);
		else
			start(client, (size_t)length);
	}
	client->working = false;
	if (!client->over && client->ended_input && !client->busy && client->out.size == 0)
		finish(client, false);
	if (!client->over)
		arm_input(client);
}

void client_dismiss(struct client *client, const char *why)
{
	if (refusal_add(&client->out, why) == 0)
		flush(client);
	finish(client, true);
}

static void on_request_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	client_dismiss(timer->data, "the request was not there whole within 10 s");
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *client = io->data;
	char chunk[READ_CHUNK];
	ssize_t n = recv(client->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	(void)loop;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		finish(client, false);
		return;
	}
	/* Who has closed its half still gets the answers to what it asked. */
	client->ended_input = n == 0;
	if (n > 0 && buffer_add(&client->in, chunk, (size_t)n)) {
		finish(client, false);
		return;
	}
	work(client);
	if (!client->over && !client->busy && client->in.size > RPC_REQUEST_MAX)
		client_dismiss(client, "a request is at most 1 MiB");
}

struct client *client_new(struct ev_loop *loop, int fd, const struct rpc_peer *peer,
			  const struct rpc_method *methods, void *method_ctx,
			  const struct client_ops *ops, void *ctx)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->loop = loop;
	client->fd = fd;
	client->peer = *peer;
	client->methods = methods;
	client->method_ctx = method_ctx;
	client->ops = ops;
	client->ctx = ctx;
	client->idle_since = seconds();
	ev_io_init(&client->readable, on_readable, fd, EV_READ);
	ev_io_init(&client->writable, on_writable, fd, EV_WRITE);
	ev_timer_init(&client->request_deadline, on_request_deadline, 0., CLIENT_REQUEST_SECONDS);
	ev_timer_init(&client->stall_deadline, on_stall, 0., CLIENT_STALL_SECONDS);
	client->readable.data = client->writable.data = client;
	client->request_deadline.data = client->stall_deadline.data = client;
	ev_io_start(loop, &client->readable);
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	client->over = true;
	ev_io_stop(client->loop, &client->readable);
	ev_io_stop(client->loop, &client->writable);
	ev_timer_stop(client->loop, &client->request_deadline);
	ev_timer_stop(client->loop, &client->stall_deadline);
	rpc_abandon(client->call);
	refusal_close(client->fd);
	buffer_release(&client->in);
	buffer_release(&client->out);
	free(client);
}

const struct rpc_peer *client_peer(const struct client *client)
{
	return &client->peer;
}

enum client_claim client_claim(const struct client *client, double *since)
{
	*since = client->idle_since;
	if (client->over || client->peer.watching)
		return CLIENT_WORKS;
	if (!client->busy)
		return seconds() - *since < CLIENT_NEW_SECONDS ? CLIENT_NEW : CLIENT_RESTS;
	return client->in.size ? CLIENT_QUEUES : CLIENT_WORKS;
}
