/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/allow.h"

static struct prefix parse(const char *text)
{
	struct prefix prefix = {0};

	if (text && prefix_parse(text, &prefix) != 0)
		fail_msg("%s is not a prefix", text);
	return prefix;
}

static struct allow_rule make(const char *from, const char *to, uint64_t expires, uint32_t id)
{
	return (struct allow_rule){
		.from = parse(from), .to = parse(to), .id = id, .expires = expires};
}

/* By what the rule says, without the elements that it becomes. */
static bool matches(const struct allow_rule *rule, const struct addr *source,
		    const struct addr *destination)
{
	if (rule->from.addr.family && !prefix_contains(&rule->from, source))
		return false;
	return !rule->to.addr.family || prefix_contains(&rule->to, destination);
}

/* Never is the latest moment of all. */
static uint64_t rank(uint64_t expires)
{
	return expires ? expires : UINT64_MAX;
}

static void test_exact_and_fine(void **state)
{
	static const struct {
		const char *from, *to;
		bool exact, fine;
	} cases[] = {
		{"192.0.2.7", NULL, true, false},
		{"192.0.2.0/31", NULL, false, false},
		{NULL, "203.0.113.25", true, false},
		{NULL, "203.0.113.0/24", false, false},
		{"192.0.2.7", "203.0.113.25", true, false},
		{"192.0.2.7", "203.0.113.0/24", false, false},
		{"192.0.2.0/24", "203.0.113.25", false, false},
		{"2001:db8::7", NULL, true, true},
		{"2001:db8::/65", NULL, false, true},
		{"2001:db8::/64", NULL, false, false},
		{"2001:db8::7", "2001:db8:25::1", true, true},
		{"2001:db8::/48", "2001:db8:25::1", false, false},
		{NULL, "2001:db8:25::1", true, false},
		{NULL, NULL, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct allow_rule rule = make(cases[i].from, cases[i].to, 0, 1);

		assert_int_equal(allow_rule_exact(&rule), cases[i].exact);
		assert_int_equal(allow_rule_fine(&rule), cases[i].fine);
	}
}

static void test_exact_element(void **state)
{
	struct allow_rule pair = make("192.0.2.7", "203.0.113.25", 99, 5);
	struct allow_rule to = make(NULL, "2001:db8::1", 0, 0);
	struct allow_element element = allow_rule_element(&pair);

	(void)state;
	assert_true(allow_element_valid(&element));
	assert_int_equal(element.kind, ALLOW_PAIR);
	assert_int_equal(element.family, FAMILY_IPV4);
	assert_int_equal(element.exact, 1);
	assert_int_equal(element.id, 5);
	assert_int_equal(element.expires, 99);
	assert_memory_equal(element.from_last, "\xc0\0\x02\x07\0", 5);
	assert_memory_equal(element.to_first, "\xcb\0\x71\x19\0", 5);

	element = allow_rule_element(&to);
	assert_true(allow_element_valid(&element));
	assert_int_equal(element.kind, ALLOW_DESTINATION);
	assert_int_equal(element.family, FAMILY_IPV6);
	assert_memory_equal(element.to_first, "\x20\x01\x0d\xb8", 4);
}

/* One byte of a good element changed. */
static void test_element_valid(void **state)
{
	static const struct {
		const char *from, *to;
		size_t offset;
		uint8_t value;
		bool valid;
	} cases[] = {
		{"192.0.2.7", NULL, offsetof(struct allow_element, kind), 0, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, kind), ALLOW_DESTINATION, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, kind), ALLOW_PAIR,
		 true}, /* to 0.0.0.0 */
		{"192.0.2.7", NULL, offsetof(struct allow_element, kind), 4, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, family), 0, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, family), FAMILY_IPV6, true},
		{"2001:db8::1", NULL, offsetof(struct allow_element, family), FAMILY_IPV4, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, exact), 0, true},
		{"192.0.2.7", NULL, offsetof(struct allow_element, exact), 2, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, way), ALLOW_WAYS, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, id), 1, true},
		{"192.0.2.7", NULL, offsetof(struct allow_element, from_first) + 3, 8, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, from_last) + 3, 8, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, from_first) + 4, 1, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, from_last) + 15, 1, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, to_first), 1, false},
		{"192.0.2.7", NULL, offsetof(struct allow_element, to_last) + 15, 1, false},
		{NULL, "192.0.2.7", offsetof(struct allow_element, from_last), 1, false},
		{NULL, "192.0.2.7", offsetof(struct allow_element, to_last), 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct allow_rule rule = make(cases[i].from, cases[i].to, 0, 0);
		struct allow_element element = allow_rule_element(&rule);

		assert_true(allow_element_valid(&element));
		((uint8_t *)&element)[cases[i].offset] = cases[i].value;
		if (allow_element_valid(&element) != cases[i].valid)
			fail_msg("byte %zu = %u", cases[i].offset, cases[i].value);
	}
}

