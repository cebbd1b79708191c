/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index of a hash table of fixed size whose records lie in an array of the owner: which slots
 * are in use, and which of them share a hash. Memory is touched only as slots are used.
 */
#ifndef EDGE25_CONTROL_SLOTS_H
#define EDGE25_CONTROL_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/hash.h"

#define SLOT_NONE UINT32_MAX

struct slots {
	uint32_t *heads; /* by hash; 0: none, else slot + 1 */
	uint32_t *next;  /* by slot, the same */
	uint32_t mask;
	uint32_t free;  /* released slots, chained by next; 0: none */
	uint32_t fresh; /* slots from here on were never used */
	uint32_t count;
	uint32_t max;
};

int slots_init(struct slots *slots, uint32_t max);
void slots_release(struct slots *slots);
/* The slots whose hash may be this one: for (i = slots_first(); i != SLOT_NONE; i = slots_next()) */
uint32_t slots_first(const struct slots *slots, uint64_t hash);
uint32_t slots_next(const struct slots *slots, uint32_t slot);
/* A slot for a record with this hash, or SLOT_NONE when all are in use. */
uint32_t slots_add(struct slots *slots, uint64_t hash);
void slots_remove(struct slots *slots, uint64_t hash, uint32_t slot);

#endif
