// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/store/store_hosts.h"

#include <stdio.h>
#include <string.h>

#include "control/store/store_internal.h"

int store_hosts_put(struct store *store, const struct host_summary *summary)
{
	const struct host_past *past = &summary->past;
	char host[PREFIX_TEXT_MAX];

	return store_run(store,
			 "INSERT OR REPLACE INTO host (host, class, policy, first_seen, last_seen,"
			 " refused, passed, destinations, tallies) VALUES (?,?,?,?,?,?,?,?,?)",
			 "tttiiiiit", prefix_format(&past->prefix, host),
			 host_class_word(past->class), summary->policy, past->first_seen,
			 past->last_seen, (int64_t)past->refused, (int64_t)past->passed,
			 (int64_t)past->destinations, summary->tallies);
}

int store_hosts_write(struct store *store, bool (*next)(void *ctx, struct host_summary *summary),
		      void *ctx, const struct store_then *then)
{
	struct host_summary summary;
	int result = store_begin(store);

	while (!result && next(ctx, &summary))
		result = store_hosts_put(store, &summary);
	return store_end_later(store, result, then);
}

/* False: somebody else wrote it. */
static bool read_row(sqlite3_stmt *row, struct host_summary *summary)
{
	struct host_past *past = &summary->past;
	const int class = host_class_value(store_text(row, 1));

	memset(summary, 0, sizeof(*summary));
	if (class < 0 || prefix_parse(store_text(row, 0), &past->prefix))
		return false;
	past->class = (uint8_t) class;
	snprintf(summary->policy, sizeof(summary->policy), "%s", store_text(row, 2));
	past->first_seen = sqlite3_column_int64(row, 3);
	past->last_seen = sqlite3_column_int64(row, 4);
	past->refused = (uint64_t)sqlite3_column_int64(row, 5);
	past->passed = (uint64_t)sqlite3_column_int64(row, 6);
	past->destinations = (uint32_t)sqlite3_column_int64(row, 7);
	snprintf(summary->tallies, sizeof(summary->tallies), "%s", store_text(row, 8));
	return policy_is_host(&past->prefix);
}

int store_hosts_read(struct store *store, size_t max,
		     void (*each)(void *ctx, const struct host_summary *summary), void *ctx)
{
	sqlite3_stmt *statement = store_prepare(
		store,
		"SELECT * FROM (SELECT host, class, policy, first_seen, last_seen, refused, passed,"
		" destinations, tallies FROM host ORDER BY last_seen DESC LIMIT ?)"
		" ORDER BY last_seen",
		"i", (int64_t)max);
	struct host_summary summary;
	int step = SQLITE_DONE;

	while (statement && (step = sqlite3_step(statement)) == SQLITE_ROW)
		if (read_row(statement, &summary))
			each(ctx, &summary);
	return store_finish(store, statement, step);
}

static int delete_oldest(struct store *store, int64_t before, int64_t max, size_t *deleted)
{
	int result = store_run(store,
			       "DELETE FROM host WHERE host IN (SELECT host FROM host"
			       " WHERE last_seen < ? ORDER BY last_seen LIMIT ?)",
			       "ii", before, max);

	if (!result)
		*deleted += store_changes(store);
	return result;
}

int store_hosts_delete(struct store *store, int64_t before, size_t keep, size_t max,
		       size_t *deleted, const struct store_then *then)
{
	int64_t count = 0, over;
	int result = store_begin(store);

	*deleted = 0;
	if (!result)
		result = store_number(store, &count, "SELECT count(*) FROM host", "");
	if (!result)
		result = delete_oldest(store, before, (int64_t)max, deleted);
	over = count - (int64_t)*deleted - (int64_t)keep;
	if (!result && over > 0)
		result = delete_oldest(store, INT64_MAX, over < (int64_t)max ? over : (int64_t)max,
				       deleted);
	return store_end_later(store, result, then);
}
