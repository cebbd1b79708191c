/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <string.h>

#include "common/policy.h"

static void test_words(void **state)
{
	static const struct {
		const char *(*word)(unsigned value);
		unsigned value;
		const char *expected;
	} cases[] = {
		{policy_mode_word, MODE_BLOCK, "block"},
		{policy_mode_word, MODE_MONITOR, "monitor"},
		{policy_deny_word, DENY_DROP, "drop"},
		{policy_deny_word, DENY_TCP_RESET, "tcp-reset"},
		{policy_deny_word, DENY_ADMIN_PROHIBITED, "admin-prohibited"},
		{policy_mode_word, MODE_GUARD, "guard"},
		{policy_safe_word, SAFE_REFUSE, "refuse"},
		{policy_safe_word, SAFE_PASS, "pass"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(cases[i].word(cases[i].value), cases[i].expected);
	assert_null(policy_mode_word(MODE_NONE));
	assert_null(policy_mode_word(MODE_GUARD + 1));
	assert_null(policy_deny_word(DENY_NONE));
	assert_null(policy_deny_word(DENY_ADMIN_PROHIBITED + 1));
	assert_null(policy_safe_word(0));
	assert_null(policy_safe_word(SAFE_PASS + 1));
	assert_null(policy_mode_word(UINT32_MAX));
}

static void test_values(void **state)
{
	static const char *const wrong[] = {"", "Block", "block ", "blo", "none", "blocked"};

	(void)state;
	for (unsigned mode = MODE_BLOCK; mode <= MODE_GUARD; mode++)
		assert_int_equal(policy_mode_value(policy_mode_word(mode)), mode);
	for (unsigned deny = DENY_DROP; deny <= DENY_ADMIN_PROHIBITED; deny++)
		assert_int_equal(policy_deny_value(policy_deny_word(deny)), deny);
	for (unsigned safe = SAFE_REFUSE; safe <= SAFE_PASS; safe++)
		assert_int_equal(policy_safe_value(policy_safe_word(safe)), safe);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(policy_mode_value(wrong[i]), 0);
		assert_int_equal(policy_deny_value(wrong[i]), 0);
		assert_int_equal(policy_safe_value(wrong[i]), 0);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} cases[] = {
		{"home", true},
		{"a", true},
		{"Business_2", true},
		{"", false},
		{"2home", false},
		{"_home", false},
		{"home line", false},
		{"home-2", false},
		{"home\"", false},
		{"h\xc3\xb6me", false},
		{"home\n", false},
		{"home;", false},
		{"abcdefghijklmnopqrstuvwxyzabcde", true},   /* 31 */
		{"abcdefghijklmnopqrstuvwxyzabcdef", false}, /* 32 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (policy_name_valid(cases[i].name) != cases[i].valid)
			fail_msg("policy name \"%s\"", cases[i].name);
}

static struct policy good_policy(void)
{
	return (struct policy){
		.name = "home",
		.number = 3,
		.mode = MODE_BLOCK,
		.deny = DENY_TCP_RESET,
		.unanswered = SAFE_REFUSE,
		.host_prefix6 = 64,
	};
}

static void test_valid(void **state)
{
	/* One byte set to one value in a good policy. */
	static const struct {
		size_t offset;
		uint8_t value;
		bool valid;
	} cases[] = {
		{offsetof(struct policy, name), 'H', true},
		{offsetof(struct policy, name), '7', false},
		{offsetof(struct policy, name) + 31, 'x', false},
		{offsetof(struct policy, name) + 5, 'x', false},
		{offsetof(struct policy, number), 15, true},
		{offsetof(struct policy, number), 16, false},
		{offsetof(struct policy, mode), MODE_MONITOR, true},
		{offsetof(struct policy, mode), 0, false},
		{offsetof(struct policy, mode), MODE_GUARD + 1, false},
		{offsetof(struct policy, deny), DENY_DROP, true},
		{offsetof(struct policy, deny), DENY_NONE, false},
		{offsetof(struct policy, deny), DENY_ADMIN_PROHIBITED + 1, false},
		{offsetof(struct policy, unanswered), SAFE_PASS, true},
		{offsetof(struct policy, unanswered), 0, false},
		{offsetof(struct policy, unanswered), 3, false},
		{offsetof(struct policy, host_prefix6), 48, true},
		{offsetof(struct policy, host_prefix6), 47, false},
		{offsetof(struct policy, host_prefix6), 65, false},
		{offsetof(struct policy, reserved), 1, false},
		{offsetof(struct policy, reserved) + 6, 1, false},
	};
	struct policy policy = good_policy();

	(void)state;
	assert_true(policy_valid(&policy));
	policy.pace = POLICY_PACE_MAX;
	assert_true(policy_valid(&policy));
	policy.pace = POLICY_PACE_MAX + 1;
	assert_false(policy_valid(&policy));
	for (size_t i = 0; i < COUNT(cases); i++) {
		policy = good_policy();
		((uint8_t *)&policy)[cases[i].offset] = cases[i].value;
		if (policy_valid(&policy) != cases[i].valid)
			fail_msg("byte %zu = %u", cases[i].offset, cases[i].value);
	}
}

/* A policy that never refuses need not say how. */
static void test_monitor_needs_no_deny(void **state)
{
	struct policy policy = good_policy();

	(void)state;
	policy.mode = MODE_MONITOR;
	policy.deny = DENY_NONE;
	assert_false(policy_valid(&policy));
	policy.unanswered = SAFE_PASS;
	assert_true(policy_valid(&policy));
}

static void test_host(void **state)
{
	static const struct {
		const char *text;
		bool host;
	} cases[] = {
		{"100.64.0.1", true},    {"100.64.0.0/31", false}, {"2001:db8::/64", true},
		{"2001:db8::/48", true}, {"2001:db8::/47", false}, {"2001:db8::/65", false},
		{"2001:db8::1", false},  {"100.64.0.0/24", false},
	};
	struct prefix prefix;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(prefix_parse(cases[i].text, &prefix), 0);
		if (policy_is_host(&prefix) != cases[i].host)
			fail_msg("%s", cases[i].text);
	}
	assert_int_equal(prefix_parse("2001:db8::/56", &prefix), 0);
	prefix.addr.bytes[15] = 1;
	assert_false(policy_is_host(&prefix)); /* bits behind it */
	assert_false(policy_is_host(&(struct prefix){0}));
}

static void test_decide(void **state)
{
	static const struct {
		enum mark_action question;
		unsigned policy;
		enum packet_reason reason;
		enum mark_action answer;
	} cases[] = {
		{MARK_QUESTION, 0, PACKET_OK, MARK_REFUSE},
		{MARK_QUESTION, 5, PACKET_OK, MARK_PASS},
		{MARK_QUESTION, 15, PACKET_OK, MARK_REFUSE},
		{MARK_QUESTION, 1, PACKET_OK, MARK_QUESTION},  /* no such policy */
		{MARK_QUESTION, 7, PACKET_OK, MARK_QUESTION},  /* a mode nobody knows */
		{MARK_QUESTION, 16, PACKET_OK, MARK_QUESTION}, /* no such number */
		{MARK_NONE, 0, PACKET_OK, MARK_QUESTION},
		{MARK_PASS, 0, PACKET_OK, MARK_QUESTION},
		{MARK_REFUSE, 5, PACKET_OK, MARK_QUESTION},
	};
	struct policy_snapshot snapshot = {.mask = MARK_MASK_DEFAULT};

	(void)state;
	snapshot.policies[0].mode = MODE_BLOCK;
	snapshot.policies[5].mode = MODE_MONITOR;
	snapshot.policies[7].mode = 99;
	snapshot.policies[15].mode = MODE_BLOCK;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mark question = {cases[i].question, 1, cases[i].policy};

		assert_int_equal(policy_decide(&snapshot, question, cases[i].reason),
				 cases[i].answer);
	}
	for (unsigned reason = PACKET_OK + 1; reason < PACKET_REASONS; reason++) {
		struct mark question = {MARK_QUESTION, 0, 0};

		assert_int_equal(policy_decide(&snapshot, question, (enum packet_reason)reason),
				 MARK_QUESTION);
		question.policy = 5;
		assert_int_equal(policy_decide(&snapshot, question, (enum packet_reason)reason),
				 MARK_QUESTION);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),  cmocka_unit_test(test_values),
		cmocka_unit_test(test_names),  cmocka_unit_test(test_valid),
		cmocka_unit_test(test_decide), cmocka_unit_test(test_monitor_needs_no_deny),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
