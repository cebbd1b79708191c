// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/store/store_forget.h"
#include "common/array.h"

#include <errno.h>
#include <stdlib.h>

#include "control/store/store_internal.h"

struct rows {
	int64_t *all;
	size_t count;
};

static bool is_of(const struct prefix *host, const char *text)
{
	struct prefix prefix;

	return *text && !prefix_parse(text, &prefix) &&
	       (prefix_covers(host, &prefix) || prefix_equal(host, &prefix));
}

/* A host that was kept by a longer or a shorter prefix is the same one in part. */
static bool is_host(const struct prefix *host, const char *text)
{
	struct prefix prefix;

	return is_of(host, text) || (!prefix_parse(text, &prefix) && prefix_covers(&prefix, host));
}

static int add(struct rows *rows, int64_t row)
{
	int64_t *all = array_room(rows->all, rows->count, sizeof(*all));

	if (!all)
		return -ENOMEM;
	rows->all = all;
	all[rows->count++] = row;
	return 0;
}

/* Rows of a query for a number and one or two prefixes. */
static int find(struct store *store, const char *sql, bool exact, const struct prefix *host,
		struct rows *rows)
{
	sqlite3_stmt *statement = store_prepare(store, sql, "");
	int step = SQLITE_DONE, result = statement ? 0 : -EIO;

	while (!result && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *from = store_text(statement, 1), *to = store_text(statement, 2);

		if (exact ? is_of(host, from) || is_of(host, to) : is_host(host, from))
			result = add(rows, sqlite3_column_int64(statement, 0));
	}
	if (!result && step != SQLITE_DONE)
		result = store_fail(store);
	sqlite3_finalize(statement);
	return result;
}

static int delete_rows(struct store *store, const struct prefix *host, size_t *count,
		       const char *sql, bool exact, const char *deletion)
{
	struct rows rows = {0};
	int result = find(store, sql, exact, host, &rows);

	for (size_t i = 0; !result && i < rows.count; i++)
		result = store_run(store, deletion, "i", rows.all[i]);
	*count = rows.count;
	free(rows.all);
	return result;
}

/* Such a statement answers with a row or with none. */
static int set(struct store *store, const char *pragma)
{
	sqlite3_stmt *statement = store_prepare(store, pragma, "");
	int step = statement ? sqlite3_step(statement) : SQLITE_ERROR;
	int result = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_fail(store);

	sqlite3_finalize(statement);
	return result;
}

int store_forget(struct store *store, const struct prefix *host, const struct store_actor *actor,
		 struct store_forgotten *forgotten, const struct store_then *then)
{
	const struct allow_entry nothing = {0};
	int result;

	*forgotten = (struct store_forgotten){0};
	result = set(store, "PRAGMA secure_delete=ON");
	if (!result)
		result = store_begin(store);
	if (!result)
		result = delete_rows(store, host, &forgotten->summaries,
				     "SELECT rowid, host FROM host", false,
				     "DELETE FROM host WHERE rowid = ?");
	if (!result)
		result = delete_rows(store, host, &forgotten->incidents,
				     "SELECT id, host FROM incident", false,
				     "DELETE FROM incident WHERE id = ?");
	if (!result)
		result = delete_rows(store, host, &forgotten->containments,
				     "SELECT rowid, host FROM containment", false,
				     "DELETE FROM containment WHERE rowid = ?");
	if (!result)
		result = delete_rows(store, host, &forgotten->audit,
				     "SELECT id, from_prefix, to_prefix FROM audit WHERE action ="
				     " 'incidents.close' OR entry NOT IN (SELECT id FROM allow)",
				     true, "DELETE FROM audit WHERE id = ?");
	if (!result)
		result = store_audit_line(store, &nothing, "forget", actor);
	return store_end_later(store, result, then);
}

void store_vacuum(struct store *store, const struct store_then *then)
{
	/* what is written anew is built in memory: a file beside it would have all of it, too */
	store_run_later(store, "PRAGMA temp_store=MEMORY; VACUUM", then);
}
