/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/plan.h"

/* The records of a good plan, to be changed before they are put together. */
struct parts {
	struct plan_settings settings;
	struct policy policies[2];
	struct plan_interface interfaces[2];
	struct plan_place places[2];
	struct allow_element allows[5];
	struct interval4 intervals4[2], place_intervals4[3];
	struct interval6 intervals6[2], place_intervals6[1];
	uint32_t allow_fine;
};

static struct allow_element line(uint8_t kind, uint8_t first, uint8_t last)
{
	struct allow_element element = {.kind = kind, .family = FAMILY_IPV4};

	if (kind == ALLOW_SOURCE) {
		element.from_first[0] = first;
		element.from_last[0] = last;
	} else {
		element.to_first[0] = first;
		element.to_last[0] = last;
	}
	return element;
}

static struct parts good_parts(void)
{
	struct parts parts = {
		.settings =
			{
				.mark_mask = MARK_MASK_DEFAULT,
				.queue_first = 2500,
				.queue_count = 2,
				.queue_length = 1024,
				.refused_size = 65536,
				.passed_size = 65536,
				.tally_size = 65536,
				.refused_timeout = 300,
				.passed_timeout = 300,
				.tally_timeout = 3600,
				.read_interval = 10,
				.reject_rate = 200,
				.queue_rate = 50000,
				.refuse_headless = 1,
				.router_policy = PLAN_NO_POLICY,
			},
		.policies = {{.name = "home",
			      .number = 0,
			      .mode = MODE_BLOCK,
			      .deny = DENY_TCP_RESET,
			      .unanswered = SAFE_REFUSE,
			      .host_prefix6 = 64},
			     {.name = "business",
			      .number = 7,
			      .mode = MODE_MONITOR,
			      .deny = DENY_TCP_RESET,
			      .unanswered = SAFE_PASS,
			      .host_prefix6 = 56}},
		.interfaces = {{.name = "br-lan", .policy = 0}, {.name = "eth0.7", .policy = 7}},
		.places = {{"br-lan", .intervals4 = 1}, {"ppp*", .intervals4 = 2, .intervals6 = 1}},
		.allows = {line(ALLOW_SOURCE, 10, 11), line(ALLOW_SOURCE, 12, 13)},
		.intervals4 = {{0x0a000000, 0x0affffff, 0}, {0x0b000000, 0x0b0000ff, 7}},
		/* the place behind begins anew */
		.place_intervals4 = {{5, 0xffffffff, 7}, {0, 4, 0}, {5, 5, 7}},
		.place_intervals6 = {{.first = {0x20, 1}, .last = {0x20, 1}, .policy = {0}}},
		.intervals6 = {{.first = {0x20, 1}, .last = {0x20, 2}, .policy = {7}},
			       {.first = {0x20, 3}, .last = {0x20, 3}, .policy = {0}}},
		.allow_fine = 1,
	};

	parts.allows[2] = (struct allow_element){
		.kind = ALLOW_SOURCE, .family = FAMILY_IPV6, .from_last = {[15] = 1}};
	parts.allows[3] = line(ALLOW_DESTINATION, 10, 11);
	parts.allows[4] = line(ALLOW_DESTINATION, 12, 13);
	return parts;
}

static void *build(const struct parts *parts, size_t *size)
{
	const struct plan_parts all = {
		.settings = parts->settings,
		.policies = parts->policies,
		.interfaces = parts->interfaces,
		.places = parts->places,
		.place_intervals4 = parts->place_intervals4,
		.place_intervals6 = parts->place_intervals6,
		.place_count = COUNT(parts->places),
		.place_interval4_count = COUNT(parts->place_intervals4),
		.place_interval6_count = COUNT(parts->place_intervals6),
		.allows = parts->allows,
		.intervals4 = parts->intervals4,
		.intervals6 = parts->intervals6,
		.policy_count = COUNT(parts->policies),
		.interface_count = COUNT(parts->interfaces),
		.allow_count = COUNT(parts->allows),
		.interval4_count = COUNT(parts->intervals4),
		.interval6_count = COUNT(parts->intervals6),
		.allow_fine = parts->allow_fine,
	};
	void *block = plan_build(&all, size);

	assert_non_null(block);
	return block;
}

