// SPDX-License-Identifier: GPL-2.0-or-later
#include "source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "tools/common/rpc.h"

#define DELAY_FIRST 0.5 /* seconds before the next connection, twice as long each time */
#define DELAY_MAX 10.
#define REPLY_LIMIT 10. /* seconds */
/* Asks also when nothing was heard: a notification may be lost, and control may stand still. */
#define POLL_INTERVAL 60.
#define PAGE 100            /* incidents an answer, 300 kB or so */
#define LINE_MAX (16 << 20) /* bytes of it at most */
#define BURST 256           /* documents read before others have their turn */
#define COMPLAINT_MAX 256

/* The request that is under way. */
enum request { NO_REQUEST, WATCH, KNOWN, NEXT };

struct source {
	struct ev_loop *loop;
	const char *path;
	const struct source_ops *ops;
	void *ctx;
	struct rpc rpc;
	ev_io readable;
	ev_timer reply, again, poll;
	double delay;
	enum request request;
	bool stale;                    /* to be asked again after the present answer */
	int64_t after;                 /* SOURCE_FROM_NOW: still to be found out */
	int64_t page;                  /* of the incidents known before: those after it come next */
	int64_t start;                 /* where "from now" is; negative: not known yet */
	char complaint[COMPLAINT_MAX]; /* the last one, "": none since it went well */
};

/* --- connection --- */

/* Says it once, however often it happens in a row. */
__attribute__((format(printf, 2, 3))) static void source_lost(struct source *source,
							      const char *fmt, ...)
{
	char complaint[COMPLAINT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, ap);
	va_end(ap);
	if (strcmp(complaint, source->complaint) != 0)
		log_warning("source: %s: %s; trying again", source->path, complaint);
	memcpy(source->complaint, complaint, sizeof(complaint));

	ev_io_stop(source->loop, &source->readable);
	ev_timer_stop(source->loop, &source->reply);
	ev_timer_stop(source->loop, &source->poll);
	rpc_close(&source->rpc);
	source->request = NO_REQUEST;
	source->start = -1;
	ev_timer_stop(source->loop, &source->again);
	ev_timer_set(&source->again, source->delay, 0.);
	ev_timer_start(source->loop, &source->again);
	source->delay = 2 * source->delay < DELAY_MAX ? 2 * source->delay : DELAY_MAX;
}

static const char *reason(int error)
{
	switch (error) {
	case -ECONNRESET:
		return "edge25-control closed the connection";
	case -EBADMSG:
		return "what came is not JSON-RPC 2.0 with incidents: is this socket edge25-control's?";
	case -EACCES:
		return "Permission denied: monitor-group in edge25.conf says who may ask";
	case -EMSGSIZE:
		return "a line is longer than 16 MiB";
	default:
		return strerror(-error);
	}
}

static void send_request(struct source *source, enum request request, json_t *params)
{
	int error = rpc_request(&source->rpc, request == WATCH ? "events.watch" : "incidents.list",
				params);

	json_decref(params);
	if (error) {
		source_lost(source, "cannot send a request: %s", reason(error));
		return;
	}
	source->request = request;
	ev_timer_stop(source->loop, &source->reply);
	ev_timer_set(&source->reply, REPLY_LIMIT, 0.);
	ev_timer_start(source->loop, &source->reply);
}

static void ask(struct source *source)
{
	source->stale = true;
	if (source->request != NO_REQUEST)
		return;
	if (!source->ops->ready(source->ctx)) {
		source->ops->listed(source->ctx);
		return;
	}
	source->stale = false;
	ev_timer_again(source->loop, &source->poll);
	if (source->after == SOURCE_FROM_NOW)
		send_request(source, KNOWN,
			     json_pack("{s:s, s:I, s:i}", "state", "open", "after",
				       (json_int_t)source->page, "limit", PAGE));
	else
		send_request(source, NEXT,
			     json_pack("{s:I, s:i}", "after", (json_int_t)source->after, "limit",
				       PAGE));
}

static void connect_now(struct source *source)
{
	int error = rpc_open_now(&source->rpc, source->path);

	source->rpc.line_max = LINE_MAX;
	source->page = 0;
	source->start = -1;
	if (error) {
		source_lost(source, "cannot connect: %s",
			    error == -EAGAIN ? "too many wait there" : reason(error));
		return;
	}
	ev_io_set(&source->readable, source->rpc.fd, EV_READ);
	ev_io_start(source->loop, &source->readable);
	send_request(source, WATCH, json_pack("{s:[s]}", "kinds", "incident"));
}

/* --- answers --- */

/* The incidents of a page go to @take, in order; *last is the change of the last one. */
static int take_page(struct source *source, const json_t *incidents, int64_t *last,
		     int (*take)(struct source *, const json_t *))
{
	const json_t *incident;
	size_t i;

	json_array_foreach(incidents, i, incident)
	{
		const json_t *change = json_object_get(incident, "change");
		int error;

		if (!json_is_integer(change) || json_integer_value(change) <= *last)
			return -EBADMSG;
		error = take(source, incident);
		if (error)
			return error;
		*last = json_integer_value(change);
	}
	return 0;
}

static int take_next(struct source *source, const json_t *incident)
{
	return source->ops->incident(source->ctx, incident);
}

