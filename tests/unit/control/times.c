// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <errno.h>

#include "control/config/times.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t seconds;
	} cases[] = {
		{"30s", 0, 30},
		{"10m", 0, 600},
		{"2h", 0, 7200},
		{"7d", 0, 604800},
		{"1w", 0, 604800},
		{"0s", 0, 0},
		{"", -EINVAL, 0},
		{"s", -EINVAL, 0},
		{"10", -EINVAL, 0},
		{"10M", -EINVAL, 0},
		{"1h30m", 0, 5400},
		{"1d12h", 0, 129600},
		{"2w1d2h3m4s", 0, 1303384},
		{"30m1h", -EINVAL, 0},
		{"1h1h", -EINVAL, 0},
		{"1h30", -EINVAL, 0},
		{"1h 30m", -EINVAL, 0},
		{"1hm", -EINVAL, 0},
		{"52000w364d", 0, 31481049600},
		{"52142w364d", -ERANGE, 0},
		{"-1s", -EINVAL, 0},
		{" 1s", -EINVAL, 0},
		{"1 s", -EINVAL, 0},
		{"1.5h", -EINVAL, 0},
		{"99999999999999999w", -ERANGE, 0},
		{"9999999999999999999s", -ERANGE, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t seconds = 0;

		assert_int_equal(duration_parse(cases[i].text, &seconds), cases[i].result);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t bytes;
	} cases[] = {
		{"512", 0, 512},        {"512B", 0, 512},        {"64KiB", 0, 65536},
		{"64MiB", 0, 67108864}, {"2GiB", 0, 2147483648}, {"64MB", -EINVAL, 0},
		{"64 MiB", -EINVAL, 0}, {"MiB", -EINVAL, 0},     {"99999999999999GiB", -ERANGE, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t bytes = 0;

		assert_int_equal(size_parse(cases[i].text, &bytes), cases[i].result);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void test_dates(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t seconds;
	} cases[] = {
		{"1970-01-01", 0, 0},
		{"2026-12-01", 0, 1796083200},
		{"2026-12-01T12:00:00Z", 0, 1796126400},
		{"2026-12-01T12:00:00+02:00", 0, 1796119200},
		{"2026-12-01T12:00:00-01:30", 0, 1796131800},
		{"2028-02-29", 0, 1835395200},
		{"2026-02-29", -EINVAL, 0},
		{"2026-13-01", -EINVAL, 0},
		{"2026-00-01", -EINVAL, 0},
		{"2026-12-01T24:00:00Z", -EINVAL, 0},
		{"2026-12-01T12:00:60Z", -EINVAL, 0},
		{"2026-12-01T12:00:00", -EINVAL, 0},
		{"2026-12-01T12:00Z", -EINVAL, 0},
		{"2026-12-01 12:00:00Z", -EINVAL, 0},
		{"2026-12-01T12:00:00+0200", -EINVAL, 0},
		{"2026-12-01T12:00:00Zx", -EINVAL, 0},
		{"26-12-01", -EINVAL, 0},
		{"tomorrow", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t seconds = 0;

		assert_int_equal(date_parse(cases[i].text, &seconds), cases[i].result);
		if (!cases[i].result)
			assert_int_equal(seconds, cases[i].seconds);
	}
}

static void test_expiries(void **state)
{
	const int64_t now = 1796083200; /* 2026-12-01 */
	int64_t seconds;

	(void)state;
	assert_int_equal(expiry_parse("2h", now, &seconds), 0);
	assert_int_equal(seconds, now + 7200);
	assert_int_equal(expiry_parse("2026-12-02", now, &seconds), 0);
	assert_int_equal(seconds, now + 86400);
	assert_int_equal(expiry_parse("2026-12-01", now, &seconds), -ERANGE);
	assert_int_equal(expiry_parse("2020-01-01", now, &seconds), -ERANGE);
	assert_int_equal(expiry_parse("0s", now, &seconds), -ERANGE);
	assert_int_equal(expiry_parse("99999999999999999w", now, &seconds), -ERANGE);
	assert_int_equal(expiry_parse("soon", now, &seconds), -EINVAL);
}

static void test_past(void **state)
{
	const int64_t now = 1796083200; /* 2026-12-01 */
	int64_t seconds;

	(void)state;
	assert_int_equal(past_parse("24h", now, &seconds), 0);
	assert_int_equal(seconds, now - 86400);
	assert_int_equal(past_parse("2026-11-30", now, &seconds), 0);
	assert_int_equal(seconds, now - 86400);
	assert_int_equal(past_parse("2026-12-02", now, &seconds), 0); /* nothing was since then */
	assert_int_equal(past_parse("1960-01-01", now, &seconds), -ERANGE);
	assert_int_equal(past_parse("900w", now, &seconds), 0);
	assert_int_equal(past_parse("9000w", now, &seconds), -ERANGE);
	assert_int_equal(past_parse("yesterday", now, &seconds), -EINVAL);
}

static void test_formats(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	assert_string_equal(time_format(1796126400, text), "2026-12-01T12:00:00Z");
	assert_string_equal(time_format_eve(UINT64_C(1796126400123456789), text),
			    "2026-12-01T12:00:00.123456+0000");
	/* Whatever a clock says, there is room for it. */
	assert_non_null(time_format(INT64_MAX, text));
	assert_non_null(time_format(INT64_MIN, text));
	assert_non_null(time_format_eve(UINT64_MAX, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_dates),     cmocka_unit_test(test_expiries),
		cmocka_unit_test(test_formats),   cmocka_unit_test(test_past),
	};

	return cmocka_run_group_tests_name("control/times", tests, NULL, NULL);
}
