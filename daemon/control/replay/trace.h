/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace of openings, a line each: t,src,dst,sport,dport,answered (t in seconds from 0, in the order of
 * time; dport 25, 465 or 587; answered 0 or 1). The first line may be these names.
 */
#ifndef EDGE25_CONTROL_REPLAY_TRACE_H
#define EDGE25_CONTROL_REPLAY_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/addr.h"

#define TRACE_LINE_MAX 256
#define TRACE_SECONDS_MAX 2000000000 /* our clock has 32 bits */

struct trace_row {
	uint64_t time; /* ns since the trace began */
	struct addr source, destination;
	uint16_t source_port, destination_port;
	bool answered;
};

struct trace {
	FILE *file;
	const char *path;
	unsigned long line;
	uint64_t latest;
	char error[TRACE_LINE_MAX + 256]; /* "FILE:LINE: ..."; not escaped */
};

/* 1: *row; 0: the end; -1: trace->error says why not. */
int trace_next(struct trace *trace, struct trace_row *row);

#endif
