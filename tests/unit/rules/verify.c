/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The comparison of two tables, both written by the code that writes the kernel's. */
#include "../unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "common/describe.h"
#include "rules/chains.h"
#include "rules/contents.h"
#include "rules/contradict.h"
#include "rules/element_read.h"
#include "rules/elements.h"
#include "rules/expr.h"
#include "rules/objects.h"

static void put_rule(struct batch *batch, const char *chain, const char *counter)
{
	struct nftnl_rule *rule = rule_new(chain, "a comment");

	rule_tcp_port(rule, 25);
	rule_counter(rule, counter);
	batch_rule(batch, NFT_MSG_NEWRULE, NLM_F_CREATE, rule);
}

static struct picture picture_of(struct batch *batch)
{
	struct picture picture = {0};

	assert_int_equal(batch_each(batch, picture_add, &picture), 0);
	batch_free(batch);
	return picture;
}

/* Chain "smtp" with a rule for each letter, which names its counter. */
static struct picture rules(const char *letters)
{
	struct batch *batch = batch_new();

	chain_create(batch, "smtp");
	for (const char *p = letters; *p; p++)
		put_rule(batch, "smtp", (const char[]){*p, '\0'});
	return picture_of(batch);
}

static struct differences compare(struct picture expected, struct picture found)
{
	struct differences differences = {0};

	picture_compare(&expected, &found, &differences);
	picture_release(&expected);
	picture_release(&found);
	return differences;
}

static void test_rules(void **state)
{
	static const struct {
		const char *expected;
		const char *found;
		const char *said; /* problem and number of each difference */
	} cases[] = {
		{"abc", "abc", ""},       {"abc", "bc", "-1"},    {"abc", "ac", "-2"},
		{"abc", "ab", "-3"},      {"abc", "", "-1-2-3"},  {"abc", "xabc", "+1"},
		{"abc", "abxc", "+3"},    {"abc", "abcx", "+4"},  {"abc", "axc", "!2"},
		{"abc", "xyz", "!1!2!3"}, {"abc", "acb", "+2-3"}, {"", "x", "+1"},
		{"aab", "ab", "-2"},      {"ab", "aab", "+2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct differences differences =
			compare(rules(cases[i].expected), rules(cases[i].found));
		char said[64] = "";

		for (size_t j = 0; j < differences.count; j++)
			snprintf(said + strlen(said), sizeof(said) - strlen(said), "%c%u",
				 " -+!"[differences.items[j].problem], differences.items[j].number);
		if (strcmp(said, cases[i].said) != 0)
			fail_msg("%s and %s: %s, not %s", cases[i].expected, cases[i].found, said,
				 cases[i].said);
	}
}

static struct picture parts(int32_t priority, uint32_t size, bool counter)
{
	const struct plan_header header = {.settings = {.refused_size = size,
							.tally_size = size,
							.refused_timeout = 60,
							.tally_timeout = 60}};
	const struct plan plan = {.header = &header};
	const struct generations generations = {0};
	struct batch *batch = batch_new();

	chain_create_base(batch, "screen", NF_INET_PRE_ROUTING, priority);
	set_create(batch, SET_REFUSED4, &generations, &plan);
	set_create(batch, SET_TALLY_REFUSED4, &generations, &plan);
	if (counter)
		counter_create(batch, "local");
	return picture_of(batch);
}

static void test_parts(void **state)
{
	struct differences differences = compare(parts(-300, 16, true), parts(-300, 16, true));
	char text[DESCRIBE_MAX];

	(void)state;
	assert_int_equal(differences.total, 0);
	differences = compare(parts(-300, 16, true), parts(0, 16, true));
	assert_int_equal(differences.total, 1);
	assert_string_equal(describe(&differences.items[0], text),
			    "chain screen is \"... priority 0, policy accept\" and should be "
			    "\"... priority -300, policy accept\"");
	/* the tally keeps the bounds that it was made with */
	differences = compare(parts(-300, 16, true), parts(-300, 32, true));
	assert_int_equal(differences.total, 1);
	assert_string_equal(differences.items[0].name, "refused4_0");
	differences = compare(parts(-300, 16, true), parts(-300, 16, false));
	assert_string_equal(describe(&differences.items[0], text),
			    "object local is missing: counter");
	differences = compare(parts(-300, 16, false), parts(-300, 16, true));
	assert_string_equal(describe(&differences.items[0], text),
			    "object local should not be there: counter");
}

/* --- elements --- */

struct interval {
	uint32_t first, last;
	const char *chain;
};

static struct batch *intervals(const struct interval *list, size_t count)
{
	struct batch *batch = batch_new();
	struct elements elements;

	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, 0, "range4_0");
	for (size_t i = 0; i < count; i++) {
		uint32_t first = htonl(list[i].first), last = htonl(list[i].last);

		elements_add_interval(
			&elements,
			(struct element){.key = &first, .key_length = 4, .chain = list[i].chain},
			(const uint8_t *)&last);
	}
	elements_close(&elements);
	return batch;
}

