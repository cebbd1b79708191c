// SPDX-License-Identifier: GPL-2.0-or-later
#include "rate.h"

/* What sums of fractions miss of a whole run; less than a millionth of it. */
#define ROUNDING 1e-6

static void fill(struct rate *rate, double now)
{
	if (now > rate->at)
		rate->left += (now - rate->at) * rate->runs / rate->period;
	if (rate->left > rate->runs)
		rate->left = rate->runs;
	rate->at = now;
}

struct rate rate_start(unsigned runs, double period, double left, double ago, double now)
{
	struct rate rate = {.runs = runs, .period = period, .left = left, .at = now};

	if (ago > 0)
		rate.at = now - ago;
	fill(&rate, now);
	return rate;
}

unsigned rate_left(struct rate *rate, double now)
{
	fill(rate, now);
	return (unsigned)(rate->left + ROUNDING);
}

void rate_take(struct rate *rate, double now)
{
	fill(rate, now);
	rate->left = rate->left > 1 ? rate->left - 1 : 0;
}

double rate_wait(struct rate *rate, double now)
{
	fill(rate, now);
	return rate->left + ROUNDING >= 1 ? 0 : (1 - rate->left) * rate->period / rate->runs;
}
