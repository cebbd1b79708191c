/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <stdlib.h>

#include "rules/usage.h"

static struct message_use use_of(uint8_t kind, uint8_t last, uint64_t packets)
{
	return (struct message_use){.kind = kind,
				    .family = FAMILY_IPV4,
				    .from = {100, 64, 3, last},
				    .packets = packets};
}

/* A dump that lost its place tells an element twice; the later count is the higher one. */
static void test_sort(void **state)
{
	const struct message_use uses[] = {
		use_of(ALLOW_PAIR, 1, 5),   use_of(ALLOW_SOURCE, 9, 3), use_of(ALLOW_SOURCE, 1, 2),
		use_of(ALLOW_SOURCE, 9, 7), use_of(ALLOW_PAIR, 1, 4),
	};
	const struct message_use wanted = use_of(ALLOW_SOURCE, 9, 0);
	const struct message_use absent = use_of(ALLOW_DESTINATION, 9, 0);
	struct usage usage = {0};

	(void)state;
	assert_null(usage_find(&usage, &wanted));
	for (size_t i = 0; i < COUNT(uses); i++)
		assert_int_equal(usage_add(&usage, &uses[i]), 0);
	usage_sort(&usage);
	assert_int_equal(usage.count, 3);
	assert_int_equal(usage.records[0].packets, 2);
	assert_int_equal(usage.records[1].packets, 7);
	assert_int_equal(usage.records[2].packets, 5);
	assert_ptr_equal(usage_find(&usage, &wanted), &usage.records[1]);
	assert_null(usage_find(&usage, &absent));
	usage_release(&usage);
	assert_int_equal(usage.count, 0);
}

static void test_of(void **state)
{
	const struct allow_element element = {
		.kind = ALLOW_PAIR,
		.family = FAMILY_IPV6,
		.way = ALLOW_ALWAYS,
		.id = 7,
		.from_first = {0x20, 1},
		.from_last = {0x20, 2},
		.to_first = {0x20, 3},
	};
	const struct message_use use = usage_of(&element);

	(void)state;
	assert_int_equal(use.id, 7);
	assert_memory_equal(use.from, element.from_first, sizeof(use.from));
	assert_memory_equal(use.to, element.to_first, sizeof(use.to));
	assert_int_equal(use.way, ALLOW_ALWAYS);
	assert_int_equal(use.packets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
