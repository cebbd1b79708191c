/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host did in the last 5 minutes, hour and day: rings of buckets, so that a window moves by a
 * tenth (30 s), a twelfth (5 min) or a 24th (1 h) of itself. The newest bucket is not full yet: a
 * window covers between 9/10, 11/12 or 23/24 of its name and all of it.
 * Time: seconds of one clock that does not go back; whoever holds the record sees to it.
 */
#ifndef EDGE25_CONTROL_WINDOWS_H
#define EDGE25_CONTROL_WINDOWS_H

#include <stdint.h>

enum window { WINDOW_5MIN, WINDOW_HOUR, WINDOW_DAY, WINDOWS };

#define WINDOW_5MIN_BUCKETS 10
#define WINDOW_HOUR_BUCKETS 12
#define WINDOW_DAY_BUCKETS 24
#define WINDOW_BUCKETS_ALL (WINDOW_5MIN_BUCKETS + WINDOW_HOUR_BUCKETS + WINDOW_DAY_BUCKETS)

/*
 * What is counted; all but attempts stop at 65535 a bucket. Attempts are exact up to there; of a ring with
 * more in one bucket all are kept in units of 2^shift, so that the largest is right to 1 in 32768.
 */
struct windows {
	uint32_t latest;                        /* when something was counted; seconds */
	uint16_t attempts[WINDOW_BUCKETS_ALL];  /* packets, by the kernel's count */
	uint16_t met[WINDOW_BUCKETS_ALL];       /* destinations asked about, new or again */
	uint16_t fresh[WINDOW_BUCKETS_ALL];     /* ... that were not met for a day */
	uint16_t answered[WINDOW_HOUR_BUCKETS]; /* ... that answered for the first time in a day */
	uint16_t rest[WINDOWS];                 /* attempts that are no whole unit yet */
	uint8_t shift[WINDOWS];
};

struct window_counts {
	uint32_t attempts, met, fresh;
	uint32_t answered; /* of the window of an hour and its buckets; of others 0 */
};

/* How long it is. */
uint32_t window_seconds(enum window window);

void windows_start(struct windows *windows, uint32_t now);
/* Adds to the bucket of @now in every window. */
void windows_add(struct windows *windows, uint32_t now, struct window_counts more);
/* The buckets of a window, newest first; returns how many. */
unsigned windows_list(const struct windows *windows, enum window window, uint32_t now,
		      struct window_counts *buckets);
struct window_counts window_sum(const struct window_counts *buckets, unsigned count);

#endif
