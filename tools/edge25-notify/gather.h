/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incidents that wait to be handed over: sorts out those that the operator wants to hear of, joins
 * what happens to one incident meanwhile, and makes the document that the command reads. Bounded:
 * so many documents, then so many ids, then gather_full().
 */
#ifndef EDGE25_NOTIFY_GATHER_H
#define EDGE25_NOTIFY_GATHER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "item.h"
#include "told.h"

/* Incidents of which no more than the id is kept, 9 MB; then nothing is asked. */
#define GATHER_LEFT_MAX 65536
#define GATHER_CLASSES_MAX 8 /* there are four */

/* Which changes are wanted. */
struct wanted {
	unsigned changes;
	char class[GATHER_CLASSES_MAX][INCIDENT_WORD_MAX];
	unsigned classes; /* 0: all */
};

struct gather;

/* A document for the command, of one incident or of several (a digest). */
struct notice {
	char *text; /* JSON and a newline */
	size_t length;
	int64_t upto;   /* the newest change in it and in what was handed over before */
	unsigned count; /* incidents */
	bool digest;
	struct item item; /* no digest: of what; it has no text */
};

/* @most: how many a digest names. NULL: no memory. */
struct gather *gather_new(const struct wanted *wanted, unsigned most);
void gather_free(struct gather *gather);
/* Everything up to this change was handed over; nothing waits. */
void gather_begin(struct gather *gather, int64_t change);

/* Would gather_add() have it handed over? True also for what is none. */
bool gather_wants(const struct gather *gather, const struct told *told, const json_t *document);
/*
 * The next incident, in the order of changes. 0, -EBADMSG (not an incident, or not the next) or
 * -ENOMEM, and nothing has changed.
 */
int gather_add(struct gather *gather, struct told *told, const json_t *document);
/* Nothing more should come; a page that is there already may. */
bool gather_full(const struct gather *gather);
/* How many wait. */
unsigned gather_count(const struct gather *gather);
/* The change up to which nothing waits. */
int64_t gather_done(const struct gather *gather);

/*
 * What the command gets next, and tells @told of it: the first one if there are @runs for all of
 * them, else all in a digest; a digest in any case if notices were given up before. Something must
 * wait. 0 or -ENOMEM; notice_free() it.
 */
int gather_take(struct gather *gather, struct told *told, unsigned runs, uint64_t given_up,
		struct notice *notice);
void notice_free(struct notice *notice);

#endif
