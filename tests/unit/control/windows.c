// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <string.h>

#include "control/windows.h"

#define NOW 900000000u

static void add(struct windows *windows, uint32_t now, uint32_t attempts)
{
	windows_add(windows, now, (struct window_counts){.attempts = attempts, .met = 1});
}

static void test_sums(void **state)
{
	struct windows windows;

	(void)state;
	windows_start(&windows, NOW);
	add(&windows, NOW, 5);
	add(&windows, NOW + 200, 7);
	assert_int_equal(windows_sum(&windows, WINDOW_5MIN, NOW + 200).attempts, 12);
	assert_int_equal(windows_sum(&windows, WINDOW_5MIN, NOW + 200).met, 2);
	/* none of it was later than the window is long */
	assert_int_equal(windows_sum(&windows, WINDOW_5MIN, NOW + 301).attempts, 7);
	assert_int_equal(windows_sum(&windows, WINDOW_5MIN, NOW + 600).attempts, 0);
	assert_int_equal(windows_sum(&windows, WINDOW_HOUR, NOW + 600).attempts, 12);
	assert_int_equal(windows_sum(&windows, WINDOW_HOUR, NOW + 3700).attempts, 0);
	assert_int_equal(windows_sum(&windows, WINDOW_DAY, NOW + 3700).attempts, 12);
	assert_int_equal(windows_sum(&windows, WINDOW_DAY, NOW + 100000).attempts, 0);
}

/* Against a list of everything, with random times and gaps. */
static void test_random(void **state)
{
	enum { ROUNDS = 20000 };
	static uint32_t times[ROUNDS];
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
			uint32_t bucket = window_bucket_seconds(window);
			uint32_t first = now / bucket - (window_buckets(window) - 1);
			uint32_t count = 0;

			for (unsigned j = i + 1; j-- > 0 && times[j] / bucket >= first;)
				count++;
			assert_int_equal(windows_sum(&windows, window, now).attempts, count);
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
	sum = windows_sum(&windows, WINDOW_5MIN, NOW);
	assert_int_equal(sum.attempts, UINT32_MAX);
	assert_int_equal(sum.met, UINT16_MAX);
	assert_int_equal(sum.fresh, UINT16_MAX);
	assert_int_equal(sum.answered, UINT16_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("control/windows", tests, NULL, NULL);
}
