/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is the kernel's table what the plan says? The expectation is the batch that would make the table,
 * written by the very code that makes it, so it follows every change of the rules by itself.
 * It is compared with all that the kernel has: the table, chains, rules, sets, objects, and elements
 * one by one. Sets that packets fill are compared by definition, and no remembered refusal may
 * contradict an allow entry.
 */
#ifndef EDGE25_RULES_VERIFY_H
#define EDGE25_RULES_VERIFY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "rules/picture.h"
#include "rules/table.h"

struct verification;

/*
 * Notes what is expected: the plan's block must stay where it is until verification_free(), the
 * table may change. NULL: no memory, or nothing is installed.
 */
struct verification *verification_new(const struct table *table);
void verification_free(struct verification *verification);

/*
 * Compares, in any thread, with a socket of its own; takes seconds for a million prefixes, and the
 * memory of their batch. @now: CLOCK_BOOTTIME, ms, called when that counts. 0, also where there are
 * differences; -EINTR: the tables changed each time; -ECANCELED: *cancel was set.
 */
int verification_run(struct verification *verification, uint64_t (*now)(void),
		     const atomic_bool *cancel);

/* After it ran. */
const struct message_verdict *verification_verdict(const struct verification *verification);
const struct differences *verification_differences(const struct verification *verification);
/* All parts that the kernel has, elements apart; sets with the number of theirs. */
const struct picture *verification_found(const struct verification *verification);

#endif
