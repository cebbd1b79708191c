/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairs that were met lately, by their hashes, in fixed memory without a lock. Where there is no
 * room the oldest is forgotten. A pair that was never put is found with a probability of 2^-40.
 */
#ifndef EDGE25_ENGINE_KNOWN_H
#define EDGE25_ENGINE_KNOWN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define KNOWN_PAIRS 65536 /* 512 KB, touched as pairs come */
#define KNOWN_WAYS 8      /* a line of the processor's cache */
#define KNOWN_LINES (KNOWN_PAIRS / KNOWN_WAYS)
#define KNOWN_TIME_BITS 20

struct known {
	_Atomic uint64_t pairs[KNOWN_LINES][KNOWN_WAYS];
};

/* @hash, put at @time? Times have KNOWN_TIME_BITS and come round. */
bool known_has(const struct known *known, uint64_t hash, uint32_t time);
/* False: another thread has put it meanwhile. */
bool known_put(struct known *known, uint64_t hash, uint32_t time);

#endif
