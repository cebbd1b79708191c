/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/known.h"

#include <stddef.h>

#define TIME_MASK ((UINT64_C(1) << KNOWN_TIME_BITS) - 1)

/* hash:44, 1 in the first bit | time:20; the hash also says in which line. Never 0, nobody's. */
static uint64_t word_of(uint64_t hash, uint32_t time)
{
	return ((hash | UINT64_C(1) << 63) & ~TIME_MASK) | (time & TIME_MASK);
}

bool known_has(const struct known *known, uint64_t hash, uint32_t time)
{
	const _Atomic uint64_t *line = known->pairs[hash % KNOWN_LINES];
	const uint64_t word = word_of(hash, time);

	for (size_t i = 0; i < KNOWN_WAYS; i++)
		if (atomic_load(&line[i]) == word)
			return true;
	return false;
}

/* The places of a line in the order of this pair: of many of one time not always the same one goes. */
static size_t nth(uint64_t hash, size_t n)
{
	return (hash / KNOWN_LINES + n) % KNOWN_WAYS;
}

/* Which one in the pair's order: the first that is free, or the oldest as seen from @time. */
static size_t choose(const _Atomic uint64_t *line, uint64_t hash, uint32_t time)
{
	uint64_t oldest = 0;
	size_t best = 0;

	for (size_t i = 0; i < KNOWN_WAYS; i++) {
		uint64_t word = atomic_load(&line[nth(hash, i)]);
		uint64_t age = (time - word) & TIME_MASK;

		if (!word)
			return i;
		if (age >= oldest) {
			oldest = age;
			best = i;
		}
	}
	return best;
}

/*
 * Of two threads that put the same pair, the later one took a later place and finds the earlier one's.
 * Only where a line is full may both have put it.
 */
bool known_put(struct known *known, uint64_t hash, uint32_t time)
{
	_Atomic uint64_t *line = known->pairs[hash % KNOWN_LINES];
	const uint64_t word = word_of(hash, time);
	size_t at = choose(line, hash, time);

	if (atomic_exchange(&line[nth(hash, at)], word) == word)
		return false;
	for (size_t i = 0; i < at; i++)
		if (atomic_load(&line[nth(hash, i)]) == word)
			return false;
	return true;
}
