/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include "common/mark.h"

static void test_mask_valid(void **state)
{
	static const uint32_t wrong[] = {
		0,          1,          0x7f,       0x1ff,      0xff00ff00, 0xffffffff,
		0xfe000000, 0x00ff0001, 0x01010101, 0xf0f00000, 0xf00000f0, 0x80000000,
	};

	(void)state;
	for (unsigned shift = 0; shift <= 24; shift++)
		assert_true(mark_mask_valid(0xffu << shift));
	for (unsigned shift = 25; shift < 32; shift++)
		assert_false(mark_mask_valid(0xffu << shift));
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(mark_mask_valid(wrong[i]));
}

/* The layout is a contract with the rules: action:2 | epoch:2 | policy:4. */
static void test_layout(void **state)
{
	const struct mark mark = {.action = MARK_REFUSE, .epoch = 1, .policy = 10};

	(void)state;
	assert_int_equal(mark_encode(mark, MARK_MASK_DEFAULT), 0xda000000u);
	assert_int_equal(mark_encode(mark, 0xff), 0xda);
	assert_int_equal(mark_action_mask(MARK_MASK_DEFAULT), 0xc0000000u);
	assert_int_equal(mark_epoch_mask(MARK_MASK_DEFAULT), 0x30000000u);
	assert_int_equal(mark_policy_mask(MARK_MASK_DEFAULT), 0x0f000000u);
	assert_int_equal(mark_action_mask(0x1fe0), 0x1800);
	assert_int_equal(mark_epoch_mask(0x1fe0), 0x0600);
	assert_int_equal(mark_policy_mask(0x1fe0), 0x01e0);
}

static void test_round_trip(void **state)
{
	(void)state;
	for (unsigned shift = 0; shift <= 24; shift++) {
		uint32_t mask = 0xffu << shift;

		for (unsigned bits = 0; bits < 256; bits++) {
			uint32_t value = bits << shift;
			struct mark mark = mark_decode(value | ~mask, mask);

			assert_int_equal(mark_encode(mark, mask), value);
			assert_int_equal(mark.action, bits >> 6);
			assert_int_equal(mark.epoch, bits >> 4 & 3);
			assert_int_equal(mark.policy, bits & 15);
		}
	}
}

/* A value out of range never reaches bits that are not its own. */
static void test_encode_stays_inside(void **state)
{
	const struct mark epoch = {.action = MARK_NONE, .epoch = 4 + 1, .policy = 0};
	const struct mark policy = {.action = MARK_NONE, .epoch = 0, .policy = 16 + 2};

	(void)state;
	assert_int_equal(mark_encode(epoch, 0xff00), 0x1000);
	assert_int_equal(mark_encode(policy, 0xff00), 0x0200);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mask_valid),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_encode_stays_inside),
	};

	return cmocka_run_group_tests_name("mark", tests, NULL, NULL);
}
