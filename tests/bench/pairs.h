/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XDP program that makes many frames out of one: it writes another pair of addresses into each,
 * with right checksums. Pair number n, which the program counts in a map, has the source
 * PAIRS_SOURCE + n % sources and the destination PAIRS_DESTINATION + n / sources; in IPv6 these are
 * the last 32 bits.
 */
#ifndef EDGE25_BENCH_PAIRS_H
#define EDGE25_BENCH_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "frames.h"

#define PAIRS_SOURCE 0x64400100u      /* 100.64.1.0 */
#define PAIRS_DESTINATION 0xc6120000u /* 198.18.0.0, RFC 2544 */
#define PAIRS_MAX (1u << 28)

struct pairs {
	struct frame frame;
	uint32_t count;   /* then they come again; a power of two */
	uint32_t sources; /* a power of two, at most count */
	uint64_t first;   /* number of the first pair */
	uint32_t rate;    /* frames a second that pass; 0: all */
	bool drop;        /* what would pass ends in the program */
};

struct pairs_program {
	int program; /* descriptors */
	int map;
};

/* Loads the program; its clock starts now. 0, or -errno with the verifier's words on stderr. */
int pairs_load(const struct pairs *pairs, struct pairs_program *program);
/* How many frames passed (or would have), by the program's own count. */
uint64_t pairs_made(const struct pairs *pairs, const struct pairs_program *program);

#endif