static void test_interval_element_valid(void **state)
{
	struct allow_element element = {.kind = ALLOW_SOURCE, .family = FAMILY_IPV4};

	(void)state;
	element.from_first[0] = 10;
	element.from_last[0] = 11;
	assert_true(allow_element_valid(&element));
	element.exact = 1;
	assert_false(allow_element_valid(&element));
	element.exact = 0;
	element.from_first[0] = 12;
	assert_false(allow_element_valid(&element));
}

/* --- allow_flatten() ---------------------------------------------------------------------------*/

/* "kind/family[!] from-from>to-to @expires #id", one a line. */
static void describe(const struct allow_element *elements, size_t count, char *text, size_t size)
{
	static const char *const kinds[] = {"?", "source", "destination", "pair"};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const struct allow_element *e = &elements[i];
		struct addr ends[] = {addr_from_wire(e->family, e->from_first),
				      addr_from_wire(e->family, e->from_last),
				      addr_from_wire(e->family, e->to_first),
				      addr_from_wire(e->family, e->to_last)};
		char words[4][ADDR_TEXT_MAX];

		for (size_t j = 0; j < COUNT(ends); j++)
			addr_format(&ends[j], words[j]);
		used += (size_t)snprintf(text + used, size - used, "%s%s", kinds[e->kind],
					 e->exact ? "!" : "");
		if (e->kind != ALLOW_DESTINATION)
			used += (size_t)snprintf(text + used, size - used, " %s-%s", words[0],
						 words[1]);
		if (e->kind != ALLOW_SOURCE)
			used += (size_t)snprintf(text + used, size - used, " >%s-%s", words[2],
						 words[3]);
		used += (size_t)snprintf(text + used, size - used, " @%u #%u\n",
					 (unsigned)e->expires, e->id);
		assert_true(used < size);
	}
}

#define RULES_MAX 6