static int take_known(struct source *source, const json_t *incident)
{
	/* What changes while the pages are read comes as new. */
	if (json_integer_value(json_object_get(incident, "change")) > source->start)
		return 0;
	return source->ops->known(source->ctx, incident);
}

static int known_page(struct source *source, const json_t *incidents, int64_t last)
{
	int error;

	if (source->start < 0)
		source->start = last;
	error = take_page(source, incidents, &source->page, take_known);
	if (error)
		return error;
	if (!json_array_size(incidents)) {
		source->after = source->start;
		source->ops->begin(source->ctx, source->after);
	}
	source->stale = true;
	return 0;
}

static int next_page(struct source *source, const json_t *incidents, int64_t last)
{
	int error;

	if (last < source->after) {
		log_warning(
			"source: %s: changes are counted from the beginning, the newest is %lld, not "
			"%lld: this is another database, and all in it is new",
			source->path, (long long)last, (long long)source->after);
		source->after = 0;
		source->ops->begin(source->ctx, 0);
		source->stale = true;
		return 0;
	}
	error = take_page(source, incidents, &source->after, take_next);
	if (!error && json_array_size(incidents) && source->after < last)
		source->stale = true;
	else if (!error)
		source->ops->listed(source->ctx);
	return error;
}

static int take_result(struct source *source, enum request request, const json_t *result)
{
	const json_t *incidents = json_object_get(result, "incidents");
	const json_t *last = json_object_get(result, "last");

	if (request == WATCH)
		source->stale = true;
	else if (!json_is_array(incidents) || !json_is_integer(last) ||
		 json_integer_value(last) < 0)
		return -EBADMSG;
	else if (request == KNOWN)
		return known_page(source, incidents, json_integer_value(last));
	else
		return next_page(source, incidents, json_integer_value(last));
	return 0;
}

static void take_reply(struct source *source, const json_t *document)
{
	const json_t *fault = json_object_get(document, "error");
	enum request request = source->request;
	int error;

	if (json_is_object(fault)) {
		const char *message = json_string_value(json_object_get(fault, "message"));

		source_lost(source, "%s", message ? message : "refused, without a reason");
		return;
	}
	if (request == NO_REQUEST ||
	    json_integer_value(json_object_get(document, "id")) != source->rpc.id) {
		source_lost(source, "%s", reason(-EBADMSG));
		return;
	}
	source->request = NO_REQUEST;
	ev_timer_stop(source->loop, &source->reply);
	error = take_result(source, request, json_object_get(document, "result"));
	if (error) {
		source_lost(source, "%s", reason(error));
		return;
	}
	if (request == WATCH)
		return;
	if (*source->complaint)
		log_notice("source: %s: connected", source->path);
	*source->complaint = '\0';
	source->delay = DELAY_FIRST;
}

static void take_document(struct source *source, const json_t *document)
{
	const char *method = json_string_value(json_object_get(document, "method"));

	if (!method)
		take_reply(source, document);
	else if (!strcmp(method, "events.lost") ||
		 (!strcmp(method, "incident") &&
		  source->ops->news(source->ctx, json_object_get(document, "params"))))
		source->stale = true;
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct source *source = io->data;
	json_t *document;
	int error = 0;

	(void)events;
	for (int i = 0; i < BURST && !error && source->rpc.fd >= 0; i++) {
		error = rpc_poll(&source->rpc, &document);
		if (error)
			break;
		take_document(source, document);
		json_decref(document);
	}
	if (source->rpc.fd < 0)
		return;
	if (error && error != -EAGAIN) {
		source_lost(source, "%s", reason(error));
		return;
	}
	if (!error)
		ev_feed_event(loop, io, EV_READ); /* more may be in our own buffer */
	if (source->stale)
		ask(source);
}

/* --- time --- */

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	connect_now(timer->data);
}

static void on_late(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	source_lost(timer->data, "no answer for %g s", REPLY_LIMIT);
}

static void on_poll(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	ask(timer->data);
}

struct source *source_new(struct ev_loop *loop, const char *path, int64_t after,
			  const struct source_ops *ops, void *ctx)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->loop = loop;
	source->path = path;
	source->after = after;
	source->ops = ops;
	source->ctx = ctx;
	source->delay = DELAY_FIRST;
	source->rpc.fd = -1;
	ev_init(&source->readable, on_readable);
	ev_init(&source->reply, on_late);
	ev_init(&source->poll, on_poll);
	source->poll.repeat = POLL_INTERVAL;
	ev_timer_init(&source->again, on_again, 0., 0.);
	source->readable.data = source->reply.data = source->poll.data = source->again.data =
		source;
	ev_timer_start(loop, &source->again);
	return source;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	ev_io_stop(source->loop, &source->readable);
	ev_timer_stop(source->loop, &source->reply);
	ev_timer_stop(source->loop, &source->again);
	ev_timer_stop(source->loop, &source->poll);
	rpc_close(&source->rpc);
	free(source);
}

void source_ask(struct source *source)
{
	if (source->rpc.fd >= 0) {
		ask(source);
	} else {
		ev_timer_stop(source->loop, &source->again);
		connect_now(source);
	}
}
