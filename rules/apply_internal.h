/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between rules/apply.c, apply_sets.c, apply_turn.c and apply_allows.c. Nobody else includes it. */
#ifndef EDGE25_RULES_APPLY_INTERNAL_H
#define EDGE25_RULES_APPLY_INTERNAL_H

#include "rules/chains.h"
#include "rules/table_internal.h"

/* All that a change needs to know. */
struct change {
	struct table *table;
	const struct plan *plan;
	struct inventory inventory; /* what is there */
	struct name_list chains;    /* what is wanted */
	struct name_list counters;
	struct generations generations;
	uint32_t contained_lengths;
	bool ranges;     /* the range maps are made anew */
	bool bound;      /* and their rules are there before their elements */
	bool allow_fine; /* an allowed source is finer than an IPv6 /64 */
	bool unsettled;  /* no answer is taken for settled */
	bool late;       /* the machine has slept: timeouts are set anew */
	uint64_t now;
	int failed;
};

/* What the rules are written from. */
struct chains_input apply_input(const struct change *change);

/*
 * Sets, maps and what they hold, chains and counters that the plan wants: as a batch; sent, in parts,
 * of which nothing stays when one fails.
 */
void apply_put_sets(struct change *change, struct batch *batch);
int apply_sets(struct change *change, struct table_error *error);

/* The rules, base chains with them; and what nothing names when they have turned. */
void apply_put_turn(struct change *change, struct batch *batch);
void apply_put_leftovers(struct change *change, struct batch *batch);

/*
 * The kernel's allow sets from what they hold to what the plan says: what comes before the rules
 * turn, and, when they have turned, what goes.
 */
int apply_allows(struct change *change, struct table_error *error);
int apply_allows_turned(struct change *change, struct table_error *error);
/* The table remembers what its allow sets hold. 0 or -ENOMEM. */
int apply_allows_keep(struct table *table, const struct plan *plan);
/* Do they hold what @plan says? @late: the machine has slept. */
bool apply_allows_same(const struct table *table, const struct plan *plan, bool late);

/* How long this machine has slept since it was started, ms. @now: CLOCK_BOOTTIME, ms. */
uint64_t apply_time_slept(uint64_t now);
/* The kernel's timeouts stand still while the machine sleeps: those of before last too long then. */
bool apply_late(const struct table *table, uint64_t slept);

#endif
