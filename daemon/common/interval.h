/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes that may nest and overlap, flattened to sorted disjoint intervals in which the longest
 * prefix won: what an nftables interval map takes (nested ones are EEXIST there). Pure code.
 */
#ifndef EDGE25_INTERVAL_H
#define EDGE25_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct interval4 {
	uint32_t first; /* host order, both ends included */
	uint32_t last;
	uint32_t policy;
};

struct interval6 {
	uint8_t first[16]; /* network order, both ends included */
	uint8_t last[16];
	uint8_t policy[4]; /* policy number in [0]; bytes, so that the struct is 36 bytes */
};

struct interval_prefix {
	struct prefix prefix;
	uint8_t policy;
};

struct intervals {
	struct interval4 *v4;
	struct interval6 *v6;
	size_t v4_count;
	size_t v6_count;
};

/*
 * Sorts @prefixes. Of equal ones the one that stood first in the array counts (the configuration refuses
 * two policies for one prefix before it comes to this). Neighbours with one policy are merged. The
 * caller releases with intervals_release(). 0 or -ENOMEM.
 */
int intervals_flatten(struct interval_prefix *prefixes, size_t count, struct intervals *out);
void intervals_release(struct intervals *intervals);

/* Policy number of @addr or -1. Binary search. */
int intervals_find(const struct intervals *intervals, const struct addr *addr);

/*
 * The policies that addresses in @prefix have, a bit for each number; beyond INTERVALS_LOOK intervals in it
 * all bits are set.
 */
#define INTERVALS_LOOK 256
uint32_t intervals_policies(const struct intervals *intervals, const struct prefix *prefix);

#endif
