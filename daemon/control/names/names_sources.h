/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that the configuration names, as they were read last: what names.h looks into. */
#ifndef EDGE25_CONTROL_NAMES_SOURCES_H
#define EDGE25_CONTROL_NAMES_SOURCES_H

#include <ev.h>

#include "control/config/config.h"
#include "control/names/names_file.h"

struct names_source {
	enum names_kind kind;
	char *path;
	struct names_reading last; /* what counts; NULL as its table: it was never read */
	bool kept;                 /* the table is older than the reading, which failed */
	/* The owner's: */
	bool fresh;   /* the stamp may hide another change */
	int64_t rest; /* ns, CLOCK_MONOTONIC: not read again before then */
};

struct names_sources;

/* NULL: no memory. */
struct names_sources *names_sources_new(struct ev_loop *loop);
void names_sources_free(struct names_sources *sources);
/* Other files: those that are named before and after keep what they said. 0 or -ENOMEM. */
int names_sources_configure(struct names_sources *sources, const struct config_settings *settings);
/* Reads what has changed, if it is small, or has a thread begin to; when it is time to look. */
void names_sources_look(struct names_sources *sources);
/* Of all files, @index from 0; NULL behind the last. Labels come first. */
const struct names_source *names_sources_at(const struct names_sources *sources, size_t index);

/*
 * For edge25d -t: a line for each file that the present user cannot read or understand, handed to
 * @tell.
 */
void names_sources_check(const struct config_settings *settings,
			 void (*tell)(void *ctx, const char *problem), void *ctx);

#endif
