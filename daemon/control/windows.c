// SPDX-License-Identifier: GPL-2.0-or-later
#include "windows.h"

#include <string.h>

struct ring {
	uint8_t first; /* of its buckets, in all of them */
	uint8_t count;
	uint16_t seconds; /* a bucket */
};

static const struct ring rings[WINDOWS] = {
	[WINDOW_5MIN] = {0, WINDOW_5MIN_BUCKETS, 30},
	[WINDOW_HOUR] = {WINDOW_5MIN_BUCKETS, WINDOW_HOUR_BUCKETS, 300},
	[WINDOW_DAY] = {WINDOW_5MIN_BUCKETS + WINDOW_HOUR_BUCKETS, WINDOW_DAY_BUCKETS, 3600},
};

uint32_t window_bucket_seconds(enum window window)
{
	return rings[window].seconds;
}

unsigned window_buckets(enum window window)
{
	return rings[window].count;
}

uint32_t window_seconds(enum window window)
{
	return (uint32_t)rings[window].seconds * rings[window].count;
}

void windows_start(struct windows *windows, uint32_t now)
{
	memset(windows, 0, sizeof(*windows));
	for (int i = 0; i < WINDOWS; i++)
		windows->latest[i] = now / rings[i].seconds;
}

static unsigned at(const struct ring *ring, uint32_t number)
{
	return ring->first + number % ring->count;
}

/* Empties the buckets between the newest one and that of @now. */
static void advance(struct windows *windows, enum window window, uint32_t now)
{
	const struct ring *ring = &rings[window];
	uint32_t number = now / ring->seconds, *latest = &windows->latest[window];

	if (number <= *latest)
		return;
	if (number - *latest > ring->count)
		*latest = number - ring->count;
	while (*latest < number) {
		unsigned i = at(ring, ++*latest);

		windows->attempts[i] = 0;
		windows->met[i] = windows->fresh[i] = windows->answered[i] = 0;
	}
}

static void add16(uint16_t *to, uint32_t more)
{
	*to = more < (uint32_t)(UINT16_MAX - *to) ? (uint16_t)(*to + more) : UINT16_MAX;
}

void windows_add(struct windows *windows, uint32_t now, struct window_counts more)
{
	for (enum window window = 0; window < WINDOWS; window++) {
		unsigned i;

		advance(windows, window, now);
		i = at(&rings[window], windows->latest[window]);
		windows->attempts[i] += more.attempts < UINT32_MAX - windows->attempts[i] ?
						more.attempts :
						UINT32_MAX - windows->attempts[i];
		add16(&windows->met[i], more.met);
		add16(&windows->fresh[i], more.fresh);
		add16(&windows->answered[i], more.answered);
	}
}

unsigned windows_list(const struct windows *windows, enum window window, uint32_t now,
		      struct window_counts *buckets)
{
	const struct ring *ring = &rings[window];
	uint32_t number = now / ring->seconds;

	if (number < windows->latest[window])
		number = windows->latest[window];
	for (uint32_t back = 0; back < ring->count; back++) {
		/* behind the newest that was written there is nothing, before the oldest likewise */
		if (back > number || number - back > windows->latest[window]) {
			buckets[back] = (struct window_counts){0};
			continue;
		}
		unsigned i = at(ring, number - back);

		buckets[back] = (struct window_counts){windows->attempts[i], windows->met[i],
						       windows->fresh[i], windows->answered[i]};
	}
	return ring->count;
}

struct window_counts windows_sum(const struct windows *windows, enum window window, uint32_t now)
{
	struct window_counts buckets[WINDOW_DAY_BUCKETS], sum = {0};
	unsigned count = windows_list(windows, window, now, buckets);

	for (unsigned i = 0; i < count; i++) {
		sum.attempts += buckets[i].attempts;
		sum.met += buckets[i].met;
		sum.fresh += buckets[i].fresh;
		sum.answered += buckets[i].answered;
	}
	return sum;
}
