// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/contact_sketch.h"

#include <math.h>

#include "control/hosts/ages.h"

#define ANSWERED 0x80u /* in a cell */

static void turn(struct contact_sketch *sketch, uint32_t now)
{
	uint8_t anew[AGES], *cells = sketch->cells;

	if (!ages_turn(&sketch->turn, now, anew))
		return;
	for (unsigned i = 0; i < SKETCH_CELLS; i++)
		cells[i] = anew[cells[i] & AGE_BITS] ?
				   anew[cells[i] & AGE_BITS] | (cells[i] & ANSWERED) :
				   0;
}

/* Marks of one network differ in few bits: this spreads them (the finalizer of MurmurHash3). */
static uint8_t *cell_of(struct contact_sketch *sketch, uint64_t mark)
{
	mark = (mark ^ mark >> 33) * UINT64_C(0xff51afd7ed558ccd);
	mark = (mark ^ mark >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	mark >>= 32;
	return &sketch->cells[mark * SKETCH_CELLS >> 32];
}

void contact_sketch_take(struct contact_sketch *sketch, uint64_t mark, uint32_t quiet,
			 bool answered, uint32_t now)
{
	uint8_t *cell = cell_of(sketch, mark);
	uint32_t ages[AGES];

	turn(sketch, now);
	ages_list(sketch->turn, now, ages);
	if (quiet < ages[*cell & AGE_BITS])
		*cell = age_code(sketch->turn, now - quiet) | (*cell & ANSWERED);
	*cell |= answered ? ANSWERED : 0;
}

/* What a cell that was empty stands for, in whole destinations; the rest is kept in *part. */
static unsigned weigh(unsigned used, float *part)
{
	float weight = (float)SKETCH_CELLS / (float)(SKETCH_CELLS - used) + *part;
	unsigned whole = (unsigned)weight;

	*part = weight - (float)whole;
	return whole;
}

static unsigned used_cells(const struct contact_sketch *sketch, uint8_t flag)
{
	unsigned used = 0;

	for (unsigned i = 0; i < SKETCH_CELLS; i++)
		used += sketch->cells[i] >= flag;
	return used;
}

unsigned contact_sketch_meet(struct contact_sketch *sketch, uint64_t mark, uint32_t now)
{
	uint8_t *cell = cell_of(sketch, mark);
	unsigned more = 0;

	turn(sketch, now);
	if (!*cell)
		more = weigh(used_cells(sketch, 1), &sketch->part);
	*cell = age_code(sketch->turn, now) | (*cell & ANSWERED);
	return more;
}

unsigned contact_sketch_answer(struct contact_sketch *sketch, uint64_t mark, uint32_t now)
{
	uint8_t *cell = cell_of(sketch, mark);
	unsigned more = 0;

	turn(sketch, now);
	if (!(*cell & ANSWERED))
		more = weigh(used_cells(sketch, ANSWERED), &sketch->part_answered);
	*cell = age_code(sketch->turn, now) | ANSWERED;
	return more;
}

static unsigned linear_count(unsigned used)
{
	double empty = used < SKETCH_CELLS ? SKETCH_CELLS - used : 1;

	return (unsigned)lround(SKETCH_CELLS * log(SKETCH_CELLS / empty));
}

void contact_sketch_count(const struct contact_sketch *sketch, uint32_t now,
			  struct contact_counts *counts, size_t windows)
{
	unsigned cells[2 * AGES] = {0};
	uint32_t ages[AGES];

	for (unsigned i = 0; i < SKETCH_CELLS; i++)
		cells[sketch->cells[i]]++;
	ages_list(sketch->turn, now, ages);
	for (struct contact_counts *to = counts; to < counts + windows; to++) {
		for (unsigned i = 1; i < AGES; i++) {
			if (ages[i] >= to->seconds)
				continue;
			to->servers += cells[i] + cells[i | ANSWERED];
			to->answered += cells[i | ANSWERED];
		}
		to->servers = linear_count(to->servers);
		to->answered = linear_count(to->answered);
	}
}

bool contact_sketch_expire(struct contact_sketch *sketch, uint32_t now)
{
	turn(sketch, now);
	return used_cells(sketch, 1);
}
