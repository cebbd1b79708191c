/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/interval.h"

static struct interval_prefix make(const char *text, uint8_t policy)
{
	struct interval_prefix entry = {.policy = policy};

	if (prefix_parse(text, &entry.prefix) != 0)
		fail_msg("%s is not a prefix", text);
	return entry;
}

static struct addr addr_of4(uint32_t value)
{
	const uint8_t wire[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
				 (uint8_t)(value >> 8), (uint8_t)value};

	return addr_from_wire(FAMILY_IPV4, wire);
}

/* Bit by bit, so that the oracle stands on nothing of what is tested. */
static bool holds(const struct prefix *prefix, const struct addr *addr)
{
	if (prefix->addr.family != addr->family)
		return false;
	for (unsigned bit = 0; bit < prefix->length; bit++)
		if ((prefix->addr.bytes[bit / 8] ^ addr->bytes[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

/* The specification: a linear scan for the longest prefix, the first of equal ones. */
static int longest(const struct interval_prefix *prefixes, size_t count, const struct addr *addr)
{
	int policy = -1, length = -1;

	for (size_t i = 0; i < count; i++) {
		if (prefixes[i].prefix.length > length && holds(&prefixes[i].prefix, addr)) {
			length = prefixes[i].prefix.length;
			policy = prefixes[i].policy;
		}
	}
	return policy;
}

static size_t describe_one(char *text, size_t size, bool more, struct addr first, struct addr last,
			   unsigned policy)
{
	char one[ADDR_TEXT_MAX], other[ADDR_TEXT_MAX];
	int length = snprintf(text, size, "%s%s-%s=%u", more ? " " : "", addr_format(&first, one),
			      addr_format(&last, other), policy);

	assert_true(length > 0 && (size_t)length < size);
	return (size_t)length;
}

/* "10.0.0.0-10.0.0.255=1 ..." of all intervals, to compare with what is expected. */
static void describe(const struct intervals *intervals, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < intervals->v4_count; i++) {
		const struct interval4 *own = &intervals->v4[i];

		used += describe_one(text + used, size - used, used > 0, addr_of4(own->first),
				     addr_of4(own->last), own->policy);
	}
	for (size_t i = 0; i < intervals->v6_count; i++) {
		const struct interval6 *own = &intervals->v6[i];

		used += describe_one(text + used, size - used, used > 0,
				     addr_from_wire(FAMILY_IPV6, own->first),
				     addr_from_wire(FAMILY_IPV6, own->last), own->policy[0]);
	}
}

static void test_cases(void **state)
{
	static const struct {
		const char *what;
		struct {
			const char *text;
			uint8_t policy;
		} prefixes[6];
		const char *expected;
	} cases[] = {
		{"nothing", {{NULL, 0}}, ""},
		{"one", {{"10.0.0.0/8", 1}}, "10.0.0.0-10.255.255.255=1"},
		{"all of IPv4", {{"0.0.0.0/0", 2}}, "0.0.0.0-255.255.255.255=2"},
		{"a host", {{"192.0.2.7", 0}}, "192.0.2.7-192.0.2.7=0"},
		{"nested in the middle",
		 {{"10.0.0.0/8", 1}, {"10.1.0.0/16", 2}},
		 "10.0.0.0-10.0.255.255=1 10.1.0.0-10.1.255.255=2 10.2.0.0-10.255.255.255=1"},
		{"nested at the beginning",
		 {{"10.0.0.0/16", 2}, {"10.0.0.0/8", 1}},
		 "10.0.0.0-10.0.255.255=2 10.1.0.0-10.255.255.255=1"},
		{"nested at the end",
		 {{"10.255.0.0/16", 2}, {"10.0.0.0/8", 1}},
		 "10.0.0.0-10.254.255.255=1 10.255.0.0-10.255.255.255=2"},
		{"nested at the end of everything",
		 {{"0.0.0.0/0", 1}, {"255.255.255.255", 2}},
		 "0.0.0.0-255.255.255.254=1 255.255.255.255-255.255.255.255=2"},
		{"halves hide the whole",
		 {{"10.0.0.0/8", 1}, {"10.0.0.0/9", 2}, {"10.128.0.0/9", 3}},
		 "10.0.0.0-10.127.255.255=2 10.128.0.0-10.255.255.255=3"},
		{"three deep",
		 {{"10.0.0.0/8", 1}, {"10.1.0.0/16", 2}, {"10.1.1.0/24", 3}},
		 "10.0.0.0-10.0.255.255=1 10.1.0.0-10.1.0.255=2 10.1.1.0-10.1.1.255=3 "
		 "10.1.2.0-10.1.255.255=2 10.2.0.0-10.255.255.255=1"},
		{"same policy inside",
		 {{"10.0.0.0/8", 1}, {"10.1.0.0/16", 1}},
		 "10.0.0.0-10.255.255.255=1"},
		{"neighbours of one policy",
		 {{"10.1.0.0/16", 1}, {"10.0.0.0/16", 1}},
		 "10.0.0.0-10.1.255.255=1"},
		{"neighbours of two policies",
		 {{"10.1.0.0/16", 1}, {"10.0.0.0/16", 2}},
		 "10.0.0.0-10.0.255.255=2 10.1.0.0-10.1.255.255=1"},
		{"equal: the first counts",
		 {{"10.1.0.0/16", 3}, {"10.0.0.0/8", 1}, {"10.1.0.0/16", 2}, {"10.0.0.0/8", 4}},
		 "10.0.0.0-10.0.255.255=1 10.1.0.0-10.1.255.255=3 10.2.0.0-10.255.255.255=1"},
		{"both families, not merged where they meet",
		 {{"::/1", 1}, {"255.0.0.0/8", 1}, {"2001:db8::/32", 2}},
		 "255.0.0.0-255.255.255.255=1 ::-2001:db7:ffff:ffff:ffff:ffff:ffff:ffff=1 "
		 "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff=2 "
		 "2001:db9::-7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff=1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct interval_prefix prefixes[6];
		struct intervals intervals;
		size_t count = 0;
		char text[1024];

		for (; count < 6 && cases[i].prefixes[count].text; count++)
			prefixes[count] = make(cases[i].prefixes[count].text,
					       cases[i].prefixes[count].policy);
		assert_int_equal(intervals_flatten(prefixes, count, &intervals), 0);
		describe(&intervals, text, sizeof(text));
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].what, text);
		intervals_release(&intervals);
		assert_null(intervals.v4);
	}
}

/* Sorted, disjoint, and no two neighbours that could be one. */
static void check_shape(const struct intervals *intervals)
{
	for (size_t i = 0; i < intervals->v4_count; i++) {
		const struct interval4 *own = &intervals->v4[i];

		assert_true(own->first <= own->last);
		if (i > 0) {
			assert_true(own[-1].last < own->first);
			assert_true(own[-1].last + 1 < own->first || own[-1].policy != own->policy);
		}
	}
	for (size_t i = 0; i < intervals->v6_count; i++) {
		const struct interval6 *own = &intervals->v6[i];

		assert_true(memcmp(own->first, own->last, 16) <= 0);
		if (i > 0) {
			struct addr last = addr_from_wire(FAMILY_IPV6, own[-1].last);
			struct addr next = addr_next(&last);

			assert_true(memcmp(own[-1].last, own->first, 16) < 0);
			assert_true(memcmp(next.bytes, own->first, 16) != 0 ||
				    own[-1].policy[0] != own->policy[0]);
		}
	}
}

static void check_address(const struct interval_prefix *prefixes, size_t count,
			  const struct intervals *intervals, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	int expected = longest(prefixes, count, addr), found = intervals_find(intervals, addr);

	if (expected != found)
		fail_msg("%s: %d, not %d", addr_format(addr, text), found, expected);
}

/* Both ends of each prefix, and their neighbours. */
static void check_ends(const struct interval_prefix *prefixes, size_t count,
		       const struct intervals *intervals)
{
	for (size_t i = 0; i < count; i++) {
		const struct prefix *prefix = &prefixes[i].prefix;
		struct addr last = prefix_last(prefix);
		struct addr ends[] = {addr_previous(&prefix->addr), prefix->addr, last,
				      addr_next(&last)};

		for (size_t j = 0; j < COUNT(ends); j++)
			if (ends[j].family)
				check_address(prefixes, count, intervals, &ends[j]);
	}
}

/* Prefixes that nest a lot: few distinct bits, all over the length of the address. */
static struct interval_prefix random_prefix(uint64_t *seed, uint8_t family)
{
	struct addr addr = {.family = family};
	unsigned size = (unsigned)addr_size(family);

	for (size_t i = 0; i < size; i++)
		addr.bytes[i] = random_below(seed, 4) ? 0 : (uint8_t)(random_below(seed, 4) << 6);
	if (random_below(seed, 8) == 0)
		memset(addr.bytes, 0xff, size);
	return (struct interval_prefix){
		.prefix = prefix_of(&addr, random_below(seed, size * 8 + 1)),
		.policy = (uint8_t)random_below(seed, 3),
	};
}

/* What is at the edges of the address space, now and then among the others. */
static void add_edges(uint64_t *seed, struct interval_prefix *prefixes, size_t count)
{
	static const char *const edges[] = {"0.0.0.0/0",
					    "0.0.0.0",
					    "255.255.255.255",
					    "128.0.0.0/1",
					    "::/0",
					    "::",
					    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
					    "8000::/1"};

	for (size_t i = 0; i < COUNT(edges) && i < count; i++)
		if (random_below(seed, 4) == 0)
			prefixes[random_below(seed, (unsigned)count)] =
				make(edges[i], (uint8_t)random_below(seed, 3));
}

/* An address anywhere, or inside one of the prefixes. */
static struct addr random_address(uint64_t *seed, const struct interval_prefix *prefixes,
				  size_t count)
{
	struct interval_prefix base =
		random_prefix(seed, random_below(seed, 2) ? FAMILY_IPV4 : FAMILY_IPV6);
	struct addr addr;

	if (count && random_below(seed, 4))
		base = prefixes[random_below(seed, (unsigned)count)];
	addr = base.prefix.addr;
	for (unsigned bit = base.prefix.length; bit < addr_bits(addr.family); bit++)
		addr.bytes[bit / 8] ^= (uint8_t)(random_below(seed, 2) << (7 - bit % 8));
	return addr;
}

static void scan(uint64_t seed)
{
	for (unsigned round = 0; round < 2000; round++) {
		struct interval_prefix prefixes[60];
		size_t count = random_below(&seed, COUNT(prefixes) + 1);
		struct intervals intervals;

		for (size_t i = 0; i < count; i++)
			prefixes[i] = random_prefix(&seed, random_below(&seed, 2) ? FAMILY_IPV4 :
										    FAMILY_IPV6);
		add_edges(&seed, prefixes, count);
		assert_int_equal(intervals_flatten(prefixes, count, &intervals), 0);
		check_shape(&intervals);
		check_ends(prefixes, count, &intervals);
		for (unsigned i = 0; i < 40; i++) {
			struct addr addr = random_address(&seed, prefixes, count);

			check_address(prefixes, count, &intervals, &addr);
		}
		intervals_release(&intervals);
	}
}

/* The same sets each time, and others each time: EDGE25_SEED repeats those. */
static void test_against_linear_scan(void **state)
{
	const char *again = getenv("EDGE25_SEED");
	uint64_t seed = again ? strtoull(again, NULL, 0) :
				(uint64_t)time(NULL) << 20 ^ (unsigned)getpid();

	(void)state;
	print_message("EDGE25_SEED=%" PRIu64 "\n", seed);
	scan(1);
	scan(seed);
}

/* A chain of all lengths: the deepest nesting there can be. */
static void test_deepest(void **state)
{
	struct interval_prefix prefixes[129];
	struct addr ones = {.family = FAMILY_IPV6};
	struct intervals intervals;

	(void)state;
	memset(ones.bytes, 0xff, sizeof(ones.bytes));
	for (unsigned length = 0; length <= 128; length++)
		prefixes[length] = (struct interval_prefix){
			.prefix = prefix_of(&ones, length),
			.policy = (uint8_t)(length % 16),
		};
	assert_int_equal(intervals_flatten(prefixes, COUNT(prefixes), &intervals), 0);
	assert_int_equal(intervals.v6_count, 129);
	check_shape(&intervals);
	check_ends(prefixes, COUNT(prefixes), &intervals);
	intervals_release(&intervals);
}

static void test_a_million(void **state)
{
	const size_t count = 1000000;
	struct interval_prefix *prefixes = calloc(count, sizeof(*prefixes));
	struct intervals intervals;
	uint64_t seed = 7;

	(void)state;
	assert_non_null(prefixes);
	for (size_t i = 0; i < count; i++) {
		struct addr addr = addr_of4((uint32_t)next_random(&seed));

		prefixes[i].prefix = prefix_of(&addr, 8 + random_below(&seed, 25));
		prefixes[i].policy = (uint8_t)random_below(&seed, 16);
	}
	assert_int_equal(intervals_flatten(prefixes, count, &intervals), 0);
	check_shape(&intervals);
	for (unsigned i = 0; i < 50; i++) {
		struct addr addr = addr_of4((uint32_t)next_random(&seed));

		check_address(prefixes, count, &intervals, &addr);
	}
	intervals_release(&intervals);
	free(prefixes);
}

static void test_find_nothing(void **state)
{
	struct intervals none = {0};
	struct addr v4 = addr_of4(1), v6 = {.family = FAMILY_IPV6}, no = {0};

	(void)state;
	assert_int_equal(intervals_find(&none, &v4), -1);
	assert_int_equal(intervals_find(&none, &v6), -1);
	assert_int_equal(intervals_find(&none, &no), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),        cmocka_unit_test(test_against_linear_scan),
		cmocka_unit_test(test_deepest),      cmocka_unit_test(test_a_million),
		cmocka_unit_test(test_find_nothing),
	};

	return cmocka_run_group_tests_name("interval", tests, NULL, NULL);
}