static void test_round_trip(void **state)
{
	struct parts parts = good_parts();
	const char *why = "untouched";
	struct plan plan;
	size_t size;
	void *block = build(&parts, &size);

	(void)state;
	assert_int_equal(plan_open(block, size, &plan, &why), 0);
	assert_null(why);
	assert_ptr_equal(plan.header, block);
	assert_int_equal(plan.header->size, size);
	assert_memory_equal(&plan.header->settings, &parts.settings, sizeof(parts.settings));
	assert_memory_equal(plan.policies, parts.policies, sizeof(parts.policies));
	assert_memory_equal(plan.interfaces, parts.interfaces, sizeof(parts.interfaces));
	assert_memory_equal(plan.places, parts.places, sizeof(parts.places));
	assert_memory_equal(plan.allows, parts.allows, sizeof(parts.allows));
	assert_memory_equal(plan.intervals4, parts.intervals4, sizeof(parts.intervals4));
	assert_memory_equal(plan.intervals6, parts.intervals6, sizeof(parts.intervals6));
	assert_memory_equal(plan.place_intervals4, parts.place_intervals4,
			    sizeof(parts.place_intervals4));
	assert_memory_equal(plan.place_intervals6, parts.place_intervals6,
			    sizeof(parts.place_intervals6));
	free(block);
}

static void assert_prefixes(const struct plan *plan, uint32_t index, const char *interface,
			    const struct interval4 *v4, uint32_t v4_count,
			    const struct interval6 *v6, uint32_t v6_count)
{
	struct plan_prefixes prefixes = plan_prefixes(plan, index);

	if (interface)
		assert_string_equal(prefixes.interface, interface);
	else
		assert_null(prefixes.interface);
	assert_int_equal(prefixes.v4_count, v4_count);
	assert_int_equal(prefixes.v6_count, v6_count);
	assert_memory_equal(prefixes.v4, v4, v4_count * sizeof(*v4));
	assert_memory_equal(prefixes.v6, v6, v6_count * sizeof(*v6));
}

static void test_prefixes_of_places(void **state)
{
	struct parts parts = good_parts();
	struct plan plan;
	const char *why;
	size_t size;
	void *block = build(&parts, &size);

	(void)state;
	assert_int_equal(plan_open(block, size, &plan, &why), 0);
	assert_prefixes(&plan, 0, "br-lan", parts.place_intervals4, 1, parts.place_intervals6, 0);
	assert_prefixes(&plan, 1, "ppp*", parts.place_intervals4 + 1, 2, parts.place_intervals6, 1);
	assert_prefixes(&plan, 2, NULL, parts.intervals4, 2, parts.intervals6, 2);
	free(block);
}

/* More than a rule each can be made for. */
static void test_wildcards_are_bounded(void **state)
{
	static struct plan_interface all[PLAN_WILDCARDS_MAX + 1];
	struct parts parts = good_parts();
	struct plan_parts some = {.settings = parts.settings,
				  .policies = parts.policies,
				  .policy_count = COUNT(parts.policies),
				  .interfaces = all};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		snprintf(all[i].name, sizeof(all[i].name), "vlan%04zu*", i);
	for (uint32_t over = 0; over < 2; over++) {
		struct plan plan;
		const char *why;
		size_t size;
		void *block;

		some.interface_count = PLAN_WILDCARDS_MAX + over;
		block = plan_build(&some, &size);
		assert_non_null(block);
		assert_int_equal(plan_open(block, size, &plan, &why), over ? -EINVAL : 0);
		if (over)
			assert_string_equal(why, "too many interfaces with a wildcard");
		free(block);
	}
}

static void test_empty(void **state)
{
	struct parts parts = good_parts();
	const struct plan_parts none = {.settings = parts.settings};
	struct plan plan;
	const char *why;
	size_t size;
	void *block = plan_build(&none, &size);

	(void)state;
	assert_non_null(block);
	assert_int_equal(size, sizeof(struct plan_header));
	assert_int_equal(plan_open(block, size, &plan, &why), 0);
	free(block);
}

