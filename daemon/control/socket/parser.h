/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Large requests, parsed by a thread that makes way for others, one at a time: nobody who asks for
 * something small waits for them.
 */
#ifndef EDGE25_CONTROL_PARSER_H
#define EDGE25_CONTROL_PARSER_H

#include <ev.h>

#include "control/socket/buffer.h"
#include "control/socket/rpc_parse.h"

struct parser;

/* Takes over @parsed->request. @took: seconds of a processor. */
typedef void parser_done(void *arg, struct rpc_parsed *parsed, double took);

/* NULL: no memory. */
struct parser *parser_new(struct ev_loop *loop);
/* Waits for the thread; what it has is forgotten. */
void parser_free(struct parser *parser);
bool parser_busy(const struct parser *parser);
/*
 * Not while it is busy. Takes a line of @length bytes and its end from @in, with their memory. 0, and @done
 * is called by the loop; or -ENOMEM, and the line is still there.
 */
int parser_start(struct parser *parser, struct buffer *in, size_t length, parser_done *done,
		 void *arg);
/* Whoever asked last is gone. */
void parser_abandon(struct parser *parser);

#endif
