/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <stdlib.h>

#include "engine/known.h"

#define LINE(number) ((uint64_t)(number) << 32) /* hashes of one line */
#define LAST ((1u << KNOWN_TIME_BITS) - 1)

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct known));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void test_found_when_it_was_put(void **state)
{
	for (uint32_t time = 0; time <= LAST; time += LAST) {
		assert_false(known_has(*state, 0, time));
		assert_true(known_put(*state, 0, time));
		assert_true(known_has(*state, 0, time));
		assert_false(known_put(*state, 0, time));
		assert_false(known_has(*state, 1, time));
	}
	assert_false(known_has(*state, 0, 1));
}

static void test_the_oldest_makes_room(void **state)
{
	/* in another order than their times */
	for (uint32_t i = 0; i < KNOWN_WAYS; i++)
		assert_true(known_put(*state, LINE(i), (i + 5) % KNOWN_WAYS));
	for (uint32_t i = 0; i < KNOWN_WAYS; i++) {
		uint32_t oldest = (i + KNOWN_WAYS - 5) % KNOWN_WAYS;

		assert_true(known_has(*state, LINE(oldest), i));
		assert_true(known_put(*state, LINE(100 + i), 20));
		assert_false(known_has(*state, LINE(oldest), i));
	}
	for (uint32_t i = 0; i < KNOWN_WAYS; i++)
		assert_true(known_has(*state, LINE(100 + i), 20));
}

/* The time before 0 is the last one. */
static void test_times_come_round(void **state)
{
	for (uint32_t i = 0; i < KNOWN_WAYS; i++)
		assert_true(known_put(*state, LINE(i), i ? LAST : LAST - 1));
	assert_true(known_put(*state, LINE(100), 0));
	assert_false(known_has(*state, LINE(0), LAST - 1));
	assert_true(known_has(*state, LINE(1), LAST));
}

/* With half of the room in use, one in fifty at most was forgotten. */
static void test_many(void **state)
{
	uint64_t random = 25;
	unsigned lost = 0;

	for (unsigned i = 0; i < KNOWN_PAIRS / 2; i++)
		known_put(*state, next_random(&random), 7);
	random = 25;
	for (unsigned i = 0; i < KNOWN_PAIRS / 2; i++)
		lost += !known_has(*state, next_random(&random), 7);
	assert_in_range(lost, 0, KNOWN_PAIRS / 2 / 50);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_found_when_it_was_put),
		TEST(test_the_oldest_makes_room),
		TEST(test_times_come_round),
		TEST(test_many),
	};
#undef TEST

	return cmocka_run_group_tests_name("engine/known", tests, NULL, NULL);
}
