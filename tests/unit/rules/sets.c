/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which set holds which element: each in one of its own, or a host that is cut off were allowed. */
#include "../unit.h"

#include <string.h>

#include "rules/contents.h"
#include "rules/element_read.h"
#include "rules/sets.h"

static struct allow_element entry(const char *from, const char *to, enum allow_way way)
{
	struct allow_rule rule = {.way = (uint8_t)way};

	if (from)
		assert_int_equal(prefix_parse(from, &rule.from), 0);
	if (to)
		assert_int_equal(prefix_parse(to, &rule.to), 0);
	return allow_rule_element(&rule);
}

static void test_entries(void **state)
{
	static const struct {
		const char *from, *to;
		enum allow_way way;
		const char *exact, *net;
	} cases[] = {
		{"10.0.0.1", NULL, ALLOW_FREE, "allow_src4", "allow_src4_net"},
		{"2001:db8::1", NULL, ALLOW_FREE, "allow_src6", "allow_src6_net"},
		{NULL, "10.0.0.1", ALLOW_FREE, "allow_dst4", "allow_dst4_net"},
		{"2001:db8::1", "2001:db8::2", ALLOW_FREE, "allow_pair6", "allow_pair6_net"},
		{"10.0.0.1", NULL, ALLOW_ALWAYS, "always_src4", "always_src4_net"},
		{NULL, "2001:db8::1", ALLOW_ALWAYS, "always_dst6", "always_dst6_net"},
		{"10.0.0.1", "10.0.0.2", ALLOW_ALWAYS, "always_pair4", "always_pair4_net"},
		{"2001:db8::1", NULL, ALLOW_WATCHED, "watched_src6", "watched_src6_net"},
		{"10.0.0.1", "10.0.0.2", ALLOW_WATCHED, "watched_pair4", "watched_pair4_net"},
	};
	char name[RULES_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct allow_element element = entry(cases[i].from, cases[i].to, cases[i].way);

		assert_string_equal(set_name(set_of_allow(&element), NULL, name), cases[i].exact);
		element.exact = 0;
		assert_string_equal(set_name(set_of_allow(&element), NULL, name), cases[i].net);
	}
}

static void test_sets_of_ways(void **state)
{
	const uint32_t always = 1u << ALLOW_ALWAYS, watched = 1u << ALLOW_WATCHED;

	(void)state;
	assert_true(set_needed(SET_CONTAINED4, 0));
	assert_true(set_needed(SET_ALLOW_PAIR6_NET, 0));
	for (enum set set = SET_ALWAYS_SRC4; set <= SET_ALWAYS_PAIR6_NET; set++)
		assert_true(set_needed(set, always) && !set_needed(set, watched));
	for (enum set set = SET_WATCHED_SRC4; set < SETS; set++)
		assert_true(set_needed(set, watched) && !set_needed(set, always));
}

static int see_message(const struct nlmsghdr *message, void *names)
{
	const char *name = elements_set(message);

	if (name) { /* the batch begins with a message of its own */
		strcat(names, name);
		strcat(names, " ");
	}
	return 0;
}

static void test_contained(void **state)
{
	static const char *const hosts[] = {"10.0.0.1", "2001:db8:1::/48", "2001:db8:2::/56",
					    "2001:db8:3::/64"};
	struct allow_element elements[COUNT(hosts)];
	struct policy policy = {.host_prefix6 = 60};
	struct plan_header header = {.policies = 1, .allows = COUNT(hosts)};
	const struct plan plan = {.header = &header, .policies = &policy, .allows = elements};
	struct batch *batch = batch_new();
	char names[256] = "";
	uint32_t lengths;

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct prefix host;

		assert_int_equal(prefix_parse(hosts[i], &host), 0);
		elements[i] = allow_contained(&host, 0);
	}
	lengths = contained_lengths(&plan);
	for (unsigned length = 0; length <= 128; length++)
		assert_int_equal(contained_length_has(lengths, length),
				 length == 48 || length == 56 || length == 60 || length == 64);
	set_allow_add(batch, elements, COUNT(elements), 0);
	assert_int_equal(batch_each(batch, see_message, names), 0);
	batch_free(batch);
	assert_string_equal(names, "contained4 contained6_48 contained6_56 contained6_64 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_sets_of_ways),
		cmocka_unit_test(test_contained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
