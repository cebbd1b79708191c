// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "control/store/store_audit.h"
#include "control/store/store_internal.h"

const char *store_side(const struct prefix *side, char text[PREFIX_TEXT_MAX])
{
	return side->addr.family ? prefix_format(side, text) : "";
}

int store_audit_line(struct store *store, const struct allow_entry *entry, const char *action,
		     const struct store_actor *actor)
{
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];

	return store_run(store, STORE_AUDIT_INSERT, STORE_AUDIT_TYPES, actor->time, action,
			 entry->id, store_side(&entry->from, from), store_side(&entry->to, to),
			 entry->expires, entry->comment ? entry->comment : "", (int64_t)actor->uid,
			 actor->user, (int64_t)entry->way, entry->to_name ? entry->to_name : "");
}

int store_audit(struct store *store, const struct allow_entry *entry, const char *action,
		const struct store_actor *actor, const struct store_then *then)
{
	int result = store_begin(store);

	if (!result)
		result = store_audit_line(store, entry, action, actor);
	return store_end_later(store, result, then);
}

/* What somebody else wrote there is shown as far as it can be. */
static void read_side(sqlite3_stmt *row, int column, struct prefix *side)
{
	if (prefix_parse(store_text(row, column), side))
		memset(side, 0, sizeof(*side));
}

static void read_line(sqlite3_stmt *row, struct audit_line *line)
{
	const char *name = store_text(row, 11);

	*line = (struct audit_line){
		.id = sqlite3_column_int64(row, 0),
		.time = sqlite3_column_int64(row, 1),
		.action = store_text(row, 2),
		.entry = {.id = sqlite3_column_int64(row, 3),
			  .expires = sqlite3_column_int64(row, 6),
			  .comment = (char *)store_text(row, 7),
			  .way = (uint8_t)sqlite3_column_int(row, 10),
			  .to_name = *name ? (char *)name : NULL},
		.actor = {.uid = (uint32_t)sqlite3_column_int64(row, 8),
			  .user = store_text(row, 9)},
	};
	line->actor.time = line->time;
	read_side(row, 4, &line->entry.from);
	read_side(row, 5, &line->entry.to);
}

#define COLUMNS                                                                                     \
	"SELECT id, time, action, entry, from_prefix, to_prefix, expires, comment, uid, user, way," \
	" to_name FROM audit WHERE id < ?"

int store_audit_read(struct store *store, int64_t before, int64_t entry, store_audit_each *each,
		     void *ctx)
{
	sqlite3_stmt *statement;
	int step = SQLITE_DONE, result = 0;

	if (!before)
		before = INT64_MAX;
	statement = entry ? store_prepare(store, COLUMNS " AND entry = ? ORDER BY id DESC", "ii",
					  before, entry) :
			    store_prepare(store, COLUMNS " ORDER BY id DESC", "i", before);
	if (!statement)
		return -EIO;
	while (!result && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		struct audit_line line;

		read_line(statement, &line);
		result = each(ctx, &line);
	}
	if (!result && step != SQLITE_DONE)
		result = store_fail(store);
	sqlite3_finalize(statement);
	return result;
}

int store_audit_delete(struct store *store, int64_t before, size_t limit, size_t *deleted,
		       const struct store_then *then)
{
	int result = store_begin(store);

	*deleted = 0;
	if (!result)
		result = store_run(store,
				   "DELETE FROM audit WHERE id IN"
				   " (SELECT id FROM audit WHERE time < ? ORDER BY time LIMIT ?)",
				   "ii", before, (int64_t)limit);

	if (!result)
		*deleted = store_changes(store);
	return store_end_later(store, result, then);
}