static void test_flatten_cases(void **state)
{
	static const struct {
		const char *what;
		struct {
			const char *from, *to;
			uint64_t expires;
		} rules[RULES_MAX]; /* the id is the index + 1 */
		const char *expected;
	} cases[] = {
		{"nothing", {{0}}, ""},
		{"equal exact rules become one, which ends last",
		 {{"192.0.2.7", NULL, 5}, {"192.0.2.7", NULL, 9}, {"192.0.2.7", NULL, 7}},
		 "source! 192.0.2.7-192.0.2.7 @9 #2\n"},
		{"never is last",
		 {{NULL, "192.0.2.7", 5}, {NULL, "192.0.2.7", 0}, {NULL, "192.0.2.7", 7}},
		 "destination! >192.0.2.7-192.0.2.7 @0 #2\n"},
		{"of two that end together the lower id",
		 {{"192.0.2.7", NULL, 5}, {"192.0.2.7", NULL, 5}},
		 "source! 192.0.2.7-192.0.2.7 @5 #1\n"},
		{"exact stays beside a prefix that covers it",
		 {{"192.0.2.0/24", NULL, 0}, {"192.0.2.7", NULL, 5}},
		 "source 192.0.2.0-192.0.2.255 @0 #1\nsource! 192.0.2.7-192.0.2.7 @5 #2\n"},
		{"a later inner prefix cuts",
		 {{"10.0.0.0/8", NULL, 5}, {"10.1.0.0/16", NULL, 9}},
		 "source 10.0.0.0-10.0.255.255 @5 #1\nsource 10.1.0.0-10.1.255.255 @9 #2\n"
		 "source 10.2.0.0-10.255.255.255 @5 #1\n"},
		{"an earlier inner prefix is nothing",
		 {{"10.1.0.0/16", NULL, 4}, {"10.0.0.0/8", NULL, 5}},
		 "source 10.0.0.0-10.255.255.255 @5 #2\n"},
		{"destinations likewise",
		 {{NULL, "10.1.0.0/16", 0}, {NULL, "10.0.0.0/8", 5}},
		 "destination >10.0.0.0-10.0.255.255 @5 #2\n"
		 "destination >10.1.0.0-10.1.255.255 @0 #1\n"
		 "destination >10.2.0.0-10.255.255.255 @5 #2\n"},
		{"equal prefixes",
		 {{"10.0.0.0/8", NULL, 5}, {"10.0.0.0/8", NULL, 6}, {"10.0.0.0/8", NULL, 1}},
		 "source 10.0.0.0-10.255.255.255 @6 #2\n"},
		{"a cross of pairs, the row ends last",
		 {{"10.0.0.0/8", "192.0.2.7", 9}, {"10.1.0.0/16", "192.0.2.0/24", 5}},
		 "pair 10.0.0.0-10.255.255.255 >192.0.2.7-192.0.2.7 @9 #1\n"
		 "pair 10.1.0.0-10.1.255.255 >192.0.2.0-192.0.2.6 @5 #2\n"
		 "pair 10.1.0.0-10.1.255.255 >192.0.2.8-192.0.2.255 @5 #2\n"},
		{"a cross of pairs, the column ends last",
		 {{"10.0.0.0/8", "192.0.2.7", 5}, {"10.1.0.0/16", "192.0.2.0/24", 9}},
		 "pair 10.0.0.0-10.0.255.255 >192.0.2.7-192.0.2.7 @5 #1\n"
		 "pair 10.1.0.0-10.1.255.255 >192.0.2.0-192.0.2.255 @9 #2\n"
		 "pair 10.2.0.0-10.255.255.255 >192.0.2.7-192.0.2.7 @5 #1\n"},
		{"a pair inside a pair that ends with it",
		 {{"10.1.0.0/16", "192.0.2.0/25", 5}, {"10.0.0.0/8", "192.0.2.0/24", 5}},
		 "pair 10.0.0.0-10.255.255.255 >192.0.2.0-192.0.2.255 @5 #2\n"},
		{"pairs do not merge with sources, nor families with each other",
		 {{"0.0.0.0/0", NULL, 1}, {"::/0", NULL, 1}, {"10.0.0.0/8", "10.0.0.0/8", 1}},
		 "source 0.0.0.0-255.255.255.255 @1 #1\n"
		 "source ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff @1 #2\n"
		 "pair 10.0.0.0-10.255.255.255 >10.0.0.0-10.255.255.255 @1 #3\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct allow_rule rules[RULES_MAX];
		struct allow_element *elements;
		size_t count = 0, found;
		char text[2048];

		for (; count < RULES_MAX; count++) {
			if (!cases[i].rules[count].from && !cases[i].rules[count].to)
				break;
			rules[count] = make(cases[i].rules[count].from, cases[i].rules[count].to,
					    cases[i].rules[count].expires, (uint32_t)count + 1);
		}
		assert_int_equal(allow_flatten(rules, count, &elements, &found), 0);
		describe(elements, found, text, sizeof(text));
		if (strcmp(text, cases[i].expected) != 0)
			fail_msg("%s:\n%s", cases[i].what, text);
		free(elements);
	}
}

static void test_flatten_refuses(void **state)
{
	struct allow_rule none = make(NULL, NULL, 0, 1);
	struct allow_rule mixed = make("10.0.0.0/8", "2001:db8::/32", 0, 1);
	struct allow_element *elements;
	size_t count;

	(void)state;
	assert_int_equal(allow_flatten(&none, 1, &elements, &count), -EINVAL);
	assert_null(elements);
	assert_int_equal(allow_flatten(&mixed, 1, &elements, &count), -EINVAL);
	assert_null(elements);
}

/* A thousand rows, then a thousand columns that end later: a million cells and more. */
static void test_flatten_too_many(void **state)
{
	enum { SIDE = 1100 };
	struct allow_rule *rules = calloc(2 * SIDE, sizeof(*rules));
	struct allow_element *elements;
	size_t count;

	(void)state;
	assert_non_null(rules);
	for (unsigned i = 0; i < SIDE; i++) {
		struct addr cell = {FAMILY_IPV4, {10, (uint8_t)(i >> 7), (uint8_t)(i << 1)}};

		rules[i] = (struct allow_rule){prefix_of(&cell, 24), parse("0.0.0.0/0"), 1, 5,
					       ALLOW_FREE};
		rules[SIDE + i] = (struct allow_rule){parse("0.0.0.0/0"), prefix_of(&cell, 24), 2,
						      9, ALLOW_FREE};
	}
	assert_int_equal(allow_flatten(rules, 2 * SIDE, &elements, &count), -E2BIG);
	assert_null(elements);
	free(rules);
}

static bool element_holds(const struct allow_element *element, const struct addr *source,
			  const struct addr *destination)
{
	if (element->family != source->family)
		return false;
	if (element->kind != ALLOW_DESTINATION &&
	    (memcmp(element->from_first, source->bytes, 16) > 0 ||
	     memcmp(source->bytes, element->from_last, 16) > 0))
		return false;
	return element->kind == ALLOW_SOURCE ||
	       (memcmp(element->to_first, destination->bytes, 16) <= 0 &&
		memcmp(destination->bytes, element->to_last, 16) <= 0);
}

/*
 * For one kind of set and one packet: at most one element holds it, one does when a rule matches,
 * and it ends when the last matching rule does and names one that does.
 */
static void check_point(const struct allow_rule *rules, size_t count,
			const struct allow_element *elements, size_t found, unsigned kind,
			bool exact, const struct addr *source, const struct addr *destination)
{
	const struct allow_element *holder = NULL;
	bool named = false;
	uint64_t latest = 0;

	for (size_t i = 0; i < found; i++) {
		if (elements[i].kind != kind || elements[i].exact != exact ||
		    !element_holds(&elements[i], source, destination))
			continue;
		assert_null(holder);
		holder = &elements[i];
	}
	for (size_t i = 0; i < count; i++) {
		if (allow_rule_kind(&rules[i]) != kind || allow_rule_exact(&rules[i]) != exact ||
		    !matches(&rules[i], source, destination))
			continue;
		if (rank(rules[i].expires) > latest)
			latest = rank(rules[i].expires);
		if (holder && rules[i].id == holder->id && rules[i].expires == holder->expires)
			named = true;
	}
	assert_int_equal(holder != NULL, latest != 0);
	if (holder) {
		assert_true(rank(holder->expires) == latest);
		assert_true(named);
	}
}

/* Prefixes that nest and meet: four bits that matter, at either end of the address. */
static struct prefix random_prefix(uint64_t *seed, uint8_t family)
{
	struct addr addr = {.family = family};
	unsigned bits = addr_bits(family);
	static const uint8_t fills[] = {0, 0, 0xff};

	memset(addr.bytes, fills[random_below(seed, 3)], addr_size(family));
	addr.bytes[0] = (uint8_t)(random_below(seed, 4) << 6);
	addr.bytes[addr_size(family) - 1] = (uint8_t)random_below(seed, 4);
	return prefix_of(&addr, random_below(seed, 3) ? bits - random_below(seed, 3) :
							random_below(seed, 4));
}

static struct allow_rule random_rule(uint64_t *seed, uint32_t id)
{
	uint8_t family = random_below(seed, 2) ? FAMILY_IPV4 : FAMILY_IPV6;
	struct allow_rule rule = {.id = id, .expires = random_below(seed, 5)};
	unsigned kind = random_below(seed, 4);

	if (kind != 0)
		rule.to = random_prefix(seed, family);
	if (kind != 1)
		rule.from = random_prefix(seed, family);
	return rule;
}

/* Both ends of a rule's end and the addresses beside them; 0.0.0.0 or :: where none is given. */
static size_t corners(const struct prefix *prefix, uint8_t family, struct addr out[4])
{
	struct addr last = prefix_last(prefix), candidates[4];
	size_t count = 0;

	if (!prefix->addr.family) {
		out[0] = (struct addr){.family = family};
		return 1;
	}
	candidates[0] = addr_previous(&prefix->addr);
	candidates[1] = prefix->addr;
	candidates[2] = last;
	candidates[3] = addr_next(&last);
	for (size_t i = 0; i < COUNT(candidates); i++)
		if (candidates[i].family)
			out[count++] = candidates[i];
	return count;
}

static void check_corners(const struct allow_rule *rules, size_t count, size_t one, size_t other,
			  const struct allow_element *elements, size_t found)
{
	uint8_t family = rules[one].from.addr.family ? rules[one].from.addr.family :
						       rules[one].to.addr.family;
	struct addr sources[4], destinations[4];
	size_t source_count = corners(&rules[one].from, family, sources);
	size_t destination_count = corners(&rules[other].to, family, destinations);

	for (size_t i = 0; i < source_count; i++)
		for (size_t j = 0; j < destination_count; j++)
			for (unsigned kind = ALLOW_SOURCE; kind <= ALLOW_PAIR; kind++)
				for (unsigned exact = 0; exact <= 1; exact++)
					if (sources[i].family == destinations[j].family)
						check_point(rules, count, elements, found, kind,
							    exact, &sources[i], &destinations[j]);
}

static void shuffle(struct allow_rule *rules, size_t count, uint64_t *seed)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = random_below(seed, (unsigned)i);
		struct allow_rule rule = rules[i - 1];

		rules[i - 1] = rules[j];
		rules[j] = rule;
	}
}

