// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "../unit.h"

#include "control/health/days.h"
#include "temporary.h"

#define MIDNIGHT 1796079600 /* 2026-12-01 in Berlin: 23:00 UTC */
#define DAY 86400

/* One life of edge25-control: its figures and days, and the database they share. */
struct life {
	struct figures *figures;
	struct days *days;
	struct store *store;
};

static struct life begin(void **state, const char *boot, int64_t now)
{
	char path[TEMPORARY_PATH_MAX];
	struct life life = {figures_new(), days_new(boot),
			    store_new(temporary_path(state, "edge25.db", path))};

	assert_non_null(life.store);
	assert_int_equal(days_read(life.days, life.store, now), 0);
	return life;
}

static void end(struct life *life, int64_t now)
{
	if (now)
		assert_int_equal(days_write(life->days, life->store, now), 0);
	days_free(life->days);
	figures_free(life->figures);
	store_free(life->store);
}

static void reading(struct life *life, const char *name, uint64_t packets, int64_t now)
{
	struct message_counter counter = {.packets = packets};

	snprintf(counter.name, sizeof(counter.name), "%s", name);
	figures_counter(life->figures, &counter);
	days_count(life->days, life->figures, now);
}

static uint64_t of(const struct life *life, const char *day, const char *policy,
		   enum day_count what)
{
	const struct store_day *row;

	for (size_t i = 0; (row = days_at(life->days, i)); i++)
		if (!strcmp(row->day, day) && !strcmp(row->policy, policy))
			return row->count[what];
	return 0;
}

static int zone(void **state)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* Berlin, without its file */
	return temporary_setup(state);
}

static void test_midnight(void **state)
{
	struct life life = begin(state, "one", MIDNIGHT - 10);
	char text[DAY_TEXT_MAX];

	reading(&life, "refused_home", 5, MIDNIGHT - 10);
	reading(&life, "refused_home", 7, MIDNIGHT - 1);
	reading(&life, "refused_home", 10, MIDNIGHT);
	reading(&life, "passed_home", 2, MIDNIGHT + 1);
	reading(&life, "unanswered_home", 1, MIDNIGHT + 1);
	reading(&life, "answered_refuse_home", 50, MIDNIGHT + 1);
	reading(&life, "emergency", 50, MIDNIGHT + 1);
	assert_int_equal(of(&life, "2026-11-30", "home", DAY_REFUSED), 7);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_REFUSED), 3);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_PASSED), 2);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_UNANSWERED), 1);
	assert_null(days_at(life.days, 2));
	/* across the end of summer time, by the calendar and not by 24 hours */
	assert_string_equal(days_text(1793142000, 0, text), "2026-10-28");
	assert_string_equal(days_text(1793142000, 3, text), "2026-10-25");
	assert_string_equal(days_text(1793142000, 4, text), "2026-10-24");
	end(&life, MIDNIGHT);
}

/* Whoever comes next goes on where the last one had written, also with what came in between. */
static void test_restart(void **state)
{
	struct life life = begin(state, "one", MIDNIGHT);

	reading(&life, "refused_home", 100, MIDNIGHT);
	end(&life, MIDNIGHT);

	life = begin(state, "one", MIDNIGHT);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_REFUSED), 100);
	reading(&life, "refused_home", 130, MIDNIGHT);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_REFUSED), 130);
	end(&life, 0); /* kill -9: the database has 100 */

	life = begin(state, "one", MIDNIGHT + DAY);
	reading(&life, "refused_home", 131, MIDNIGHT + DAY);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_REFUSED), 100);
	assert_int_equal(of(&life, "2026-12-02", "home", DAY_REFUSED), 31);
	end(&life, MIDNIGHT + DAY);

	life = begin(state, "one", MIDNIGHT + DAY);
	reading(&life, "refused_home", 4, MIDNIGHT + DAY); /* the table was made anew */
	assert_int_equal(of(&life, "2026-12-02", "home", DAY_REFUSED), 35);
	end(&life, MIDNIGHT + DAY);

	life = begin(state, "two", MIDNIGHT + DAY);
	reading(&life, "refused_home", 9, MIDNIGHT + DAY); /* so was the kernel */
	assert_int_equal(of(&life, "2026-12-02", "home", DAY_REFUSED), 44);
	end(&life, 0);
}

