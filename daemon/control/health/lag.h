/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How late control is: its loop behind a timer, and its handling of events behind their packets. */
#ifndef EDGE25_CONTROL_LAG_H
#define EDGE25_CONTROL_LAG_H

#include <stdint.h>

#include "control/health/hour.h"

#define LAG_TICK 1000 /* ms between two ticks that are on time */
#define LAG_LATE 1000 /* ms; a loop that is later serves nobody in time */

struct lag {
	int64_t ticked;             /* ms; 0: never */
	uint64_t loop_ms, event_ms; /* the latest of each */
	struct hour loop, event;    /* the worst of the last hour */
};

/* Every LAG_TICK ms. @now_ms does not count sleep. */
void lag_tick(struct lag *lag, int64_t now_ms);
/* An event is being handled; both times as CLOCK_REALTIME, ns. One that was set back counts as 0. */
void lag_event(struct lag *lag, int64_t now_ms, uint64_t happened, uint64_t now);
/* CLOCK_MONOTONIC in ms, as coarse as the timer needs it. */
int64_t lag_now(void);

#endif