static void test_flatten_against_rules(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (unsigned round = 0; round < 1500; round++) {
		struct allow_rule rules[14];
		struct allow_element *elements, *again;
		size_t count = 1 + random_below(&seed, COUNT(rules)), found, found_again;

		for (size_t i = 0; i < count; i++)
			rules[i] = random_rule(&seed, (uint32_t)i + 1);
		assert_int_equal(allow_flatten(rules, count, &elements, &found), 0);
		for (size_t i = 0; i < found; i++) {
			assert_true(allow_element_valid(&elements[i]));
			if (i > 0)
				assert_true(allow_element_compare(&elements[i - 1], &elements[i]) <
					    0);
		}
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < count; j++)
				check_corners(rules, count, i, j, elements, found);

		/* The order in which rules were added does not show. */
		shuffle(rules, count, &seed);
		assert_int_equal(allow_flatten(rules, count, &again, &found_again), 0);
		assert_int_equal(found, found_again);
		assert_memory_equal(elements, again, found * sizeof(*elements));
		free(elements);
		free(again);
	}
}

/* Nothing quadratic in the common case: many sources, many pairs of distinct sources. */
static void test_flatten_many(void **state)
{
	const size_t count = 200000;
	struct allow_rule *rules = calloc(count, sizeof(*rules));
	struct allow_element *elements;
	size_t found;
	uint64_t seed = 3;

	(void)state;
	assert_non_null(rules);
	for (size_t i = 0; i < count; i++) {
		struct addr from = {FAMILY_IPV6,
				    {0x20, 1, 0xd, 0xb8, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
				     (uint8_t)i}};

		rules[i].from = prefix_of(&from, 56);
		rules[i].id = (uint32_t)i + 1;
		rules[i].expires = random_below(&seed, 1000);
		if (i % 2)
			rules[i].to = parse("2001:db8:25::/48");
	}
	rules[0].from = parse("::/0");
	rules[0].expires = 1;
	assert_int_equal(allow_flatten(rules, count, &elements, &found), 0);
	assert_in_range(found, count, 2 * count);
	free(elements);
	free(rules);
}

