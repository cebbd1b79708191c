/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many different destinations a host met, where they are too many to know each: SKETCH_CELLS cells with
 * the time at which a destination of that cell was last met (ages.h), counted by linear counting (Whang,
 * Vander-Zanden, Taylor 1990): of m cells with the share v still empty, n = -m ln v, with a standard
 * error of sqrt(m (e^t - t - 1)) / n, t = n / m. For m = 448: 3.6 % at 200, 5.2 % at 1000, 11 % at
 * 2000; about SKETCH_MOST is as much as it can tell. A destination counts as new when its cell is
 * empty, with the weight m / (empty cells): on average as often as new ones come (Ting 2014).
 */
#ifndef EDGE25_CONTROL_CONTACT_SKETCH_H
#define EDGE25_CONTROL_CONTACT_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/hosts/contact_list.h"

#define SKETCH_CELLS 448
#define SKETCH_MOST 2735 /* 448 ln 448 */

struct contact_sketch {
	float part; /* of a new destination that was not told yet */
	float part_answered;
	uint32_t turn;               /* ages.h */
	uint8_t cells[SKETCH_CELLS]; /* likewise, and a flag: it answered */
};

/* A mark is met now, or answers: the number of destinations to add, 0 or more than one. */
unsigned contact_sketch_meet(struct contact_sketch *sketch, uint64_t mark, uint32_t now);
unsigned contact_sketch_answer(struct contact_sketch *sketch, uint64_t mark, uint32_t now);
/* One that was met @quiet seconds ago, and counted then. */
void contact_sketch_take(struct contact_sketch *sketch, uint64_t mark, uint32_t quiet,
			 bool answered, uint32_t now);
/* Those met in the last seconds; @counts are 0. */
void contact_sketch_count(const struct contact_sketch *sketch, uint32_t now,
			  struct contact_counts *counts, size_t windows);
/* Forgets what was not met for a day; false: nothing is left. */
bool contact_sketch_expire(struct contact_sketch *sketch, uint32_t now);

#endif