static int expect(const struct nlmsghdr *message, void *contents)
{
	return elements_set(message) ? contents_add(contents, message) : 0;
}

static int find(const struct nlmsghdr *message, void *contents)
{
	return elements_set(message) ? contents_found(message, contents) : 0;
}

static uint64_t apart(const struct interval *expected, size_t expected_count,
		      const struct interval *found, size_t found_count,
		      struct differences *differences)
{
	struct batch *wanted = intervals(expected, expected_count);
	struct batch *there = intervals(found, found_count);
	struct contents contents = {.set = "range4_0", .differences = differences};

	memset(differences, 0, sizeof(*differences));
	assert_int_equal(batch_each(wanted, expect, &contents), 0);
	assert_int_equal(contents_ready(&contents), 0);
	assert_int_equal(batch_each(there, find, &contents), 0);
	contents_end(&contents);
	contents_release(&contents);
	batch_free(wanted);
	batch_free(there);
	return differences->total;
}

static void test_elements(void **state)
{
	/* side by side, out of order, and up to the end of the address space */
	static const struct interval all[] = {
		{0x0a000100, 0x0a0001ff, "policy_a"},
		{0x0a000000, 0x0a0000ff, "policy_b"},
		{0x0a000200, 0x0a0002ff, "policy_a"},
		{0xffffff00, 0xffffffff, "policy_b"},
	};
	struct interval other[4], more[6];
	struct differences differences;

	(void)state;
	assert_int_equal(apart(all, 4, all, 4, &differences), 0);
	assert_int_equal(apart(all, 4, all, 3, &differences), 1);
	assert_int_equal(differences.items[0].problem, MESSAGE_MISSING);
	assert_string_equal(differences.items[0].expected, "255.255.255.0, goto policy_b");
	assert_int_equal(apart(all, 3, all, 4, &differences), 1);
	assert_int_equal(differences.items[0].problem, MESSAGE_UNEXPECTED);
	memcpy(other, all, sizeof(all));
	other[2].chain = "policy_b";
	assert_int_equal(apart(all, 4, other, 4, &differences), 1);
	assert_int_equal(differences.items[0].problem, MESSAGE_DIFFERENT);
	other[2] = (struct interval){0x0a000200, 0x0a00027f, "policy_a"};
	assert_int_equal(apart(all, 4, other, 4, &differences), 2);
	/* one that is there twice is one too many */
	memcpy(more, all, sizeof(all));
	more[4] = all[1];
	assert_int_equal(apart(all, 4, more, 5, &differences), 2);
	assert_int_equal(apart(NULL, 0, all, 4, &differences), 7);
	assert_int_equal(apart(all, 4, NULL, 0, &differences), 7);
}

/* More differences than are told are still counted. */
static void test_many(void **state)
{
	struct interval *many = calloc(1000, sizeof(*many));
	struct differences differences;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		many[i] = (struct interval){i * 4, i * 4 + 1, "policy_a"};
	assert_int_equal(apart(many, 1000, NULL, 0, &differences), 2000);
	assert_int_equal(differences.count, MESSAGE_ITEMS_MAX);
	free(many);
}

