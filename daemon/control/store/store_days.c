// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "control/store/store_days.h"
#include "control/store/store_internal.h"

static int add_day(struct store *store, const struct store_day *day)
{
	const int64_t refused = (int64_t)day->count[DAY_REFUSED];
	const int64_t passed = (int64_t)day->count[DAY_PASSED];

	return store_run(store,
			 "INSERT INTO day (day, policy, attempts, refused, passed, unanswered)"
			 " VALUES (?,?,?,?,?,?) ON CONFLICT (day, policy) DO UPDATE SET"
			 " attempts = attempts + excluded.attempts,"
			 " refused = refused + excluded.refused, passed = passed + excluded.passed,"
			 " unanswered = unanswered + excluded.unanswered",
			 "ttiiii", day->day, day->policy, refused + passed, refused, passed,
			 (int64_t)day->count[DAY_UNANSWERED]);
}

static int put_counter(struct store *store, const struct store_counter *counter, const char *boot,
		       int64_t now)
{
	return store_run(store,
			 "INSERT OR REPLACE INTO counter (name, packets, boot, written)"
			 " VALUES (?,?,?,?)",
			 "titi", counter->name, (int64_t)counter->packets, boot, now);
}

int store_days_write(struct store *store, store_day_next *days, store_counter_next *counters,
		     void *ctx, const char *boot, int64_t now, const struct store_then *then)
{
	struct store_counter counter;
	struct store_day day;
	int result = store_begin(store);

	while (!result && days(ctx, &day))
		result = add_day(store, &day);
	while (!result && counters(ctx, &counter))
		result = put_counter(store, &counter, boot, now);
	return store_end_later(store, result, then);
}

static void read_day(sqlite3_stmt *row, struct store_day *day)
{
	memset(day, 0, sizeof(*day));
	snprintf(day->day, sizeof(day->day), "%s", store_text(row, 0));
	snprintf(day->policy, sizeof(day->policy), "%s", store_text(row, 1));
	for (int i = 0; i < DAY_COUNTS; i++)
		day->count[i] = (uint64_t)sqlite3_column_int64(row, 2 + i);
}

int store_days_read(struct store *store, const char *from, const char *to, size_t max,
		    void (*each)(void *ctx, const struct store_day *day), void *ctx)
{
	sqlite3_stmt *row =
		store_prepare(store,
			      "SELECT day, policy, refused, passed, unanswered FROM day"
			      " WHERE day >= ? AND day <= ? ORDER BY day, policy LIMIT ?",
			      "tti", from, to, (int64_t)max);
	int step = SQLITE_DONE;

	while (row && (step = sqlite3_step(row)) == SQLITE_ROW) {
		struct store_day day;

		read_day(row, &day);
		each(ctx, &day);
	}
	return store_finish(store, row, step);
}

int store_counters_read(struct store *store, const char *boot, size_t max,
			void (*each)(void *ctx, const struct store_counter *counter), void *ctx)
{
	sqlite3_stmt *row = store_prepare(store,
					  "SELECT name, packets FROM counter WHERE boot = ?"
					  " ORDER BY written DESC LIMIT ?",
					  "ti", boot, (int64_t)max);
	struct store_counter counter;
	int step = SQLITE_DONE;

	while (row && (step = sqlite3_step(row)) == SQLITE_ROW) {
		snprintf(counter.name, sizeof(counter.name), "%s", store_text(row, 0));
		counter.packets = (uint64_t)sqlite3_column_int64(row, 1);
		each(ctx, &counter);
	}
	return store_finish(store, row, step);
}

int store_days_delete(struct store *store, const char *day, int64_t time, size_t max,
		      size_t *deleted, const struct store_then *then)
{
	int result = store_begin(store);

	*deleted = 0;
	if (!result)
		result = store_run(store,
				   "DELETE FROM day WHERE rowid IN"
				   " (SELECT rowid FROM day WHERE day < ? ORDER BY day LIMIT ?)",
				   "ti", day, (int64_t)max);
	if (!result)
		*deleted = store_changes(store);
	if (!result)
		result = store_run(store,
				   "DELETE FROM counter WHERE rowid IN"
				   " (SELECT rowid FROM counter WHERE written < ? LIMIT ?)",
				   "ii", time, (int64_t)max);
	if (!result)
		*deleted += store_changes(store);
	return store_end_later(store, result, then);
}
