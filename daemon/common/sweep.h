/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nested prefixes in order, turned into disjoint spans of addresses in order. Prefixes are either
 * disjoint or nested, so a stack of those that are open is all it takes: no memory is allocated.
 */
#ifndef EDGE25_SWEEP_H
#define EDGE25_SWEEP_H

#include <stdint.h>

#include "addr.h"

#define SWEEP_DEPTH_MAX 129 /* lengths 0..128: no two open prefixes have the same */

/* Addresses first..last (both included, of one family), their value, and whose value it is. */
struct sweep_span {
	struct addr first;
	struct addr last;
	uint32_t id;
	uint64_t value;
};

/* Takes one span; 0, or -errno, which ends the sweep. */
typedef int sweep_emit(void *context, const struct sweep_span *span);

enum sweep_rule {
	SWEEP_LONGEST, /* the value of the longest prefix counts */
	SWEEP_HIGHEST, /* the highest value of all prefixes that hold the address (the shortest's) */
};

struct sweep {
	sweep_emit *emit;
	void *context;
	enum sweep_rule rule;
	unsigned depth;
	struct sweep_span open[SWEEP_DEPTH_MAX]; /* outermost first; what is left of each */
	struct sweep_span pending; /* not yet emitted: its neighbour may be of the same */
};

void sweep_start(struct sweep *sweep, enum sweep_rule rule, sweep_emit *emit, void *context);
/* Prefixes come in sweep_order(), no two alike. */
int sweep_add(struct sweep *sweep, const struct prefix *prefix, uint64_t value, uint32_t id);
/* Emits what is left. */
int sweep_end(struct sweep *sweep);

/* The order in which sweep_add() wants prefixes: <0, 0, >0. */
int sweep_order(const struct prefix *a, const struct prefix *b);

#endif
