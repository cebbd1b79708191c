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

/* Free, or the oldest as seen from @time; of many of one time, any. */
static size_t place(const _Atomic uint64_t *line, uint64_t hash, uint32_t time)
{
	uint64_t oldest = 0;
	size_t best = 0;

	for (size_t i = 0; i < KNOWN_WAYS; i++) {
		size_t at = (hash / KNOWN_LINES + i) % KNOWN_WAYS;
		uint64_t word = atomic_load(&line[at]);
		uint64_t age = (time - word) & TIME_MASK;

		if (!word)
			return at;
		if (age >= oldest) {
			oldest = age;
			best = at;
		}
	}
	return best;
}

/* Of two threads that put the same pair, the one whose place comes first has put it. */
bool known_put(struct known *known, uint64_t hash, uint32_t time)
{
	_Atomic uint64_t *line = known->pairs[hash % KNOWN_LINES];
	const uint64_t word = word_of(hash, time);
	size_t at = place(line, hash, time);

	if (atomic_exchange(&line[at], word) == word)
		return false;
	for (size_t i = 0; i < at; i++)
		if (atomic_load(&line[i]) == word)
			return false;
	return true;
}
