// SPDX-License-Identifier: GPL-2.0-or-later
/* The allowlist's table. */
#include <errno.h>
#include <string.h>

#include "control/allow/allowlist.h"
#include "control/config/domain_name.h"
#include "control/store/store_internal.h"

static const char *name_text(const struct allow_entry *entry)
{
	return entry->to_name ? entry->to_name : "";
}

/* The statements of one change, which may have a hundred thousand differences. */
enum { INSERT, DELETE, UPDATE, AUDIT, STATEMENTS };

static const char *const statements[STATEMENTS] = {
	[INSERT] = "INSERT INTO allow (id, from_prefix, to_prefix, expires, comment, added, uid,"
		   " user, way, to_name, hits, used)"
		   " VALUES (nullif(?,0),?,?,?,?,?,?,?,?,?,?,?)",
	[DELETE] = "DELETE FROM allow WHERE id = ?",
	[UPDATE] = "UPDATE allow SET expires = ?, comment = ?, way = ? WHERE id = ?",
	[AUDIT] = STORE_AUDIT_INSERT,
};

struct writing {
	struct store *store;
	sqlite3_stmt *statements[STATEMENTS];
	const char *action; /* NULL: the word of the step */
	const struct store_actor *actor;
};

/* Prepared when it is needed first. */
static sqlite3_stmt *statement(struct writing *writing, unsigned which)
{
	if (!writing->statements[which])
		writing->statements[which] = store_prepare(writing->store, statements[which], "");
	return writing->statements[which];
}

static int insert(struct writing *writing, struct allow_entry *entry)
{
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];
	int result = store_again(writing->store, statement(writing, INSERT), "ittitiititii",
				 entry->id, store_side(&entry->from, from),
				 store_side(&entry->to, to), entry->expires,
				 entry->comment ? entry->comment : "", entry->added,
				 (int64_t)entry->uid, entry->user ? entry->user : "",
				 (int64_t)entry->way, name_text(entry), (int64_t)entry->hits,
				 entry->used);

	if (!result)
		entry->id = store_last_id(writing->store);
	return result;
}

static int write_entry(struct writing *writing, struct allow_difference *difference)
{
	struct allow_entry *entry = &difference->entry;

	switch (difference->step) {
	case ALLOW_STEP_ADD:
		return insert(writing, entry);
	case ALLOW_STEP_REMOVE:
		return store_again(writing->store, statement(writing, DELETE), "i", entry->id);
	default:
		return store_again(writing->store, statement(writing, UPDATE), "itii",
				   entry->expires, entry->comment ? entry->comment : "",
				   (int64_t)entry->way, entry->id);
	}
}

static int write_audit(struct writing *writing, const struct allow_difference *difference)
{
	static const char *const words[] = {
		[ALLOW_STEP_ADD] = "add", [ALLOW_STEP_REMOVE] = "del", [ALLOW_STEP_CHANGE] = "change"};
	const struct allow_entry *entry = &difference->entry;
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];

	return store_again(writing->store, statement(writing, AUDIT), STORE_AUDIT_TYPES,
			   writing->actor->time,
			   writing->action ? writing->action : words[difference->step], entry->id,
			   store_side(&entry->from, from), store_side(&entry->to, to),
			   entry->expires, entry->comment ? entry->comment : "",
			   (int64_t)writing->actor->uid, writing->actor->user, (int64_t)entry->way,
			   name_text(entry));
}

int store_allow_write(struct store *store, struct allow_difference *differences, size_t count,
		      const char *action, const struct store_actor *actor,
		      const struct store_then *then)
{
	struct writing writing = {.store = store, .action = action, .actor = actor};
	int result = store_begin(store);

	for (size_t i = 0; i < count && !result; i++) {
		result = write_entry(&writing, &differences[i]);
		if (!result)
			result = write_audit(&writing, &differences[i]);
	}
	for (unsigned i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(writing.statements[i]);
	return store_end_later(store, result, then);
}

static int read_row(sqlite3_stmt *row, struct allow_entry *entry)
{
	const char *from = store_text(row, 1), *to = store_text(row, 2), *name = store_text(row, 9);
	char read[DOMAIN_NAME_MAX];

	memset(entry, 0, sizeof(*entry));
	entry->id = sqlite3_column_int64(row, 0);
	if ((*from && prefix_parse(from, &entry->from)) || (*to && prefix_parse(to, &entry->to)) ||
	    (!*from && !*to && !*name))
		return -EINVAL;
	if (*name && (*to || !domain_name_read(name, read) || strcmp(name, read) != 0))
		return -EINVAL;
	entry->expires = sqlite3_column_int64(row, 3);
	entry->comment = (char *)store_text(row, 4);
	entry->added = sqlite3_column_int64(row, 5);
	entry->uid = (uint32_t)sqlite3_column_int64(row, 6);
	entry->user = (char *)store_text(row, 7);
	entry->way = (uint8_t)sqlite3_column_int(row, 8);
	entry->to_name = *name ? (char *)name : NULL;
	entry->hits = (uint64_t)sqlite3_column_int64(row, 10);
	entry->used = sqlite3_column_int64(row, 11);
	if (entry->way > ALLOW_ALWAYS)
		return -EINVAL;
	return 0;
}

int store_allow_read(struct store *store, int (*each)(void *ctx, const struct allow_entry *entry),
		     void *ctx)
{
	struct allow_entry entry;
	sqlite3_stmt *statement = store_prepare(
		store,
		"SELECT id, from_prefix, to_prefix, expires, comment, added, uid, user, way,"
		" to_name, hits, used FROM allow ORDER BY id",
		"");
	int step = SQLITE_DONE, result = statement ? 0 : -EIO;

	while (!result && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		result = read_row(statement, &entry);
		if (!result)
			result = each(ctx, &entry);
	}
	if (!result && step != SQLITE_DONE)
		result = store_fail(store);
	sqlite3_finalize(statement);
	return result;
}
