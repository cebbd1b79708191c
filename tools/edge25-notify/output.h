/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command says, line by line in the log: escaped there, and bounded here for each run. */
#ifndef EDGE25_NOTIFY_OUTPUT_H
#define EDGE25_NOTIFY_OUTPUT_H

#include <stddef.h>

#define OUTPUT_LINE_MAX 512 /* bytes; longer lines are cut in several */
#define OUTPUT_LINES_MAX 32 /* a run that has more to say is a flood */

struct output {
	char line[OUTPUT_LINE_MAX];
	size_t used;
	unsigned lines;
	size_t left_out; /* bytes beyond the bound */
};

void output_add(struct output *output, const char *bytes, size_t length);
/* The run is over: the last line, and how much was left out. */
void output_end(struct output *output);

#endif
