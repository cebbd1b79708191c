/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The incidents of edge25-control, in the order of their changes, from its socket. A notification
 * of events.watch is only the reason to ask: what counts is the answer of incidents.list, so what a
 * slow reader loses is not lost. Connects again, ever more slowly, when control is not there.
 */
#ifndef EDGE25_NOTIFY_SOURCE_H
#define EDGE25_NOTIFY_SOURCE_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define SOURCE_FROM_NOW (-1)

struct source;

/* What comes of it; none of these may free the source. */
struct source_ops {
	/* The next incident. 0 or -errno, which ends the connection; it comes again then. */
	int (*incident)(void *ctx, const json_t *incident);
	/* Is this a reason to ask? Incidents change all the time by counts alone. */
	bool (*news)(void *ctx, const json_t *incident);
	/* No more for now. */
	void (*listed)(void *ctx);
	/* Is there room for more? After a false, which listed() follows, source_ask(). */
	bool (*ready)(void *ctx);
	/* SOURCE_FROM_NOW: an incident that was open before. 0 or -errno as above. */
	int (*known)(void *ctx, const json_t *incident);
	/* Incidents come from this change on: it is now, or another database begins again at 0. */
	void (*begin)(void *ctx, int64_t change);
};

/* @path must live on. @after: the change that was the last to come. NULL: no memory. */
struct source *source_new(struct ev_loop *loop, const char *path, int64_t after,
			  const struct source_ops *ops, void *ctx);
void source_free(struct source *source);
/* Asks for more, or connects if there is no connection, at once. */
void source_ask(struct source *source);

#endif
