/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which set holds which element: each in one of its own, or a host that is cut off were allowed. */
#include "../unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
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

#define MANY 20000
#define PART (256u * 1024)
#define FIRST (PART / 2)

struct sent {
	const struct nlmsghdr *first;
	size_t parts, elements;
	uint32_t next; /* the address that comes next */
	int result;
};

static int see_key(const struct nlattr *element, void *arg)
{
	const struct element_view view = element_read(element);
	struct sent *sent = arg;
	uint32_t key;

	memcpy(&key, view.key, sizeof(key));
	assert_int_equal(ntohl(key), sent->next);
	sent->next += 4;
	sent->elements++;
	return 0;
}

static int see_part_message(const struct nlmsghdr *message, void *arg)
{
	struct sent *sent = arg;

	if (!sent->first)
		sent->first = message;
	return elements_set(message) ? elements_each(message, see_key, sent) : 0;
}

static int see_part(struct batch *batch, void *arg)
{
	struct sent *sent = arg;

	const size_t end = sent->parts ? PART : FIRST;

	assert_true(batch_length(batch) > end && batch_length(batch) <= end + BATCH_MESSAGE_ROOM);
	sent->first = NULL;
	assert_int_equal(batch_each(batch, see_part_message, sent), 0);
	assert_int_equal(sent->first->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
	sent->parts++;
	return sent->result;
}

/* A plan of many intervals in a batch that goes in parts; with what the parts that went said. */
static struct batch *divided(struct interval4 *intervals, struct sent *sent)
{
	static const struct policy policy = {.name = "home"};
	static const struct generations generations = {0};
	const struct plan_header header = {.policies = 1, .intervals4 = MANY};
	const struct plan plan = {.header = &header, .policies = &policy, .intervals4 = intervals};
	struct batch *batch = batch_new();

	for (uint32_t i = 0; i < MANY; i++)
		intervals[i] = (struct interval4){.first = i * 8, .last = i * 8 + 3};
	batch_divide(batch, FIRST, PART, see_part, sent);
	set_fill_ranges(batch, &plan, &generations);
	return batch;
}

static void test_parts(void **state)
{
	struct interval4 *intervals = calloc(MANY, sizeof(*intervals));
	struct sent sent = {0};
	struct batch *batch = divided(intervals, &sent);

	(void)state;
	assert_true(sent.parts >= 3);
	assert_true(sent.elements < 2 * MANY);
	assert_int_equal(batch_each(batch, see_part_message, &sent), 0); /* what is left */
	assert_int_equal(sent.elements, 2 * MANY);
	batch_free(batch);
	free(intervals);
}

/* After a part that failed nothing is sent. */
static void test_part_fails(void **state)
{
	struct interval4 *intervals = calloc(MANY, sizeof(*intervals));
	struct sent sent = {.result = -ENOSPC};
	struct batch *batch = divided(intervals, &sent);

	(void)state;
	assert_int_equal(sent.parts, 1);
	assert_int_equal(batch_each(batch, see_part_message, &sent), -ENOSPC);
	batch_free(batch);
	free(intervals);
}

/* What comes close enough to be divided by: a little more than it is. */
static void test_ranges_length(void **state)
{
	static const struct policy policies[] = {{.name = "home"}, {.number = 1, .name = "other"}};
	static const struct generations generations = {0};
	struct interval4 *four = calloc(MANY, sizeof(*four));
	struct interval6 *six = calloc(MANY, sizeof(*six));
	const struct plan_header header = {.policies = 2, .intervals4 = MANY, .intervals6 = MANY};
	const struct plan plan = {
		.header = &header, .policies = policies, .intervals4 = four, .intervals6 = six};
	struct batch *batch = batch_new();
	size_t length = set_ranges_length(&plan);

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		four[i] = (struct interval4){.first = i * 8, .last = i * 8 + 3, .policy = 1};
		six[i].first[0] = six[i].last[0] = 0x20;
		six[i].first[6] = six[i].last[6] = (uint8_t)(i >> 8);
		six[i].first[7] = six[i].last[7] = (uint8_t)i;
		memset(six[i].last + 8, 0xff, 8);
		six[i].policy[0] = 1;
	}
	set_fill_ranges(batch, &plan, &generations);
	assert_in_range(length, batch_length(batch), batch_length(batch) / 64 * 65 + (256u << 10));
	batch_free(batch);
	free(four);
	free(six);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),    cmocka_unit_test(test_sets_of_ways),
		cmocka_unit_test(test_contained),  cmocka_unit_test(test_parts),
		cmocka_unit_test(test_part_fails), cmocka_unit_test(test_ranges_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
