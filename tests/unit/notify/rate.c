// SPDX-License-Identifier: GPL-2.0-or-later
/* How often a command may run, and how options say it. */
#include "tools/edge25-notify/rate.h"
#include "../unit.h"
#include "tools/edge25-notify/options.h"

/* Takes each run as soon as there is one: as many at once, then evenly. */
static void test_bucket(void **state)
{
	struct rate rate = rate_start(10, 3600, 10, 0, 1000);
	double now = 1000;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(rate_left(&rate, now), 10 - i);
		assert_true(rate_wait(&rate, now) == 0);
		rate_take(&rate, now);
	}
	assert_int_equal(rate_left(&rate, now), 0);
	for (int i = 0; i < 100; i++) {
		double wait = rate_wait(&rate, now);

		assert_true(wait > 359.9 && wait < 360.1);
		assert_int_equal(rate_left(&rate, now + wait - 1), 0);
		now += wait;
		assert_int_equal(rate_left(&rate, now), 1);
		rate_take(&rate, now);
	}
	assert_int_equal(rate_left(&rate, now + 1e6), 10);
}

static void test_start(void **state)
{
	struct rate rate = rate_start(4, 60, 0.5, 30, 100);

	(void)state;
	assert_int_equal(rate_left(&rate, 100), 2); /* a half, and two in 30 s */
	rate = rate_start(4, 60, 0.5, -5, 100);     /* the clock was set back */
	assert_int_equal(rate_left(&rate, 100), 0);
	assert_int_equal(rate_left(&rate, 50), 0); /* never, but harmless */
	rate = rate_start(4, 60, 9, 0, 100);       /* there were more before */
	assert_int_equal(rate_left(&rate, 100), 4);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		double seconds;
	} rows[] = {
		{"1", 1},
		{"90s", 90},
		{"5m", 300},
		{"2h", 7200},
		{"1d", 86400},
		{"0", -1},
		{"", -1},
		{"s", -1},
		{"-1s", -1},
		{"+1s", -1},
		{" 1s", -1},
		{"1 s", -1},
		{"1sm", -1},
		{"1.5s", -1},
		{"1000000000d", -1},
		{"1e3", -1},
		{"9999999999999999999999", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(options_duration(rows[i].text) == rows[i].seconds);
}

static void test_rates(void **state)
{
	static const struct {
		const char *text;
		unsigned runs;
		double period; /* 0: wrong */
	} rows[] = {
		{"10/h", 10, 3600}, {"3/10m", 3, 600}, {"1/1s", 1, 1},  {"5/30", 5, 30},
		{"0/h", 0, 0},      {"10", 0, 0},      {"10/", 0, 0},   {"/h", 0, 0},
		{"10/w", 0, 0},     {"10/0s", 0, 0},   {"10/h ", 0, 0}, {"1000000/h", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned runs;
		double period;

		assert_int_equal(options_rate(rows[i].text, &runs, &period), rows[i].period > 0);
		if (rows[i].period > 0) {
			assert_int_equal(runs, rows[i].runs);
			assert_true(period == rows[i].period);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_rates),
	};

	return cmocka_run_group_tests_name("notify: rate", tests, NULL, NULL);
}
