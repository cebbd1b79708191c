// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "control/socket/parser.h"
#include "control/work.h"

#define NICE 10 /* of the thread: on one core the loop goes first */

struct parser {
	struct work *work;
	bool busy;
	struct buffer text;
	size_t length;
	struct rpc_parsed parsed;
	double took;
	parser_done *done; /* NULL: nobody waits */
	void *arg;
};

static void parse(void *ctx)
{
	struct parser *parser = ctx;
	double began = clock_seconds(CLOCK_THREAD_CPUTIME_ID);

	if (gettid() != getpid()) /* else there was no thread to be had */
		setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	rpc_parse(parser->text.data, parser->length, &parser->parsed);
	buffer_release(&parser->text);
	parser->took = clock_seconds(CLOCK_THREAD_CPUTIME_ID) - began;
}

static void on_parsed(void *ctx)
{
	struct parser *parser = ctx;
	struct rpc_parsed parsed = parser->parsed;

	parser->parsed.request = NULL;
	parser->busy = false;
	if (parser->done)
		parser->done(parser->arg, &parsed, parser->took);
	else
		json_decref(parsed.request);
}

int parser_start(struct parser *parser, struct buffer *in, size_t length, parser_done *done,
		 void *arg)
{
	if (buffer_cut(in, length + 1, &parser->text))
		return -ENOMEM;
	parser->length = length;
	parser->done = done;
	parser->arg = arg;
	parser->busy = true;
	work_start(parser->work, parse, on_parsed, parser);
	return 0;
}

void parser_abandon(struct parser *parser)
{
	parser->done = NULL;
}

bool parser_busy(const struct parser *parser)
{
	return parser->busy;
}

struct parser *parser_new(struct ev_loop *loop)
{
	struct parser *parser = calloc(1, sizeof(*parser));

	if (!parser)
		return NULL;
	json_object_seed(0); /* before there are two threads that might */
	parser->work = work_new(loop);
	if (parser->work)
		return parser;
	free(parser);
	return NULL;
}

void parser_free(struct parser *parser)
{
	if (!parser)
		return;
	work_free(parser->work);
	json_decref(parser->parsed.request);
	buffer_release(&parser->text);
	free(parser);
}
