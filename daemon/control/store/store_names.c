// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "control/store/store_internal.h"
#include "control/store/store_names.h"

int store_names_begin(struct store *store)
{
	return store_begin(store);
}

int store_names_write(struct store *store, const char *name, const struct stored_address *addresses,
		      size_t count)
{
	int result = store_run(store, "DELETE FROM name_address WHERE name = ?", "t", name);

	for (size_t i = 0; i < count && !result; i++) {
		char text[ADDR_TEXT_MAX];

		result = store_run(store, "INSERT INTO name_address VALUES (?,?,?,?)", "ttii", name,
				   addr_format(&addresses[i].addr, text), addresses[i].since,
				   addresses[i].seen);
	}
	return result;
}

int store_names_end(struct store *store, int result, const struct store_then *then)
{
	return store_end_later(store, result, then);
}

static bool
read_row(sqlite3_stmt *row,
	 bool (*each)(void *ctx, const char *name, const struct stored_address *address), void *ctx)
{
	struct stored_address address = {.since = sqlite3_column_int64(row, 2),
					 .seen = sqlite3_column_int64(row, 3)};

	return addr_parse(store_text(row, 1), &address.addr) == 0 &&
	       each(ctx, store_text(row, 0), &address);
}

int store_names_read(struct store *store,
		     bool (*each)(void *ctx, const char *name,
				  const struct stored_address *address),
		     void *ctx)
{
	sqlite3_stmt *statement;
	int result = store_begin(store), step = SQLITE_DONE;

	if (result)
		return result;
	statement = store_prepare(store,
				  "SELECT name, address, since, seen, rowid FROM name_address"
				  " ORDER BY name, since, address",
				  "");
	result = statement ? 0 : -EIO;
	while (!result && (step = sqlite3_step(statement)) == SQLITE_ROW)
		if (!read_row(statement, each, ctx))
			result = store_run(store, "DELETE FROM name_address WHERE rowid = ?", "i",
					   (int64_t)sqlite3_column_int64(statement, 4));
	if (!result && step != SQLITE_DONE)
		result = store_fail(store);
	sqlite3_finalize(statement);
	return store_end(store, result);
}
