/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines about a host, taken out of events.json and of what became of it when it was moved away. Each file
 * that has some is written anew beside itself, by a thread, and then takes its place, with its owner and
 * mode; what was appended meanwhile is kept. So at each moment either the old file is there or the new one.
 */
#ifndef EDGE25_CONTROL_EVENT_FORGET_H
#define EDGE25_CONTROL_EVENT_FORGET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"

struct event_forget;

/* NULL: no memory. */
struct event_forget *event_forget_new(const char *directory, const struct prefix *host);
/* What was not put in place is gone. */
void event_forget_free(struct event_forget *forget);

/* All that takes time: looks through the files and writes new ones. In any thread. */
void event_forget_run(struct event_forget *forget);
/*
 * Puts them in place, in the thread that appends lines. *current: events.json is another file now, and
 * has to be opened anew. False: a file was moved meanwhile; run again.
 */
bool event_forget_end(struct event_forget *forget, bool *current);

struct event_forget_result {
	size_t lines, files; /* that went, and that were written anew */
	size_t compressed;   /* files that only logrotate can read */
	char problem[512];   /* "": none */
};
const struct event_forget_result *event_forget_result(const struct event_forget *forget);

#endif