/* Expiries are the same when they are close, and what ends soon may be there or not. */
static void test_expiry(void **state)
{
	static const struct {
		uint64_t expected, found; /* ms, 0: none of them */
		uint64_t differences;
	} cases[] = {
		{60000, 60000, 0}, {60000, 59000, 0}, {60000, 50000, 1}, {60000, 0, 1},
		{1000, 0, 0},      {0, 1000, 0},      {0, 60000, 1},
	};
	static const uint8_t key[4] = {10, 0, 0, 1};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct differences differences = {0};
		struct contents contents = {
			.set = "s", .slack = 2000, .soon = 2000, .differences = &differences};
		struct batch *batches[2] = {batch_new(), batch_new()};

		for (size_t j = 0; j < 2; j++) {
			uint64_t timeout = j ? cases[i].found : cases[i].expected;
			struct elements elements;

			elements_open(&elements, batches[j], NFT_MSG_NEWSETELEM, 0, "s");
			if (timeout)
				elements_add(&elements, &(struct element){.key = key,
									  .key_length = 4,
									  .timeout = timeout});
			elements_close(&elements);
		}
		assert_int_equal(batch_each(batches[0], expect, &contents), 0);
		assert_int_equal(contents_ready(&contents), 0);
		assert_int_equal(batch_each(batches[1], find, &contents), 0);
		contents_end(&contents);
		contents_release(&contents);
		batch_free(batches[0]);
		batch_free(batches[1]);
		if (differences.total != cases[i].differences)
			fail_msg("%llu and %llu ms: %llu differences",
				 (unsigned long long)cases[i].expected,
				 (unsigned long long)cases[i].found,
				 (unsigned long long)differences.total);
	}
}

/* --- remembered refusals --- */

static void test_contradictions(void **state)
{
	static const struct {
		const char *from, *to; /* of the entry */
		const char *source, *destination;
		bool contradicts;
	} cases[] = {
		{"10.0.0.1", NULL, "10.0.0.1", "9.9.9.9", true},
		{"10.0.0.1", NULL, "10.0.0.2", "9.9.9.9", false},
		{"10.1.0.0/16", NULL, "10.1.255.255", "9.9.9.9", true},
		{"10.1.0.0/16", NULL, "10.2.0.0", "9.9.9.9", false},
		{NULL, "9.9.9.9", "10.0.0.1", "9.9.9.9", true},
		{NULL, "9.9.9.0/24", "10.0.0.1", "9.9.9.9", true},
		{NULL, "9.9.9.0/24", "10.0.0.1", "9.9.8.9", false},
		{"10.0.0.1", "9.9.9.9", "10.0.0.1", "9.9.9.9", true},
		{"10.0.0.1", "9.9.9.9", "10.0.0.1", "9.9.9.8", false},
		{"10.0.0.0/8", "9.9.9.0/24", "10.7.0.1", "9.9.9.8", true},
		{"10.0.0.0/8", "9.9.9.0/24", "11.7.0.1", "9.9.9.8", false},
		/* remembered by /64: an entry within it is asked before */
		{"2001:db8:1::/48", NULL, "2001:db8:1:2::", "2001:db8:9::9", true},
		{"2001:db8:1:2::7", NULL, "2001:db8:1:2::", "2001:db8:9::9", false},
		{NULL, "2001:db8:9::9", "2001:db8:1:2::", "2001:db8:9::9", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		/* others on both sides of it in the order */
		struct allow_rule list[4] = {0};
		struct allow_element *allows;
		struct contradiction contradiction = {.now = 1000};
		struct prefix source, destination;
		uint8_t key[32];
		size_t size;

		prefix_parse("1.1.1.1", &list[1].from);
		prefix_parse("223.1.1.0/24", &list[2].from);
		prefix_parse("200.1.1.0/24", &list[3].from);
		prefix_parse("1.1.1.0/24", &list[3].to);
		if (cases[i].from)
			assert_int_equal(prefix_parse(cases[i].from, &list[0].from), 0);
		if (cases[i].to)
			assert_int_equal(prefix_parse(cases[i].to, &list[0].to), 0);
		prefix_parse(cases[i].source, &source);
		prefix_parse(cases[i].destination, &destination);
		size = addr_size(source.addr.family);
		memcpy(key, source.addr.bytes, size);
		memcpy(key + size, destination.addr.bytes, size);
		for (int turn = 0; turn < 2 * ALLOW_CONTAINED; turn++) {
			bool expired = turn % 2;

			list[0].expires = expired ? 999 : 0;
			list[0].way = (uint8_t)(turn / 2);
			if (!allow_rule_valid(&list[0]))
				continue; /* no destination is watched */
			assert_int_equal(allow_flatten(list, 4, &allows, &contradiction.count), 0);
			contradiction.allows = allows;
			if (!contradict(&contradiction, key, 2 * size) !=
			    !(cases[i].contradicts && !expired))
				fail_msg("case %zu, expired %d", i, expired);
			free(allows);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),    cmocka_unit_test(test_parts),
		cmocka_unit_test(test_elements), cmocka_unit_test(test_many),
		cmocka_unit_test(test_expiry),   cmocka_unit_test(test_contradictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
