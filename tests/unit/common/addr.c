/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/addr.h"

static struct addr parse(const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr) != 0)
		fail_msg("%s is not an address", text);
	return addr;
}

static struct prefix parse_prefix(const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix) != 0)
		fail_msg("%s is not a prefix", text);
	return prefix;
}

static void test_parse_and_format(void **state)
{
	static const struct {
		const char *text, *formatted;
		uint8_t family;
	} cases[] = {
		{"0.0.0.0", "0.0.0.0", FAMILY_IPV4},
		{"255.255.255.255", "255.255.255.255", FAMILY_IPV4},
		{"100.64.3.7", "100.64.3.7", FAMILY_IPV4},
		{"::", "::", FAMILY_IPV6},
		{"2001:DB8:0:0:0:0:0:1", "2001:db8::1", FAMILY_IPV6},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", FAMILY_IPV6},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1", FAMILY_IPV6},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", FAMILY_IPV6},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct addr addr = parse(cases[i].text);
		char text[ADDR_TEXT_MAX];

		assert_int_equal(addr.family, cases[i].family);
		assert_string_equal(addr_format(&addr, text), cases[i].formatted);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const cases[] = {
		"",           " 10.0.0.1",     "10.0.0.1 ",  "10.0.0",     "10.0.0.256",
		"10.0.0.1.2", "010.0.0.1",     "0x0a000001", "167772161",  "1.2.3.4/32",
		":",          ":::",           "1::2::3",    "fe80::1%lo", "[::1]",
		"12345::",    "1:2:3:4:5:6:7", "localhost",  "::g",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct addr addr = {.family = 99};

		if (addr_parse(cases[i], &addr) != -EINVAL)
			fail_msg("\"%s\" was taken for an address", cases[i]);
		assert_int_equal(addr.family, 99);
	}
}

/* Texts of digits, dots and what may stand between them, as inet_pton(3) takes them. */
static void test_parse_as_libc(void **state)
{
	static const char letters[] = "0125..9/ x";
	uint64_t seed = 25;
	unsigned taken = 0;

	(void)state;
	for (unsigned round = 0; round < 300000; round++) {
		char text[16] = "";
		uint8_t bytes[4];
		struct addr addr;
		int parts = round % 2 ? 0 :
					snprintf(text, sizeof(text), "%u.%u.%u.",
						 random_below(&seed, 300), random_below(&seed, 300),
						 random_below(&seed, 300));
		unsigned end = (unsigned)parts + random_below(&seed, 16 - (unsigned)parts);

		for (unsigned i = (unsigned)parts; i < end; i++)
			text[i] = letters[random_below(&seed, sizeof(letters) - 1)];
		if (inet_pton(AF_INET, text, bytes) != 1) {
			if (!addr_parse(text, &addr) && addr.family == FAMILY_IPV4)
				fail_msg("\"%s\" was taken for an address", text);
			continue;
		}
		taken++;
		addr = parse(text);
		assert_int_equal(addr.family, FAMILY_IPV4);
		assert_memory_equal(addr.bytes, bytes, sizeof(bytes));
	}
	assert_true(taken > 1000);
}

static void test_no_address(void **state)
{
	struct addr none = {0}, some = parse("::");
	struct prefix prefix = {0};
	char text[PREFIX_TEXT_MAX];

	(void)state;
	assert_string_equal(addr_format(&none, text), "-");
	assert_string_equal(prefix_format(&prefix, text), "-");
	assert_int_equal(addr_size(0), 0);
	assert_int_equal(addr_bits(5), 0);
	assert_false(prefix_contains(&prefix, &none));
	assert_false(prefix_contains(&prefix, &some));
	assert_false(prefix_is_host(&prefix));
	assert_false(addr_equal(&none, &some));
}

static void test_from_wire(void **state)
{
	static const uint8_t wire[16] = {0x20, 1,  0xd, 0xb8, 5,  6,  7,  8,
					 9,    10, 11,  12,   13, 14, 15, 16};
	struct addr v4 = addr_from_wire(FAMILY_IPV4, wire);
	struct addr v6 = addr_from_wire(FAMILY_IPV6, wire);
	struct addr expected4 = parse("32.1.13.184");
	struct addr expected6 = parse("2001:db8:506:708:90a:b0c:d0e:f10");

	(void)state;
	assert_memory_equal(&v4, &expected4, sizeof(v4));
	assert_memory_equal(&v6, &expected6, sizeof(v6));
}

