// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/windows.h"

#include <string.h>

#define ATTEMPTS_MAX UINT16_MAX /* in units */
#define SHIFT_MAX 16            /* then a bucket holds as much as is told of */

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

uint32_t window_seconds(enum window window)
{
	return (uint32_t)rings[window].seconds * rings[window].count;
}

void windows_start(struct windows *windows, uint32_t now)
{
	memset(windows, 0, sizeof(*windows));
	windows->latest = now;
}

static unsigned at(const struct ring *ring, uint32_t number)
{
	return ring->first + number % ring->count;
}

static void add16(uint16_t *to, uint32_t more)
{
	*to = more < (uint32_t)(UINT16_MAX - *to) ? (uint16_t)(*to + more) : UINT16_MAX;
}

/* --- attempts, in units of a ring --- */

static void halve(struct windows *windows, enum window window)
{
	uint16_t *attempts = &windows->attempts[rings[window].first];

	for (unsigned i = 0; i < rings[window].count; i++)
		attempts[i] /= 2;
	windows->shift[window]++;
}

/* Smaller units again, where what was large has gone. */
static void refine(struct windows *windows, enum window window)
{
	uint16_t *attempts = &windows->attempts[rings[window].first], most = 0;

	for (unsigned i = 0; i < rings[window].count; i++)
		most = attempts[i] > most ? attempts[i] : most;
	for (; windows->shift[window] && most <= ATTEMPTS_MAX / 2; most *= 2) {
		for (unsigned i = 0; i < rings[window].count; i++)
			attempts[i] *= 2;
		windows->shift[window]--;
	}
}

static void add_attempts(struct windows *windows, enum window window, unsigned i, uint32_t more)
{
	uint16_t *to = &windows->attempts[i];
	const uint64_t packets = (uint64_t)more + windows->rest[window];
	const uint8_t *shift = &windows->shift[window];

	while ((packets >> *shift) + *to > ATTEMPTS_MAX && *shift < SHIFT_MAX)
		halve(windows, window);
	add16(to, (uint32_t)(packets >> *shift));
	windows->rest[window] = (uint16_t)(packets & ((UINT32_C(1) << *shift) - 1));
}

static uint32_t attempts_of(const struct windows *windows, enum window window, unsigned i)
{
	return (uint32_t)windows->attempts[i] << windows->shift[window];
}

/* --- all of it --- */

static uint16_t *answered_at(struct windows *windows, enum window window, unsigned i)
{
	return window == WINDOW_HOUR ? &windows->answered[i - rings[window].first] : NULL;
}

/* Empties the buckets between the newest one and that of @now. */
static void advance(struct windows *windows, enum window window, uint32_t now)
{
	const struct ring *ring = &rings[window];
	const uint32_t number = now / ring->seconds;
	uint32_t latest = windows->latest / ring->seconds;

	if (number <= latest)
		return;
	if (number - latest > ring->count)
		latest = number - ring->count;
	while (latest < number) {
		unsigned i = at(ring, ++latest);
		uint16_t *answered = answered_at(windows, window, i);

		windows->attempts[i] = windows->met[i] = windows->fresh[i] = 0;
		if (answered)
			*answered = 0;
	}
	windows->rest[window] = 0; /* of a bucket that is full now */
	if (windows->shift[window])
		refine(windows, window);
}

void windows_add(struct windows *windows, uint32_t now, struct window_counts more)
{
	if (now < windows->latest)
		now = windows->latest;
	for (enum window window = 0; window < WINDOWS; window++) {
		unsigned i = at(&rings[window], now / rings[window].seconds);
		uint16_t *answered = answered_at(windows, window, i);

		if (now != windows->latest)
			advance(windows, window, now);
		add_attempts(windows, window, i, more.attempts);
		add16(&windows->met[i], more.met);
		add16(&windows->fresh[i], more.fresh);
		if (answered)
			add16(answered, more.answered);
	}
	windows->latest = now;
}

static struct window_counts bucket(const struct windows *windows, enum window window, unsigned i)
{
	return (struct window_counts){
		.attempts = attempts_of(windows, window, i),
		.met = windows->met[i],
		.fresh = windows->fresh[i],
		.answered = window == WINDOW_HOUR ? windows->answered[i - rings[window].first] : 0,
	};
}

unsigned windows_list(const struct windows *windows, enum window window, uint32_t now,
		      struct window_counts *buckets)
{
	const struct ring *ring = &rings[window];
	const uint32_t latest = windows->latest / ring->seconds;
	uint32_t number = now / ring->seconds;

	if (number < latest)
		number = latest;
	for (uint32_t back = 0; back < ring->count; back++) {
		/* behind the newest that was written there is nothing, before the oldest likewise */
		if (back > number || number - back > latest)
			buckets[back] = (struct window_counts){0};
		else
			buckets[back] = bucket(windows, window, at(ring, number - back));
	}
	return ring->count;
}

static uint32_t sum_of(uint32_t sum, uint32_t more)
{
	return more < UINT32_MAX - sum ? sum + more : UINT32_MAX;
}

struct window_counts window_sum(const struct window_counts *buckets, unsigned count)
{
	struct window_counts sum = {0};

	for (unsigned i = 0; i < count; i++) {
		sum.attempts = sum_of(sum.attempts, buckets[i].attempts);
		sum.met += buckets[i].met;
		sum.fresh += buckets[i].fresh;
		sum.answered += buckets[i].answered;
	}
	return sum;
}
