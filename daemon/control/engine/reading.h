/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fresh readings of the kernel's counters for those who are about to show them. Whoever asks while
 * a reading is under way waits for the next one, so however many ask, the engine reads one at a time.
 */
#ifndef EDGE25_CONTROL_READING_H
#define EDGE25_CONTROL_READING_H

#include <ev.h>
#include <stdbool.h>

#include "control/engine/link.h"

#define READING_DEADLINE 1.0 /* seconds; then the answer is given with what there is */
#define READING_WAITS_MAX 512

struct reading;

/* @fresh: a reading that began after the question is there. */
typedef void reading_done(void *arg, bool fresh);

struct reading *reading_new(struct ev_loop *loop, struct link *link);
/* Those who wait are told that there is nothing fresh. */
void reading_free(struct reading *reading);
/*
 * All who are told by one reading are told in one round, with nothing in between: what one of them was
 * shown the others can be shown too.
 */
uint64_t reading_round(const struct reading *reading);
/* Calls @done once, at once when there is no engine. */
void reading_ask(struct reading *reading, reading_done *done, void *arg);

#endif