/* A plan that is not accepted leaves no view, and says why. */
static void assert_refused(const void *block, size_t size, const char *expected)
{
	struct plan plan;
	const char *why = NULL;

	assert_int_equal(plan_open(block, size, &plan, &why), -EINVAL);
	assert_null(plan.header);
	assert_null(plan.intervals6);
	assert_non_null(why);
	if (expected)
		assert_string_equal(why, expected);
}

/* Blocks of exactly the length that is told, so that ASan sees a read behind them. */
static void test_every_length(void **state)
{
	struct parts parts = good_parts();
	size_t size;
	uint8_t *block = build(&parts, &size);

	(void)state;
	for (size_t length = 0; length <= size + 100; length++) {
		uint8_t *copy = calloc(1, length ? length : 1);

		assert_non_null(copy);
		memcpy(copy, block, length < size ? length : size);
		if (length != size)
			assert_refused(copy, length, NULL);
		free(copy);
	}
	free(block);
}

/* Each four bytes of the header set to values that cannot all be right. */
static void test_every_header_field(void **state)
{
	static const uint32_t values[] = {0,      1,          3,          0xff,
					  0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
	struct parts parts = good_parts();
	size_t size;
	uint8_t *block = build(&parts, &size);

	(void)state;
	for (size_t offset = 0; offset < sizeof(struct plan_header); offset += 4) {
		unsigned refused = 0;

		for (size_t i = 0; i < COUNT(values); i++) {
			uint8_t *copy = malloc(size);
			struct plan plan;
			const char *why;

			assert_non_null(copy);
			memcpy(copy, block, size);
			memcpy(copy + offset, &values[i], 4);
			refused += plan_open(copy, size, &plan, &why) != 0;
			free(copy);
		}
		if (refused == 0)
			fail_msg("byte %zu of the header is not checked", offset);
	}
	free(block);
}

#define FIELD(name) offsetof(struct plan_header, name), sizeof(((struct plan_header *)NULL)->name)

/* Counts that do not fit, one at a time; the size follows where the count alone decides. */
static void test_counts(void **state)
{
	static const struct {
		size_t offset, length;
		uint64_t value;
		const char *why;
	} cases[] = {
		{FIELD(magic), 0x70353265, "not a plan of this version"},
		{FIELD(version), PLAN_VERSION + 1, "not a plan of this version"},
		{FIELD(size), 0, "the size does not fit the counts"},
		{FIELD(policies), 17, "too many policies"},
		{FIELD(policies), 1, "the size does not fit the counts"},
		{FIELD(interfaces), 4097, "too many interfaces"},
		{FIELD(interfaces), 3, "the size does not fit the counts"},
		{FIELD(places), PLAN_PLACES_MAX + 1,
		 "too many interfaces with prefixes of their own"},
		{FIELD(places), 1, "the size does not fit the counts"},
		{FIELD(place_intervals4), PLAN_INTERVALS_MAX + 1, "too many intervals"},
		{FIELD(place_intervals6), PLAN_INTERVALS_MAX + 1, "too many intervals"},
		{FIELD(place_intervals6), 2, "the size does not fit the counts"},
		{FIELD(ways), 1, "entries of an unknown way are announced"},
		{FIELD(allows), ALLOW_ELEMENTS_MAX + 1, "too many allowed elements"},
		{FIELD(intervals4), PLAN_INTERVALS_MAX + 1, "too many intervals"},
		{FIELD(intervals6), PLAN_INTERVALS_MAX + 1, "too many intervals"},
		{FIELD(intervals6), PLAN_INTERVALS_MAX, "the size does not fit the counts"},
		{FIELD(allow_fine), 2, "allow_fine is neither 0 nor 1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parts parts = good_parts();
		size_t size;
		uint8_t *block = build(&parts, &size);

		if (cases[i].length == 8) {
			memcpy(block + cases[i].offset, &cases[i].value, 8);
		} else {
			uint32_t value = (uint32_t)cases[i].value;

			memcpy(block + cases[i].offset, &value, 4);
		}
		assert_refused(block, size, cases[i].why);
		free(block);
	}
}

/* Counts that fit the size together, but put the arrays elsewhere. */
static void test_traded_counts(void **state)
{
	struct parts parts = good_parts();
	size_t size;
	struct plan_header *header = build(&parts, &size);

	(void)state;
	header->intervals6 -= 1; /* 36 bytes for three of 12 */
	header->intervals4 += 3;
	assert_refused(header, size, NULL);
	free(header);
}

/* One thing wrong in otherwise good parts. */
struct fault {
	const char *why; /* NULL: it is not wrong */
	void (*make)(struct parts *parts);
};

#define FAULT(name, statement)            \
	static void name(struct parts *p) \
	{                                 \
		statement;                \
	}

FAULT(mask_gap, p->settings.mark_mask = 0xff00ff)
FAULT(mask_low, p->settings.mark_mask = 0xff)
FAULT(no_queue, p->settings.queue_count = 0)
FAULT(many_queues, p->settings.queue_count = PLAN_QUEUES_MAX + 1)
FAULT(last_queue, p->settings.queue_first = 65534)
FAULT(queue_beyond, p->settings.queue_first = 65535)
FAULT(no_length, p->settings.queue_length = 0)
FAULT(endless_queue, p->settings.queue_length = PLAN_QUEUE_LENGTH_MAX + 1)
FAULT(no_refused, p->settings.refused_size = 0)
FAULT(no_passed, p->settings.passed_size = 0)
FAULT(endless_tally, p->settings.tally_size = PLAN_SET_SIZE_MAX + 1)
FAULT(no_refused_timeout, p->settings.refused_timeout = 0)
FAULT(no_passed_timeout, p->settings.passed_timeout = 0)
FAULT(no_tally_timeout, p->settings.tally_timeout = 0)
FAULT(no_reading, p->settings.read_interval = 0)
FAULT(late_reading, p->settings.read_interval = 3600)
FAULT(no_rejects, p->settings.reject_rate = 0)
FAULT(rare_look, p->settings.verify_interval = PLAN_INTERVAL_MAX + 1)
FAULT(reserved_setting, p->settings.reserved = 1)
FAULT(no_questions, p->settings.queue_rate = 0)
FAULT(many_questions, p->settings.queue_rate = PLAN_QUEUE_RATE_MAX + 1)
FAULT(own_table, p->settings.own_table = 2)
FAULT(check_sources, p->settings.check_sources = 2)
FAULT(refuse_headless, p->settings.refuse_headless = 2)
FAULT(refuse_tunnels, p->settings.refuse_tunnels = 2)
FAULT(router_policy, p->settings.router_policy = 14)
FAULT(router_policy_number, p->settings.router_policy = 40)
FAULT(policy_mode, p->policies[1].mode = 9)
FAULT(policy_name, p->policies[1].name[0] = ' ')
FAULT(policy_number, p->policies[1].number = 16)
FAULT(policy_order, p->policies[0].number = 7)
FAULT(policy_twice, p->policies[1] = p->policies[0]; p->policies[1].number = 7)
FAULT(interface_empty, p->interfaces[0].name[0] = '\0')
FAULT(interface_full, memset(p->interfaces[0].name, 'b', INTERFACE_MAX))
FAULT(interface_fifteen, memset(p->interfaces[0].name, 'b', INTERFACE_MAX - 1))
FAULT(interface_padding, p->interfaces[0].name[9] = 'x')
FAULT(interface_star, p->interfaces[0].name[2] = '*')
FAULT(interface_quote, p->interfaces[0].name[2] = '"')
FAULT(interface_slash, p->interfaces[0].name[2] = '/')
FAULT(interface_newline, p->interfaces[0].name[2] = '\n')
FAULT(interface_high, p->interfaces[0].name[2] = (char)0xc3)
FAULT(interface_unordered, p->interfaces[0].name[0] = 'x')
FAULT(interface_twice, p->interfaces[1] = p->interfaces[0])
FAULT(interface_policy, p->interfaces[0].policy = 1)
FAULT(interface_far, p->interfaces[0].policy = 39)
FAULT(interface_reserved, p->interfaces[0].reserved = 1)
FAULT(interface_any, strcpy(p->interfaces[1].name, "*"))
FAULT(interface_last_wildcard, p->interfaces[1].name[5] = '*')
FAULT(interface_early_wildcard, p->interfaces[0].name[5] = '*')
FAULT(place_name, p->places[0].name[2] = '*')
FAULT(place_padding, p->places[0].name[9] = 'x')
FAULT(place_whole, p->places[1].name[3] = 'p')
FAULT(place_early, p->places[0].name[5] = '*'; p->places[1].name[3] = 'p')
FAULT(place_twice, strcpy(p->places[1].name, "br-lan"))
FAULT(place_empty, p->places[0].intervals4 = 0; p->places[1].intervals4 = 3)
FAULT(place_sum, p->places[1].intervals4 = 3)
FAULT(place_sum_small, p->places[1].intervals6 = 0)
FAULT(place_sum_large, p->places[1].intervals4 = UINT32_MAX)
FAULT(place_other_split, p->places[0].intervals4 = 2; p->places[1].intervals4 = 1)
FAULT(place_interval4_order, p->place_intervals4[2].first = 4)
FAULT(place_interval4_policy, p->place_intervals4[2].policy = 2)
FAULT(place_interval6_policy, p->place_intervals6[0].policy[0] = 2)
FAULT(allow_kind, p->allows[0].kind = 0)
FAULT(allow_reversed, p->allows[0].from_first[0] = 12)
FAULT(allow_same, p->allows[1] = p->allows[0])
FAULT(allow_order, p->allows[1] = p->allows[0]; p->allows[0] = line(ALLOW_SOURCE, 12, 13))
FAULT(allow_from_overlap, p->allows[1].from_first[0] = 11)
FAULT(allow_to_overlap, p->allows[4].to_first[0] = 11)
FAULT(allow_touching, p->allows[1].from_first[0] = 11; p->allows[1].from_first[3] = 1)
FAULT(fine_unsaid, p->allow_fine = 0)
FAULT(interval4_reversed, p->intervals4[0].first = 0x0b000000)
FAULT(interval4_overlap, p->intervals4[0].last = 0x0b000000)
FAULT(interval4_order, p->intervals4[1].first = 0; p->intervals4[1].last = 1)
FAULT(interval4_policy, p->intervals4[1].policy = 6)
FAULT(interval4_far, p->intervals4[1].policy = 32)
FAULT(interval6_reversed, p->intervals6[0].first[1] = 9)
FAULT(interval6_overlap, p->intervals6[0].last[1] = 3)
FAULT(interval6_order, memset(&p->intervals6[1], 0, sizeof(p->intervals6[1])))
FAULT(interval6_policy, p->intervals6[1].policy[0] = 16)
FAULT(interval6_reserved, p->intervals6[1].policy[3] = 1)

static const struct fault faults[] = {
	{"the mark mask is not eight adjacent bits", mask_gap},
	{NULL, mask_low},
	{"the number of queues is out of bounds", no_queue},
	{"the number of queues is out of bounds", many_queues},
	{NULL, last_queue},
	{"a queue number is out of bounds", queue_beyond},
	{"the length of a queue is out of bounds", no_length},
	{"the length of a queue is out of bounds", endless_queue},
	{"the size of a set is out of bounds", no_refused},
	{"the size of a set is out of bounds", no_passed},
	{"the size of a set is out of bounds", endless_tally},
	{"a timeout is 0", no_refused_timeout},
	{"a timeout is 0", no_passed_timeout},
	{"a timeout is 0", no_tally_timeout},
	{"tallies would expire before they are read", no_reading},
	{"tallies would expire before they are read", late_reading},
	{"the reject rate is 0", no_rejects},
	{"the verify interval is out of bounds", rare_look},
	{"a reserved setting is not 0", reserved_setting},
	{"the rate of questions is out of bounds", no_questions},
	{"the rate of questions is out of bounds", many_questions},
	{"a switch is neither 0 nor 1", own_table},
	{"a switch is neither 0 nor 1", check_sources},
	{"a switch is neither 0 nor 1", refuse_headless},
	{"a switch is neither 0 nor 1", refuse_tunnels},
	{"the router's policy is not there", router_policy},
	{"the router's policy is not there", router_policy_number},
	{"a policy has a value out of bounds", policy_mode},
	{"a policy has a value out of bounds", policy_name},
	{"a policy has a value out of bounds", policy_number},
	{"policies are not in order", policy_order},
	{"two policies have one name", policy_twice},
	{"the name of an interface is not one", interface_empty},
	{"the name of an interface is not one", interface_full},
	{NULL, interface_fifteen},
	{"the name of an interface is not one", interface_padding},
	{"the name of an interface is not one", interface_star},
	{"the name of an interface is not one", interface_quote},
	{"the name of an interface is not one", interface_slash},
	{"the name of an interface is not one", interface_newline},
	{"the name of an interface is not one", interface_high},
	{"interfaces are not in order", interface_unordered},
	{"interfaces are not in order", interface_twice},
	{"an interface names a policy that is not there", interface_policy},
	{"an interface names a policy that is not there", interface_far},
	{"reserved bytes are not 0", interface_reserved},
	{"the name of an interface is not one", interface_any},
	{NULL, interface_last_wildcard},
	{"interfaces are not in order", interface_early_wildcard},
	{"the name of an interface is not one", place_name},
	{"the name of an interface is not one", place_padding},
	{NULL, place_whole},
	{"interfaces with prefixes of their own are not in order", place_early},
	{"interfaces with prefixes of their own are not in order", place_twice},
	{"an interface with prefixes of its own has none", place_empty},
	{"interfaces with prefixes of their own do not add up", place_sum},
	{"interfaces with prefixes of their own do not add up", place_sum_small},
	{"interfaces with prefixes of their own do not add up", place_sum_large},
	{"IPv4 intervals are not in order", place_other_split},
	{"IPv4 intervals are not in order", place_interval4_order},
	{"an IPv4 interval names a policy that is not there", place_interval4_policy},
	{"an IPv6 interval names a policy that is not there", place_interval6_policy},
	{"an allowed element has a value out of bounds", allow_kind},
	{"an allowed element has a value out of bounds", allow_reversed},
	{"allowed elements are not in order", allow_same},
	{"allowed elements are not in order", allow_order},
	{"allowed elements overlap", allow_from_overlap},
	{"allowed elements overlap", allow_to_overlap},
	{NULL, allow_touching},
	{"a fine allowed source is not announced", fine_unsaid},
	{"an IPv4 interval ends before it begins", interval4_reversed},
	{"IPv4 intervals are not in order", interval4_overlap},
	{"IPv4 intervals are not in order", interval4_order},
	{"an IPv4 interval names a policy that is not there", interval4_policy},
	{"an IPv4 interval names a policy that is not there", interval4_far},
	{"an IPv6 interval ends before it begins", interval6_reversed},
	{"IPv6 intervals are not in order", interval6_overlap},
	{"IPv6 intervals are not in order", interval6_order},
	{"an IPv6 interval names a policy that is not there", interval6_policy},
	{"reserved bytes are not 0", interval6_reserved},
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct parts parts = good_parts();
		struct plan plan;
		const char *why;
		size_t size;
		void *block;

		faults[i].make(&parts);
		block = build(&parts, &size);
		plan_open(block, size, &plan, &why);
		if (!why != !faults[i].why || (why && strcmp(why, faults[i].why) != 0))
			fail_msg("fault %zu: %s, not %s", i, why ? why : "accepted",
				 faults[i].why ? faults[i].why : "accepted");
		free(block);
	}
}

/* Any byte may be anything: no crash, and what is accepted has good intervals. */
static void test_random_bytes(void **state)
{
	struct parts parts = good_parts();
	uint64_t seed = 11;
	size_t size;
	uint8_t *block = build(&parts, &size);

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		size_t at = random_below(&seed, (unsigned)size);
		uint8_t before = block[at];
		struct plan plan;
		const char *why;

		block[at] = (uint8_t)next_random(&seed);
		if (plan_open(block, size, &plan, &why) == 0) {
			assert_true(plan.intervals4[0].last < plan.intervals4[1].first);
			assert_in_range(plan.intervals4[1].policy, 0, POLICIES_MAX - 1);
		}
		block[at] = before;
	}
	free(block);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes_of_places),
		cmocka_unit_test(test_wildcards_are_bounded),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_every_header_field),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_traded_counts),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