/* What a prefix says, its length, and whether it is a host that may be contained. */
static void test_contained(void **state)
{
	static const struct {
		const char *host;
		unsigned length;
		bool valid;
	} cases[] = {
		{"192.0.2.7", 32, true},          {"0.0.0.0", 32, true},
		{"192.0.2.0/31", 31, false},      {"2001:db8:1:2::/64", 64, true},
		{"2001:db8:1:f0::/60", 60, true}, {"2001:db8:1::/48", 48, true},
		{"2001:db8::/47", 47, false},     {"2001:db8::1", 128, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefix host = parse(cases[i].host);
		struct allow_element element = allow_contained(&host, 7);

		if (allow_element_valid(&element) != cases[i].valid ||
		    allow_contained_length(&element) != cases[i].length)
			fail_msg("%s", cases[i].host);
		element.to_last[0] = 1;
		assert_false(allow_element_valid(&element));
	}
}

/* Entries of different ways stay apart, whatever they cover. */
static void test_flatten_ways(void **state)
{
	struct allow_rule rules[] = {
		make("192.0.2.0/24", NULL, 1, 0), make("192.0.2.128/25", NULL, 2, 0),
		make("192.0.2.0/25", NULL, 3, 0), make("192.0.2.7", NULL, 4, 0),
		make("192.0.2.7", NULL, 5, 0),
	};
	struct allow_element *elements;
	size_t count, found[ALLOW_WAYS] = {0};

	(void)state;
	rules[1].way = ALLOW_WATCHED;
	rules[2].way = ALLOW_ALWAYS;
	rules[3].way = ALLOW_WATCHED;
	assert_int_equal(allow_flatten(rules, COUNT(rules), &elements, &count), 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(allow_element_valid(&elements[i]));
		found[elements[i].way]++;
	}
	assert_int_equal(found[ALLOW_FREE], 2);
	assert_int_equal(found[ALLOW_WATCHED], 2);
	assert_int_equal(found[ALLOW_ALWAYS], 1);
	free(elements);
	rules[0] = make(NULL, "192.0.2.0/24", 1, 0);
	rules[0].way = ALLOW_WATCHED;
	assert_int_equal(allow_flatten(rules, COUNT(rules), &elements, &count), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_and_fine),
		cmocka_unit_test(test_exact_element),
		cmocka_unit_test(test_element_valid),
		cmocka_unit_test(test_interval_element_valid),
		cmocka_unit_test(test_flatten_cases),
		cmocka_unit_test(test_flatten_refuses),
		cmocka_unit_test(test_flatten_too_many),
		cmocka_unit_test(test_flatten_against_rules),
		cmocka_unit_test(test_flatten_many),
		cmocka_unit_test(test_contained),
		cmocka_unit_test(test_flatten_ways),
	};

	return cmocka_run_group_tests_name("allow", tests, NULL, NULL);
}
