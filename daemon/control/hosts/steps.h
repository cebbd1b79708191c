/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times in 15 bits: seconds of one clock that does not go back, in steps. They begin anew after
 * STEPS_MAX steps, 3 days, so whoever keeps them must look at least every other day.
 */
#ifndef EDGE25_CONTROL_STEPS_H
#define EDGE25_CONTROL_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#define STEP 8u           /* seconds */
#define STEPS_MAX 0x7fffu /* 0: no time */
#define STEPS_SPARE 2     /* that a time may lie ahead, after rounding */

static inline uint16_t step_of(uint32_t now)
{
	return (uint16_t)(now / STEP % STEPS_MAX + 1);
}

/* Seconds since @step, which is not 0. */
static inline uint32_t step_age(uint16_t step, uint32_t now)
{
	/* without a division, since hundreds are asked at once */
	uint32_t steps = step_of(now) - (step & STEPS_MAX);

	steps += steps > STEPS_MAX ? STEPS_MAX : 0;
	return steps >= STEPS_MAX - STEPS_SPARE ? 0 : steps * STEP;
}

static inline bool step_within(uint16_t step, uint32_t now, uint32_t seconds)
{
	return (step & STEPS_MAX) && step_age(step, now) < seconds;
}

#endif