/* Counters that fall, names that change and come back, clocks that are set. */
static void test_changes(void **state)
{
	struct life life = begin(state, "one", MIDNIGHT);

	reading(&life, "refused_home", 100, MIDNIGHT);
	reading(&life, "refused_home", 3, MIDNIGHT);
	reading(&life, "refused_dsl", 10, MIDNIGHT + 1);
	reading(&life, "refused_home", 8, MIDNIGHT + 2);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_REFUSED), 108);
	assert_int_equal(of(&life, "2026-12-01", "dsl", DAY_REFUSED), 10);
	reading(&life, "refused_dsl", 15, MIDNIGHT - 1);
	reading(&life, "refused_dsl", 16, MIDNIGHT + 1);
	assert_int_equal(of(&life, "2026-11-30", "dsl", DAY_REFUSED), 5);
	assert_int_equal(of(&life, "2026-12-01", "dsl", DAY_REFUSED), 11);
	/* it fell while it was read, and what was written is what was counted */
	end(&life, MIDNIGHT);
	life = begin(state, "one", MIDNIGHT);
	reading(&life, "refused_home", 8, MIDNIGHT);
	reading(&life, "refused_dsl", 16, MIDNIGHT);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_REFUSED), 108);
	assert_int_equal(of(&life, "2026-12-01", "dsl", DAY_REFUSED), 11);
	end(&life, 0);
}

/* A database that is away delays the rows; they do not count twice when it is there again. */
static void test_away(void **state)
{
	struct store *away = store_new("/proc/no/such.db");
	struct life life = {figures_new(), days_new("one"), NULL};
	char path[TEMPORARY_PATH_MAX];

	assert_int_equal(days_read(life.days, away, MIDNIGHT), -EIO);
	reading(&life, "refused_home", 10, MIDNIGHT);
	assert_false(days_owing(life.days));
	life.store = store_new(temporary_path(state, "edge25.db", path));
	assert_int_equal(days_read(life.days, life.store, MIDNIGHT), 0);
	reading(&life, "refused_home", 12, MIDNIGHT);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_REFUSED), 12);
	assert_int_equal(days_write(life.days, away, MIDNIGHT), -EIO);
	assert_true(days_owing(life.days));
	assert_int_equal(days_write(life.days, life.store, MIDNIGHT), 0);
	assert_int_equal(days_write(life.days, life.store, MIDNIGHT), 0);
	store_free(away);
	end(&life, 0);
	life = begin(state, "one", MIDNIGHT);
	assert_int_equal(of(&life, "2026-12-01", "home", DAY_REFUSED), 12);
	end(&life, 0);
}

/* What finds no room counts when there is some; rows that are old and written make it. */
static void test_room(void **state)
{
	struct life life = begin(state, "one", MIDNIGHT);
	uint64_t sum = 0;
	const struct store_day *row;

	for (unsigned i = 0; i < DAYS_ROWS_MAX + 40; i++) {
		char name[64];

		snprintf(name, sizeof(name), "refused_p%u", i);
		reading(&life, name, 1, MIDNIGHT);
	}
	assert_null(days_at(life.days, DAYS_ROWS_MAX));
	assert_int_equal(days_write(life.days, life.store, MIDNIGHT), 0);
	days_count(life.days, life.figures, MIDNIGHT + (DAYS_SHOWN - 1) * DAY);
	assert_int_equal(of(&life, "2026-12-01", "p0", DAY_REFUSED), 1);
	days_count(life.days, life.figures, MIDNIGHT + DAYS_SHOWN * DAY);
	for (size_t i = 0; (row = days_at(life.days, i)); i++)
		sum += row->count[DAY_REFUSED];
	assert_int_equal(sum, 40);
	end(&life, MIDNIGHT);
}

static void count_rows(void *ctx, const struct store_day *day)
{
	(void)day;
	++*(size_t *)ctx;
}

static void test_kept(void **state)
{
	struct life life = begin(state, "one", MIDNIGHT);
	size_t rows = 0, deleted;

	for (unsigned i = 0; i < 10; i++)
		reading(&life, "refused_home", 1 + i, MIDNIGHT + i * DAY);
	assert_int_equal(days_write(life.days, life.store, MIDNIGHT), 0);
	assert_int_equal(days_delete(life.store, MIDNIGHT + 9 * DAY, 3 * DAY, 4, &deleted, NULL),
			 0);
	assert_int_equal(deleted, 5); /* four days, and the counter, written nine days ago */
	assert_int_equal(days_delete(life.store, MIDNIGHT + 9 * DAY, 3 * DAY, 4, &deleted, NULL),
			 0);
	assert_int_equal(deleted, 2);
	assert_int_equal(store_days_read(life.store, "", "9", 100, count_rows, &rows), 0);
	assert_int_equal(rows, 4);
	end(&life, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_midnight, zone, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_restart, zone, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_changes, zone, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_away, zone, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_room, zone, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_kept, zone, temporary_teardown),
	};

	return cmocka_run_group_tests_name("control/days", tests, NULL, NULL);
}
