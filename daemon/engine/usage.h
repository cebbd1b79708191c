/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often allow entries are used, told to control: the counts of all allow elements are read again
 * and again, in a thread of its own with a low priority and a socket of its own, for with 100,000
 * prefixes a reading takes a second. It rests USAGE_REST times as long as the last one took. Only what is
 * new is told: entries that nobody uses cost no message and no memory.
 */
#ifndef EDGE25_ENGINE_USAGE_H
#define EDGE25_ENGINE_USAGE_H

#include <ev.h>

#include "engine/peer.h"
#include "rules/table.h"

#define USAGE_REST 30      /* a thirtieth of one processor is what it may take by itself */
#define USAGE_ASKED_MAX 16 /* questions that wait for one reading */

struct usage_reader;

/* 0 or -ENOMEM. @table and @peer live on. */
int usage_open(struct usage_reader **reader, struct ev_loop *loop, const struct table *table,
	       struct peer *peer);
/* Waits for the thread, which is told to stop. */
void usage_close(struct usage_reader *reader);

/* From now on a reading every so many seconds, where rest allows. */
void usage_every(struct usage_reader *reader, uint32_t seconds);
/* Control asks; one that reads much in a row has to wait for as long as the last reading took. */
void usage_asked(struct usage_reader *reader, uint64_t sequence);
/* Another control is there: it is told all. */
void usage_connected(struct usage_reader *reader);
/*
 * The table was changed: tells what elements that went had counted, before anything else is said of
 * the change.
 */
void usage_changed(struct usage_reader *reader, struct table *table);

#endif
