// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t clock_ms(clockid_t clock)
{
	return clock_ns(clock) / 1000000;
}

double clock_seconds(clockid_t clock)
{
	return (double)clock_ns(clock) / 1e9;
}
