// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/health/hour.h"

#include <stdbool.h>
#include <string.h>

/* The part that is now, with those that are over an hour old emptied. */
static uint64_t *present(struct hour *hour, int64_t now)
{
	const int64_t part = now / HOUR_PART;

	if (part - hour->latest >= HOUR_PARTS)
		memset(hour->part, 0, sizeof(hour->part));
	else
		for (int64_t i = hour->latest + 1; i <= part; i++)
			hour->part[i % HOUR_PARTS] = 0;
	if (part > hour->latest)
		hour->latest = part;
	return &hour->part[part % HOUR_PARTS];
}

void hour_add(struct hour *hour, int64_t now, uint64_t count)
{
	*present(hour, now) += count;
}

void hour_most(struct hour *hour, int64_t now, uint64_t value)
{
	uint64_t *part = present(hour, now);

	if (value > *part)
		*part = value;
}

static bool counts(const struct hour *hour, int64_t now, int64_t part)
{
	return part >= 0 && part > now / HOUR_PART - HOUR_PARTS && part > hour->latest - HOUR_PARTS;
}

uint64_t hour_sum(const struct hour *hour, int64_t now)
{
	uint64_t sum = 0;

	for (int64_t part = hour->latest; counts(hour, now, part); part--)
		sum += hour->part[part % HOUR_PARTS];
	return sum;
}

uint64_t hour_worst(const struct hour *hour, int64_t now)
{
	uint64_t worst = 0;

	for (int64_t part = hour->latest; counts(hour, now, part); part--)
		if (hour->part[part % HOUR_PARTS] > worst)
			worst = hour->part[part % HOUR_PARTS];
	return worst;
}