static void test_order(void **state)
{
	/* Ascending. */
	static const char *const texts[] = {
		"0.0.0.0",   "9.255.255.255",   "10.0.0.0", "127.255.255.255",
		"128.0.0.0", "255.255.255.255", "::",       "::1",
		"7fff::",    "8000::",          "ffff::",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		for (size_t j = 0; j < COUNT(texts); j++) {
			struct addr a = parse(texts[i]), b = parse(texts[j]);
			int order = addr_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
			assert_int_equal(addr_equal(&a, &b), i == j);
		}
	}
}

static void test_neighbours(void **state)
{
	static const struct {
		const char *low, *high;
	} cases[] = {
		{"0.0.0.0", "0.0.0.1"},
		{"10.0.0.255", "10.0.1.0"},
		{"127.255.255.255", "128.0.0.0"},
		{"::", "::1"},
		{"2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::"},
		{"7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "8000::"},
	};
	static const char *const lowest[] = {"0.0.0.0", "::"};
	static const char *const highest[] = {"255.255.255.255",
					      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct addr low = parse(cases[i].low), high = parse(cases[i].high);
		struct addr next = addr_next(&low), previous = addr_previous(&high);

		assert_memory_equal(&next, &high, sizeof(next));
		assert_memory_equal(&previous, &low, sizeof(previous));
	}
	for (size_t i = 0; i < COUNT(lowest); i++) {
		struct addr low = parse(lowest[i]), high = parse(highest[i]);

		assert_int_equal(addr_previous(&low).family, 0);
		assert_int_equal(addr_next(&high).family, 0);
	}
}

/* What is taken as a whole is what prefix_parse() takes; of IPv4 with a length it is all. */
static void check_begin4(const char *text, int parsed, const struct prefix *wanted)
{
	struct prefix prefix;
	const char *rest = prefix_begin4(text, &prefix);
	const bool whole = rest && !*rest;

	assert_int_equal(whole, !parsed && !strchr(text, ':') && strchr(text, '/'));
	if (whole)
		assert_true(prefix_equal(&prefix, wanted));
}

static void test_prefix_parse(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *formatted; /* of what was parsed or probably meant */
	} cases[] = {
		{"100.64.0.0/10", 0, "100.64.0.0/10"},
		{"0.0.0.0/0", 0, "0.0.0.0/0"},
		{"192.0.2.1", 0, "192.0.2.1"},
		{"192.0.2.1/32", 0, "192.0.2.1"},
		{"192.0.2.0/31", 0, "192.0.2.0/31"},
		{"::/0", 0, "::/0"},
		{"2001:db8::/32", 0, "2001:db8::/32"},
		{"2001:db8::1", 0, "2001:db8::1"},
		{"2001:db8::1/128", 0, "2001:db8::1"},
		{"2001:db8:8000::/33", 0, "2001:db8:8000::/33"},
		{"100.64.0.1/10", -EDOM, "100.64.0.0/10"},
		{"100.127.255.255/10", -EDOM, "100.64.0.0/10"},
		{"1.2.3.4/0", -EDOM, "0.0.0.0/0"},
		{"2001:db8::1/127", -EDOM, "2001:db8::/127"},
		{"10.0.0.0/33", -ERANGE, NULL},
		{"2001:db8::/129", -ERANGE, NULL},
		{"10.0.0.0/4294967304", -ERANGE, NULL},
		{"10.0.0.0/999999999999999999999", -ERANGE, NULL},
		{"100.64.300.0/10", -EINVAL, NULL},
		{"10.0.0.0/", -EINVAL, NULL},
		{"10.0.0.0/ 8", -EINVAL, NULL},
		{"10.0.0.0/+8", -EINVAL, NULL},
		{"10.0.0.0/-1", -EINVAL, NULL},
		{"10.0.0.0/08", -EINVAL, NULL},
		{"10.0.0.0/8x", -EINVAL, NULL},
		{"10.0.0.0/8/8", -EINVAL, NULL},
		{"10.0.0.0/255.0.0.0", -EINVAL, NULL},
		{"/8", -EINVAL, NULL},
		{"", -EINVAL, NULL},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555/1", -EINVAL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefix prefix = {.length = 77};
		char text[PREFIX_TEXT_MAX];
		int err = prefix_parse(cases[i].text, &prefix);

		if (err != cases[i].err)
			fail_msg("\"%s\" gives %d, not %d", cases[i].text, err, cases[i].err);
		if (cases[i].formatted)
			assert_string_equal(prefix_format(&prefix, text), cases[i].formatted);
		else
			assert_int_equal(prefix.length, 77);
		check_begin4(cases[i].text, err, &prefix);
	}
}

