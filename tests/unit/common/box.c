/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include "common/box.h"

#define SIDE 8 /* every box in a square of this size against every other */

static struct addr at(unsigned value)
{
	/* Around a byte's end, so that neighbours carry. */
	const uint8_t wire[4] = {10, 0, (uint8_t)((252 + value) >> 8), (uint8_t)(252 + value)};

	return addr_from_wire(FAMILY_IPV4, wire);
}

static struct box random_box(uint64_t *seed)
{
	unsigned from = random_below(seed, SIDE), to = random_below(seed, SIDE);

	return (struct box){
		.from_first = at(from),
		.from_last = at(from + random_below(seed, SIDE - from)),
		.to_first = at(to),
		.to_last = at(to + random_below(seed, SIDE - to)),
	};
}

static bool holds(const struct box *box, unsigned from, unsigned to)
{
	struct addr source = at(from), destination = at(to);

	return addr_compare(&box->from_first, &source) <= 0 &&
	       addr_compare(&source, &box->from_last) <= 0 &&
	       addr_compare(&box->to_first, &destination) <= 0 &&
	       addr_compare(&destination, &box->to_last) <= 0;
}

/* Point by point: each point of the box outside the hole is in exactly one piece. */
static void check_cut(const struct box *box, const struct box *hole)
{
	struct box pieces[BOX_PIECES_MAX];
	unsigned count = box_cut(box, hole, pieces);

	assert_in_range(count, 0, BOX_PIECES_MAX);
	for (unsigned from = 0; from < SIDE; from++) {
		for (unsigned to = 0; to < SIDE; to++) {
			unsigned held = 0;

			for (unsigned i = 0; i < count; i++)
				held += holds(&pieces[i], from, to);
			assert_int_equal(held, holds(box, from, to) && !holds(hole, from, to));
		}
	}
}

static void test_cut(void **state)
{
	uint64_t seed = 4;
	unsigned overlapping = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct box box = random_box(&seed), hole = random_box(&seed);
		bool shared = false;

		for (unsigned from = 0; from < SIDE; from++)
			for (unsigned to = 0; to < SIDE; to++)
				shared |= holds(&box, from, to) && holds(&hole, from, to);
		assert_int_equal(box_overlaps(&box, &hole), shared);
		assert_int_equal(box_overlaps(&hole, &box), shared);
		if (shared) {
			check_cut(&box, &hole);
			overlapping++;
		}
	}
	assert_true(overlapping > 1000);
}

static void test_swallowed(void **state)
{
	struct box inner = {at(2), at(3), at(2), at(3)}, outer = {at(1), at(4), at(2), at(3)};
	struct box pieces[BOX_PIECES_MAX];

	(void)state;
	assert_int_equal(box_cut(&inner, &outer, pieces), 0);
	assert_int_equal(box_cut(&inner, &inner, pieces), 0);
	assert_int_equal(box_cut(&outer, &inner, pieces), 2);
}

/* A hole at the very ends of the address space. */
static void test_ends(void **state)
{
	struct addr low = {.family = FAMILY_IPV4}, high;
	struct box all, corner, pieces[BOX_PIECES_MAX];

	(void)state;
	high = prefix_last(&(struct prefix){.addr = low, .length = 0});
	all = (struct box){low, high, low, high};
	corner = (struct box){high, high, low, low};
	assert_int_equal(box_cut(&all, &corner, pieces), 2);
	corner = (struct box){low, high, low, high};
	assert_int_equal(box_cut(&all, &corner, pieces), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_swallowed),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
