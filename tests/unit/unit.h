/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test needs: cmocka and what it wants included first, and repeatable randomness. */
#ifndef EDGE25_UNIT_H
#define EDGE25_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* splitmix64: the same numbers on every machine for the same seed. */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0..bound-1 */
static inline unsigned random_below(uint64_t *state, unsigned bound)
{
	return (unsigned)(next_random(state) % bound);
}

#endif