static void test_prefix_begin4(void **state)
{
	struct prefix prefix;
	char text[32];

	(void)state;
	for (unsigned length = 0; length <= 32; length++) {
		struct addr host = {.family = FAMILY_IPV4, .bytes = {255, 170, 129, 255}};
		const struct prefix wanted = prefix_of(&host, length);

		snprintf(text, sizeof(text), "%s/%u\n",
			 addr_format(&wanted.addr, (char[ADDR_TEXT_MAX]){0}), length);
		assert_string_equal(prefix_begin4(text, &prefix), "\n");
		assert_true(prefix_equal(&prefix, &wanted));
	}
	assert_string_equal(prefix_begin4("10.0.0.0/8 # ours", &prefix), " # ours");
	assert_string_equal(prefix_begin4("0.0.0.0/08", &prefix),
			    "8"); /* and that is no end of a line */
	assert_null(prefix_begin4("10.0.0.1/8", &prefix));
	assert_null(prefix_begin4("10.0.0.0/33", &prefix));
	assert_null(prefix_begin4("10.0.0.1", &prefix));
	assert_null(prefix_begin4("2001:db8::/32", &prefix));
}

static void test_prefix_text_fits(void **state)
{
	struct prefix prefix = parse_prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
	char text[PREFIX_TEXT_MAX];

	(void)state;
	assert_string_equal(prefix_format(&prefix, text),
			    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
}

static void test_last(void **state)
{
	static const struct {
		const char *prefix, *last;
	} cases[] = {
		{"0.0.0.0/0", "255.255.255.255"},
		{"100.64.0.0/10", "100.127.255.255"},
		{"192.0.2.7", "192.0.2.7"},
		{"::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"2001:db8::/33", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"},
		{"2001:db8::1", "2001:db8::1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefix prefix = parse_prefix(cases[i].prefix);
		struct addr last = prefix_last(&prefix), expected = parse(cases[i].last);

		assert_memory_equal(&last, &expected, sizeof(last));
	}
}

static void test_contains(void **state)
{
	static const struct {
		const char *prefix, *inside, *outside;
	} cases[] = {
		{"100.64.0.0/10", "100.64.0.0", "100.63.255.255"},
		{"100.64.0.0/10", "100.127.255.255", "100.128.0.0"},
		{"0.0.0.0/0", "255.255.255.255", "::"},
		{"192.0.2.1", "192.0.2.1", "192.0.2.0"},
		{"::/0", "ffff::", "0.0.0.0"},
		{"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
		{"2001:db8::/127", "2001:db8::1", "2001:db8::2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct prefix prefix = parse_prefix(cases[i].prefix);
		struct addr inside = parse(cases[i].inside), outside = parse(cases[i].outside);

		assert_true(prefix_contains(&prefix, &inside));
		assert_false(prefix_contains(&prefix, &outside));
	}
}

static void test_covers(void **state)
{
	struct prefix wide = parse_prefix("10.0.0.0/8"), narrow = parse_prefix("10.1.0.0/16");
	struct prefix other = parse_prefix("11.0.0.0/16"), same = prefix_of(&wide.addr, 8);
	struct prefix longest = prefix_of(&wide.addr, 200);

	(void)state;
	assert_true(prefix_covers(&wide, &narrow));
	assert_true(prefix_covers(&wide, &same));
	assert_false(prefix_covers(&narrow, &wide));
	assert_false(prefix_covers(&wide, &other));
	assert_true(prefix_equal(&wide, &same));
	assert_false(prefix_equal(&wide, &longest));
	assert_int_equal(prefix_compare(&wide, &same), 0);
	assert_true(prefix_compare(&wide, &longest) < 0);
	assert_true(prefix_compare(&longest, &wide) > 0);
	assert_int_equal(longest.length, 32);
	assert_true(prefix_is_host(&longest));
}

/* Every length against a bit-by-bit mask. */
static void test_mask(void **state)
{
	uint64_t seed = 25;

	(void)state;
	for (unsigned length = 0; length <= 128; length++) {
		struct addr addr = {.family = FAMILY_IPV6}, expected, masked;

		for (size_t i = 0; i < 16; i++)
			addr.bytes[i] = (uint8_t)next_random(&seed);
		expected = addr;
		for (unsigned bit = length; bit < 128; bit++)
			expected.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		masked = addr_mask(&addr, length);
		assert_memory_equal(&masked, &expected, sizeof(masked));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_parse_as_libc),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_from_wire),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_prefix_parse),
		cmocka_unit_test(test_prefix_begin4),
		cmocka_unit_test(test_prefix_text_fits),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_mask),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
