// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <string.h>

#include "control/hosts/windows.h"

#define NOW 900000000u

static void add(struct windows *windows, uint32_t now, uint32_t attempts)
{
	windows_add(windows, now, (struct window_counts){.attempts = attempts, .met = 1});
}

static struct window_counts sum_of(const struct windows *windows, enum window window, uint32_t now)
{
	struct window_counts buckets[WINDOW_DAY_BUCKETS];

	return window_sum(buckets, windows_list(windows, window, now, buckets));
}

static void test_sums(void **state)
{
	struct windows windows;

	(void)state;
	windows_start(&windows, NOW);
	add(&windows, NOW, 5);
	add(&windows, NOW + 200, 7);
	assert_int_equal(sum_of(&windows, WINDOW_5MIN, NOW + 200).attempts, 12);
	assert_int_equal(sum_of(&windows, WINDOW_5MIN, NOW + 200).met, 2);
	/* none of it was later than the window is long */
	assert_int_equal(sum_of(&windows, WINDOW_5MIN, NOW + 301).attempts, 7);
	assert_int_equal(sum_of(&windows, WINDOW_5MIN, NOW + 600).attempts, 0);
	assert_int_equal(sum_of(&windows, WINDOW_HOUR, NOW + 600).attempts, 12);
	assert_int_equal(sum_of(&windows, WINDOW_HOUR, NOW + 3700).attempts, 0);
	assert_int_equal(sum_of(&windows, WINDOW_DAY, NOW + 3700).attempts, 12);
	assert_int_equal(sum_of(&windows, WINDOW_DAY, NOW + 100000).attempts, 0);
}

/* Against a list of everything, with random times and gaps. */
static void test_random(void **state)
{
	enum { ROUNDS = 20000 };
	static uint32_t times[ROUNDS];
	struct window_counts list[WINDOW_DAY_BUCKETS];
	struct windows windows;
	uint64_t seed = 25;
	uint32_t now = NOW;

	(void)state;
	windows_start(&windows, now);
	for (unsigned i = 0; i < ROUNDS; i++) {
		now += random_below(&seed, random_below(&seed, 50) ? 60 : 20000);
		times[i] = now;
		add(&windows, now, 1);
		for (enum window window = 0; window < WINDOWS; window++) {
			unsigned buckets = windows_list(&windows, window, now, list);
			uint32_t bucket = window_seconds(window) / buckets;
			uint32_t first = now / bucket - (buckets - 1);
			uint32_t count = 0;

			for (unsigned j = i + 1; j-- > 0 && times[j] / bucket >= first;)
				count++;
			assert_int_equal(sum_of(&windows, window, now).attempts, count);
		}
	}
}

static void test_list(void **state)
{
	struct window_counts buckets[WINDOW_DAY_BUCKETS];
	struct windows windows;

	(void)state;
	windows_start(&windows, NOW);
	add(&windows, NOW, 1);
	add(&windows, NOW + 600, 2);
	assert_int_equal(windows_list(&windows, WINDOW_HOUR, NOW + 1200, buckets),
			 WINDOW_HOUR_BUCKETS);
	for (unsigned i = 0; i < WINDOW_HOUR_BUCKETS; i++)
		assert_int_equal(buckets[i].attempts, i == 2 ? 2 : i == 4 ? 1 : 0);
}

static void test_bounds(void **state)
{
	struct windows windows;
	struct window_counts sum;

	(void)state;
	windows_start(&windows, NOW);
	for (int i = 0; i < 3; i++)
		windows_add(&windows, NOW,
			    (struct window_counts){UINT32_MAX / 2, 40000, 40000, 40000});
	sum = sum_of(&windows, WINDOW_HOUR, NOW);
	assert_in_range(sum.attempts, UINT32_MAX - UINT16_MAX, UINT32_MAX);
	assert_int_equal(sum.met, UINT16_MAX);
	assert_int_equal(sum.fresh, UINT16_MAX);
	assert_int_equal(sum.answered, UINT16_MAX);
	/* nor does the sum of several begin anew */
	windows_add(&windows, NOW + 300, (struct window_counts){UINT32_MAX, 0, 0, 0});
	assert_int_equal(sum_of(&windows, WINDOW_HOUR, NOW + 300).attempts, UINT32_MAX);
}

/* Those that answered are counted in the hour alone. */
static void test_answered(void **state)
{
	struct windows windows;

	(void)state;
	windows_start(&windows, NOW);
	for (uint32_t minute = 0; minute < 90; minute++)
		windows_add(&windows, NOW + 60 * minute, (struct window_counts){0, 1, 1, 1});
	assert_int_equal(sum_of(&windows, WINDOW_HOUR, NOW + 89 * 60).answered, 60);
	assert_int_equal(sum_of(&windows, WINDOW_HOUR, NOW + 89 * 60).fresh, 60);
	assert_int_equal(sum_of(&windows, WINDOW_DAY, NOW + 89 * 60).answered, 0);
}

/* A flood is counted in larger units, and what comes after it exactly again. */
static void test_a_flood(void **state)
{
	struct windows windows;
	uint64_t seed = 25, all = 0;
	uint32_t now = NOW, told;

	(void)state;
	windows_start(&windows, now);
	for (unsigned i = 0; i < 6 * 290; i++, now++) {
		uint32_t packets = random_below(&seed, 200000);

		/* small numbers are not lost beside large ones */
		add(&windows, now, packets);
		for (unsigned j = 0; j < 50; j++)
			add(&windows, now, 1);
		all += packets + 50;
	}
	told = sum_of(&windows, WINDOW_DAY, now).attempts;
	assert_in_range(told, all - all / 10000, all + all / 10000);
	told = sum_of(&windows, WINDOW_HOUR, now).attempts;
	assert_in_range(told, all - all / 10000, all + all / 10000);
	now += 3600;
	add(&windows, now, 3);
	assert_int_equal(sum_of(&windows, WINDOW_5MIN, now).attempts, 3);
	assert_int_equal(sum_of(&windows, WINDOW_HOUR, now).attempts, 3);
	told = sum_of(&windows, WINDOW_DAY, now).attempts;
	assert_in_range(told, all - all / 10000, all + all / 10000);
}

/* Up to 65535 a bucket nothing is rounded. */
static void test_exact(void **state)
{
	struct windows windows;

	(void)state;
	windows_start(&windows, NOW);
	add(&windows, NOW, 65534);
	add(&windows, NOW, 1);
	add(&windows, NOW + 30, 1);
	assert_int_equal(sum_of(&windows, WINDOW_5MIN, NOW + 30).attempts, 65536);
	add(&windows, NOW + 60, 65535);
	assert_int_equal(sum_of(&windows, WINDOW_5MIN, NOW + 60).attempts, 131071);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),     cmocka_unit_test(test_random),
		cmocka_unit_test(test_list),     cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_answered), cmocka_unit_test(test_a_flood),
		cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests_name("control/windows", tests, NULL, NULL);
}
