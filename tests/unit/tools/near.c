// SPDX-License-Identifier: GPL-2.0-or-later
#include "tools/edge25ctl/near.h"
#include "../unit.h"

static const struct {
	const char *typed;
	const char *word;
	unsigned distance;
} pairs[] = {
	{"hosts", "hosts", 1}, /* a beginning of itself */
	{"hots", "hosts", 1},
	{"hsots", "hosts", 1},
	{"horsts", "hosts", 1},
	{"incident", "incidents", 1},
	{"inc", "incidents", 1},
	{"in", "incidents", NEAR_NOT},
	{"frob", "host", NEAR_NOT},
	{"", "add", NEAR_NOT},
	{"x", "y", NEAR_NOT},
	{"-x", "--to", NEAR_NOT},
	{"--expire", "--expires", 1},
	{"--from", "--for", 2},
	{"a word that is longer than any that edge25ctl knows", "add", NEAR_NOT},
};

static void test_distances(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		assert_int_equal(near_distance(pairs[i].typed, pairs[i].word), pairs[i].distance);
		assert_int_equal(near_distance(pairs[i].word, pairs[i].typed), pairs[i].distance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_distances)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
