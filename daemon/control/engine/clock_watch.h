/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells when the wall clock was set, and when the machine has slept. timerfd_create(2) says so at
 * once (TFD_TIMER_CANCEL_ON_SET, also on resume); where it does not, clock_watch_look() does when it
 * is called now and then.
 */
#ifndef EDGE25_CONTROL_CLOCK_WATCH_H
#define EDGE25_CONTROL_CLOCK_WATCH_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_STEP_MIN 500 /* ms; below that nobody's expiry is wrong by more than its rounding */

/* The three clocks at one moment, ms. */
struct clock_reading {
	int64_t real;  /* the wall clock */
	int64_t boot;  /* goes on in sleep */
	int64_t awake; /* stands still in sleep */
};

struct clock_change {
	int64_t stepped; /* ms that the wall clock was set forwards; 0: less than CLOCK_STEP_MIN */
	int64_t slept;   /* ms, likewise */
};

/* What happened between two readings; false: neither. Pure. */
bool clock_compare(const struct clock_reading *before, const struct clock_reading *after,
		   struct clock_change *change);

struct clock_watch;

typedef void clock_changed(void *ctx, const struct clock_change *change);

/* NULL: no memory. */
struct clock_watch *clock_watch_new(struct ev_loop *loop, clock_changed *changed, void *ctx);
void clock_watch_free(struct clock_watch *watch);
/* Calls @changed if there is something to tell. */
void clock_watch_look(struct clock_watch *watch);

#endif
