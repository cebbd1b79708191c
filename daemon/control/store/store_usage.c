// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/store/store_usage.h"

#include <stdio.h>
#include <string.h>

#include "control/store/store_internal.h"

#define NAME_TEXT_MAX (2 * MESSAGE_USE_NAME + 1)

/* In hexadecimal digits. */
static const char *name_text(const struct message_use *use, char text[NAME_TEXT_MAX])
{
	const uint8_t *bytes = (const uint8_t *)use;

	for (size_t i = 0; i < MESSAGE_USE_NAME; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* False: somebody else wrote it. */
static bool name_read(const char *text, struct message_use *use)
{
	uint8_t *bytes = (uint8_t *)use;
	unsigned byte;

	if (strlen(text) != 2 * MESSAGE_USE_NAME)
		return false;
	for (size_t i = 0; i < MESSAGE_USE_NAME; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		bytes[i] = (uint8_t)byte;
	}
	return true;
}

int store_usage_read(struct store *store, void (*each)(void *ctx, const struct usage_row *row),
		     void *ctx)
{
	sqlite3_stmt *statement = store_prepare(
		store, "SELECT element, entry, birth, packets, hits, used FROM allow_use", "");
	int step = SQLITE_DONE;

	while (statement && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		struct usage_row row = {0};

		if (!name_read(store_text(statement, 0), &row.use))
			continue;
		row.use.id = (uint32_t)sqlite3_column_int64(statement, 1);
		row.use.birth = (uint32_t)sqlite3_column_int64(statement, 2);
		row.use.packets = (uint64_t)sqlite3_column_int64(statement, 3);
		row.hits = (uint64_t)sqlite3_column_int64(statement, 4);
		row.used = sqlite3_column_int64(statement, 5);
		each(ctx, &row);
	}
	return store_finish(store, statement, step);
}

int store_usage_begin(struct store *store)
{
	return store_begin(store);
}

int store_usage_end(struct store *store, int result, const struct store_then *then)
{
	return store_end_later(store, result, then);
}

int store_usage_put(struct store *store, const struct usage_row *row)
{
	char name[NAME_TEXT_MAX];

	return store_run(store,
			 "INSERT OR REPLACE INTO allow_use (element, entry, birth, packets, hits,"
			 " used) VALUES (?,?,?,?,?,?)",
			 "tiiiii", name_text(&row->use, name), (int64_t)row->use.id,
			 (int64_t)row->use.birth, (int64_t)row->use.packets, (int64_t)row->hits,
			 row->used);
}

int store_usage_delete(struct store *store, const struct usage_row *row)
{
	char name[NAME_TEXT_MAX];

	return store_run(store, "DELETE FROM allow_use WHERE element = ?", "t",
			 name_text(&row->use, name));
}

int store_usage_entry(struct store *store, const struct allow_entry *entry)
{
	return store_run(store, "UPDATE allow SET hits = ?, used = ? WHERE id = ?", "iii",
			 (int64_t)entry->hits, entry->used, entry->id);
}
