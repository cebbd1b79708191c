// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "control/socket/buffer.h"
#include "control/socket/client.h"
#include "control/socket/refusal.h"

#define READ_CHUNK 16384

struct client {
	const struct client_world *world;
	int fd;
	struct rpc_peer peer;
	ev_io readable, writable;
	ev_timer request_deadline, stall_deadline;
	struct buffer in, out;
	size_t scanned; /* bytes of @in known to hold no newline */
	ssize_t line;   /* length of the first request in @in; -1: it is not whole yet */
	struct rpc_call *call;
	bool busy;    /* a request is being answered */
	bool parsing; /* by the parser */
	bool arrived; /* there is something to read */
	bool turn;    /* inside client_turn() */
	bool over, ended_input;
	uint64_t lost; /* events since the watcher was last told */
	double idle_since;
};

/* Not ev_now(), which is the wall clock and may be set. */
static double seconds(void)
{
	return clock_seconds(CLOCK_MONOTONIC);
}

/* Nothing more is heard of it. */
static void stop(struct client *client)
{
	client->over = true;
	ev_io_stop(client->world->loop, &client->readable);
	ev_io_stop(client->world->loop, &client->writable);
	ev_timer_stop(client->world->loop, &client->request_deadline);
	ev_timer_stop(client->world->loop, &client->stall_deadline);
}

static void finish(struct client *client, bool slow)
{
	if (client->over)
		return;
	stop(client);
	client->world->ops->over(client->world->ctx, client, slow);
}

/* --- out --- */

