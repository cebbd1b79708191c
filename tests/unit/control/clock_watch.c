// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include "control/engine/clock_watch.h"

#define HOUR 3600000

/* The three clocks after a reading of 1000, 500 and 400. */
static const struct {
	struct clock_reading after;
	int64_t stepped, slept;
} cases[] = {
	{{1000, 500, 400}, 0, 0},
	{{1000 + HOUR, 500 + HOUR, 400 + HOUR}, 0, 0},
	{{1499, 500, 400}, 0, 0},
	{{1500, 500, 400}, 500, 0},
	{{501, 500, 400}, 0, 0},
	{{500, 500, 400}, -500, 0},
	{{1000 + 3 * HOUR, 500 + HOUR, 400 + HOUR}, 2 * HOUR, 0},
	{{1000 - HOUR, 500 + HOUR, 400 + HOUR}, -2 * HOUR, 0},
	{{1000 + HOUR, 500 + HOUR, 400}, 0, HOUR},
	{{1000 + HOUR, 500 + HOUR, 400 + HOUR - 499}, 0, 0},
	{{1000 + 3 * HOUR, 500 + HOUR, 400}, 2 * HOUR, HOUR},
	{{1000 - HOUR, 500 + HOUR, 401}, -2 * HOUR, HOUR - 1},
};

static void test_compare(void **state)
{
	const struct clock_reading before = {1000, 500, 400};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct clock_change change;
		bool told = clock_compare(&before, &cases[i].after, &change);

		assert_int_equal(told, cases[i].stepped || cases[i].slept);
		assert_int_equal(change.stepped, cases[i].stepped);
		assert_int_equal(change.slept, cases[i].slept);
	}
}

static void never(void *ctx, const struct clock_change *change)
{
	(void)change;
	++*(int *)ctx;
}

static void test_nothing_is_told_when_nothing_happens(void **state)
{
	int told = 0;
	struct clock_watch *watch = clock_watch_new(ev_default_loop(0), never, &told);

	(void)state;
	assert_non_null(watch);
	for (int i = 0; i < 3; i++) {
		ev_run(ev_default_loop(0), EVRUN_NOWAIT);
		clock_watch_look(watch);
	}
	assert_int_equal(told, 0);
	clock_watch_free(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_nothing_is_told_when_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
