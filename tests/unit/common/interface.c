/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "common/interface.h"

static void test_valid(void **state)
{
	static const char *const good[] = {
		"lo",   "br-lan", "eth0.7",          "wan@if3",       "p*",
		"ppp*", "a",      "fifteen-letters", "fourteen-lett*"};
	static const char *const bad[] = {"",
					  "*",
					  ".",
					  "..",
					  "a b",
					  "a/b",
					  "a:1",
					  "a?",
					  "a\"b",
					  "a\\b",
					  "*a",
					  "a*b",
					  "a**",
					  "a\n",
					  "\xc3\xa4",
					  "a\x7f",
					  "sixteen-letters-"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!interface_valid(good[i]))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (interface_valid(bad[i]))
			fail_msg("%s is accepted", bad[i]);
}

static void test_matches(void **state)
{
	(void)state;
	assert_true(interface_matches("ppp*", "ppp0"));
	assert_true(interface_matches("ppp*", "ppp"));
	assert_false(interface_matches("ppp*", "pp"));
	assert_false(interface_matches("ppp*", "xppp0"));
	assert_true(interface_matches("ppp0", "ppp0"));
	assert_false(interface_matches("ppp0", "ppp01"));
	assert_false(interface_matches("ppp01", "ppp0"));
	assert_false(interface_wildcard("ppp0"));
	assert_true(interface_wildcard("ppp*"));
}

static int compare(const void *a, const void *b)
{
	return interface_order(a, b);
}

/* What the first that matches says, nothing behind it says better. */
static void test_order(void **state)
{
	static const char expected[][INTERFACE_MAX] = {"eth0", "ppp",  "ppp12", "ppp1*",
						       "eth*", "ppp*", "e*",    "p*"};
	char names[][INTERFACE_MAX] = {"p*", "ppp*", "e*", "ppp1*", "ppp12", "eth0", "eth*", "ppp"};

	(void)state;
	qsort(names, COUNT(names), sizeof(names[0]), compare);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(names[i], expected[i]);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(interface_order(names[i], names[i]), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests_name("interface", tests, NULL, NULL);
}
