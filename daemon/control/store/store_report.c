// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "control/store/store_internal.h"
#include "control/store/store_report.h"

int store_report_incidents(struct store *store, int64_t since, int64_t until,
			   struct store_report_incidents *counts)
{
	/* all columns are in the index incident_seen: no incident is read */
	sqlite3_stmt *row = store_prepare(store,
					  "SELECT class, sum(opened >= ?1 AND opened < ?2),"
					  " sum(closed >= ?1 AND closed < ?2 AND closed != 0)"
					  " FROM incident GROUP BY class",
					  "ii", since, until);
	int step = SQLITE_DONE;

	memset(counts, 0, sizeof(*counts));
	while (row && (step = sqlite3_step(row)) == SQLITE_ROW) {
		const int class = host_class_value(store_text(row, 0));

		if (class < 0)
			continue;
		counts->opened[class] = (uint64_t)sqlite3_column_int64(row, 1);
		counts->closed[class] = (uint64_t)sqlite3_column_int64(row, 2);
	}
	return store_finish(store, row, step);
}

int store_report_worst(struct store *store, int64_t since, int64_t until, size_t max, int64_t *ids,
		       size_t *count)
{
	sqlite3_stmt *row = store_prepare(store,
					  "SELECT id FROM incident WHERE last_seen >= ?"
					  " AND opened < ? ORDER BY class = 'infected' DESC,"
					  " class = 'suspect' DESC, attempts DESC LIMIT ?",
					  "iii", since, until, (int64_t)max);
	int step = SQLITE_DONE;

	*count = 0;
	while (row && *count < max && (step = sqlite3_step(row)) == SQLITE_ROW)
		ids[(*count)++] = sqlite3_column_int64(row, 0);
	if (*count == max)
		step = SQLITE_DONE;
	return store_finish(store, row, step);
}

int store_report_changes(struct store *store, int64_t since, int64_t until,
			 void (*each)(void *ctx, const struct store_report_change *change),
			 void *ctx)
{
	sqlite3_stmt *row = store_prepare(store,
					  "SELECT action, user, uid, count(*) FROM"
					  " (SELECT action, user, uid FROM audit WHERE time >= ?"
					  " AND time < ? ORDER BY time DESC LIMIT ?)"
					  " GROUP BY user, uid, action ORDER BY user, action",
					  "iii", since, until, (int64_t)STORE_REPORT_AUDIT);
	int step = SQLITE_DONE;

	while (row && (step = sqlite3_step(row)) == SQLITE_ROW) {
		const struct store_report_change change = {
			.action = store_text(row, 0),
			.user = store_text(row, 1),
			.uid = (uint32_t)sqlite3_column_int64(row, 2),
			.count = (uint64_t)sqlite3_column_int64(row, 3),
		};

		each(ctx, &change);
	}
	return store_finish(store, row, step);
}

int store_report_contained(struct store *store, int64_t since, int64_t until, size_t max,
			   void (*each)(void *ctx, const struct store_report_contained *contained),
			   void *ctx)
{
	sqlite3_stmt *row = store_prepare(
		store,
		"SELECT time, expires, from_prefix, comment, user, uid, action FROM"
		" (SELECT * FROM audit WHERE time >= ? AND time < ? ORDER BY time DESC LIMIT ?)"
		" WHERE action IN ('contain', 'contained') LIMIT ?",
		"iiii", since, until, (int64_t)STORE_REPORT_AUDIT, (int64_t)max);
	int step = SQLITE_DONE;

	while (row && (step = sqlite3_step(row)) == SQLITE_ROW) {
		const struct store_report_contained contained = {
			.time = sqlite3_column_int64(row, 0),
			.until = sqlite3_column_int64(row, 1),
			.host = store_text(row, 2),
			.comment = store_text(row, 3),
			.user = store_text(row, 4),
			.uid = (uint32_t)sqlite3_column_int64(row, 5),
			.automatic = strcmp(store_text(row, 6), "contained") == 0,
		};

		each(ctx, &contained);
	}
	return store_finish(store, row, step);
}
