// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/health/lag.h"

#include "common/clock.h"

void lag_tick(struct lag *lag, int64_t now_ms)
{
	const int64_t late = lag->ticked ? now_ms - lag->ticked - LAG_TICK : 0;

	lag->loop_ms = late > 0 ? (uint64_t)late : 0;
	lag->ticked = now_ms;
	hour_most(&lag->loop, now_ms / 1000, lag->loop_ms);
}

void lag_event(struct lag *lag, int64_t now_ms, uint64_t happened, uint64_t now)
{
	lag->event_ms = now > happened ? (now - happened) / 1000000 : 0;
	hour_most(&lag->event, now_ms / 1000, lag->event_ms);
}

int64_t lag_now(void)
{
	return (int64_t)clock_ms(CLOCK_MONOTONIC_COARSE);
}
