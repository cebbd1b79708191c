/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came together, or was worst, within the last hour, in parts of five minutes. Pure. */
#ifndef EDGE25_CONTROL_HOUR_H
#define EDGE25_CONTROL_HOUR_H

#include <stdint.h>

#define HOUR_PARTS 12
#define HOUR_PART 300 /* seconds */

struct hour {
	uint64_t part[HOUR_PARTS];
	int64_t latest; /* the number of the part that @now was in last */
};

/* @now: seconds of a clock that does not go back. */
void hour_add(struct hour *hour, int64_t now, uint64_t count);
void hour_most(struct hour *hour, int64_t now, uint64_t value);
uint64_t hour_sum(const struct hour *hour, int64_t now);
uint64_t hour_worst(const struct hour *hour, int64_t now);

#endif