static void arm_output(struct client *client)
{
	if (client->out.size == 0) {
		ev_io_stop(client->world->loop, &client->writable);
		ev_timer_stop(client->world->loop, &client->stall_deadline);
	} else if (!ev_is_active(&client->writable)) {
		ev_io_start(client->world->loop, &client->writable);
		ev_timer_again(client->world->loop, &client->stall_deadline);
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
			ev_timer_again(client->world->loop, &client->stall_deadline);
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

static void settle(struct client *client);

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *client = io->data;

	(void)loop;
	(void)events;
	flush(client);
	if (!client->over && client->lost) {
		tell_lost(client);
		flush(client);
	}
	settle(client);
}

void client_event(struct client *client, const char *line, size_t length)
{
	if (!client->peer.watch.kinds || client->over)
		return;
	tell_lost(client);
	if (client->lost || client->out.size + length > CLIENT_WATCH_BYTES ||
	    buffer_add(&client->out, line, length)) {
		client->lost++;
		client->world->ops->lost(client->world->ctx);
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

static void on_response(void *arg, int error, char *line, size_t length)
{
	struct client *client = arg;
	const double began = client->turn ? 0 : clock_seconds(CLOCK_THREAD_CPUTIME_ID);

	client->call = NULL;
	client->busy = false;
	client->idle_since = seconds();
	if (error || (line && buffer_add(&client->out, line, length)))
		finish(client, false);
	free(line);
	if (!client->over)
		flush(client);
	if (!client->turn)
		client->world->ops->took(client->world->ctx, client,
					 clock_seconds(CLOCK_THREAD_CPUTIME_ID) - began);
	settle(client);
}

static void handle(struct client *client, struct rpc_parsed *parsed)
{
	const struct client_world *world = client->world;
	struct rpc_call *call = rpc_answer(world->methods, world->method_ctx, &client->peer, parsed,
					   on_response, client);

	if (client->busy)
		client->call = call;
}

static void on_parsed(void *arg, struct rpc_parsed *parsed, double took)
{
	struct client *client = arg;

	client->parsing = false;
	client->world->ops->took(client->world->ctx, client, took);
	handle(client, parsed);
}

/* The first request that is whole; lines without one are passed over. */
static void find_line(struct client *client)
{
	const char *end;

	client->line = -1;
	while (client->in.size) {
		end = memchr(client->in.data + client->scanned, '\n',
			     client->in.size - client->scanned);
		if (!end) {
			client->scanned = client->in.size;
			return;
		}
		client->line = end - client->in.data;
		if (client->line > 1 || (client->line == 1 && client->in.data[0] != '\r'))
			return;
		buffer_take(&client->in, (size_t)client->line + 1);
		client->scanned = 0;
		client->line = -1;
	}
	client->scanned = 0;
}

static void answer(struct client *client)
{
	const size_t length = (size_t)client->line;
	struct rpc_parsed parsed;

	client->busy = true;
	client->parsing = length > CLIENT_SMALL && !parser_start(client->world->parser, &client->in,
								 length, on_parsed, client);
	if (!client->parsing) {
		rpc_parse(client->in.data, length, &parsed);
		buffer_take(&client->in, length + 1);
	}
	client->scanned = 0;
	find_line(client);
	if (!client->parsing)
		handle(client, &parsed);
}

/*
 * A half-sent request has a deadline; a connection without one may rest. Nothing more is read while
 * there is a request to answer, or an answer to take.
 */
static void settle(struct client *client)
{
	if (!client->over && client->ended_input && client->line < 0 && !client->busy &&
	    client->out.size == 0)
		finish(client, false);
	if (client->over)
		return;
	if (client->line >= 0 || client->in.size == 0)
		ev_timer_stop(client->world->loop, &client->request_deadline);
	else if (!client->busy && !ev_is_active(&client->request_deadline))
		ev_timer_again(client->world->loop, &client->request_deadline);
	if (client->busy || client->line >= 0 || client->arrived || client->ended_input)
		ev_io_stop(client->world->loop, &client->readable);
	else
		ev_io_start(client->world->loop, &client->readable);
}

void client_dismiss(struct client *client, const char *why)
{
	if (client->over)
		return;
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

static void receive(struct client *client)
{
	const size_t room = RPC_REQUEST_MAX - client->in.size;
	char chunk[READ_CHUNK];
	ssize_t n =
		recv(client->fd, chunk, room < sizeof(chunk) ? room : sizeof(chunk), MSG_DONTWAIT);

	client->arrived = false;
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
	find_line(client);
	if (client->line < 0 && client->in.size == RPC_REQUEST_MAX)
		client_dismiss(client, "a request is at most 1 MiB");
}

bool client_busy(const struct client *client)
{
	return client->busy;
}

bool client_ready(const struct client *client)
{
	if (client->over || client->busy || client->out.size)
		return false;
	if (client->line > (ssize_t)CLIENT_SMALL)
		return !parser_busy(client->world->parser);
	return client->line >= 0 || client->arrived;
}

void client_turn(struct client *client)
{
	client->turn = true;
	if (client->line >= 0)
		answer(client);
	else
		receive(client);
	settle(client);
	client->turn = false;
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *client = io->data;

	(void)events;
	client->arrived = true;
	ev_io_stop(loop, io);
}

struct client *client_new(const struct client_world *world, int fd, const struct rpc_peer *peer)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->world = world;
	client->fd = fd;
	client->peer = *peer;
	client->arrived = true; /* most have sent their request by now */
	client->line = -1;
	client->idle_since = seconds();
	ev_io_init(&client->readable, on_readable, fd, EV_READ);
	ev_io_init(&client->writable, on_writable, fd, EV_WRITE);
	ev_timer_init(&client->request_deadline, on_request_deadline, 0., CLIENT_REQUEST_SECONDS);
	ev_timer_init(&client->stall_deadline, on_stall, 0., CLIENT_STALL_SECONDS);
	client->readable.data = client->writable.data = client;
	client->request_deadline.data = client->stall_deadline.data = client;
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	stop(client);
	rpc_abandon(client->call);
	if (client->parsing)
		parser_abandon(client->world->parser);
	if (client->peer.kept)
		client->peer.release(client->peer.kept);
	if (client->out.size) /* whoever takes no answers sees no last words either */
		close(client->fd);
	else
		refusal_close(client->fd);
	buffer_release(&client->in);
	buffer_release(&client->out);
	free(client);
}

const struct rpc_peer *client_peer(const struct client *client)
{
	return &client->peer;
}

size_t client_input(const struct client *client)
{
	return client->in.room;
}

size_t client_output(const struct client *client)
{
	return client->out.room;
}

enum client_claim client_claim(const struct client *client, double *since)
{
	*since = client->idle_since;
	if (client->over || client->peer.watch.kinds)
		return CLIENT_WORKS;
	if (client->busy)
		return client->in.size ? CLIENT_QUEUES : CLIENT_WORKS;
	if (client->arrived || client->line >= 0)
		return CLIENT_NEW;
	return seconds() - *since < CLIENT_NEW_SECONDS ? CLIENT_NEW : CLIENT_RESTS;
}
