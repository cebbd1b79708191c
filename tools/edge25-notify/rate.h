/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often the command may run: a bucket that holds as many runs as may come at once, and fills
 * in one period. Times are seconds of a clock that never goes back.
 */
#ifndef EDGE25_NOTIFY_RATE_H
#define EDGE25_NOTIFY_RATE_H

struct rate {
	unsigned runs;
	double period;
	double left; /* runs */
	double at;   /* when that was so */
};

/* @left of an earlier process, of which @ago seconds have passed (negative: not known). */
struct rate rate_start(unsigned runs, double period, double left, double ago, double now);
/* Whole runs that there are. */
unsigned rate_left(struct rate *rate, double now);
void rate_take(struct rate *rate, double now);
/* Seconds until there is one. */
double rate_wait(struct rate *rate, double now);

#endif
