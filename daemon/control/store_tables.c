// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store_internal.h"

/* --- allow entries --- */

static const char *side_text(const struct prefix *side, char text[PREFIX_TEXT_MAX])
{
	return side->addr.family ? prefix_format(side, text) : "";
}

int store_audit(struct store *store, const struct allow_entry *entry, const char *action,
		const struct store_actor *actor)
{
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];

	return store_run(store,
			 "INSERT INTO audit (time, action, entry, from_prefix, to_prefix, expires,"
			 " comment, uid, user, way, to_name) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			 "itittititit", actor->time, action, entry->id,
			 side_text(&entry->from, from), side_text(&entry->to, to), entry->expires,
			 entry->comment ? entry->comment : "", (int64_t)actor->uid, actor->user,
			 (int64_t)entry->way, entry->to_name ? entry->to_name : "");
}

static int insert(struct store *store, struct allow_entry *entry)
{
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];
	int result;

	result = store_run(store,
			   "INSERT INTO allow (id, from_prefix, to_prefix, expires, comment, added,"
			   " uid, user, way, to_name, hits, used)"
			   " VALUES (nullif(?,0),?,?,?,?,?,?,?,?,?,?,?)",
			   "ittitiititii", entry->id, side_text(&entry->from, from),
			   side_text(&entry->to, to), entry->expires, entry->comment, entry->added,
			   (int64_t)entry->uid, entry->user, (int64_t)entry->way,
			   entry->to_name ? entry->to_name : "", (int64_t)entry->hits, entry->used);
	if (!result)
		entry->id = store_last_id(store);
	return result;
}

int store_allow_add(struct store *store, struct allow_entry *entry, const char *action,
		    const struct store_actor *actor)
{
	const int64_t id = entry->id;
	int result = store_begin(store);

	if (!result)
		result = insert(store, entry);
	if (!result)
		result = store_audit(store, entry, action, actor);
	result = store_end(store, result);
	if (result)
		entry->id = id;
	return result;
}

int store_allow_del(struct store *store, const struct allow_entry *entry, const char *action,
		    const struct store_actor *actor)
{
	int result = store_begin(store);

	if (!result)
		result = store_run(store, "DELETE FROM allow WHERE id = ?", "i", entry->id);
	if (!result)
		result = store_audit(store, entry, action, actor);
	return store_end(store, result);
}

static int read_row(sqlite3_stmt *row, struct allow_entry *entry)
{
	const char *from = store_text(row, 1), *to = store_text(row, 2), *name = store_text(row, 9);

	memset(entry, 0, sizeof(*entry));
	entry->id = sqlite3_column_int64(row, 0);
	if ((*from && prefix_parse(from, &entry->from)) || (*to && prefix_parse(to, &entry->to)) ||
	    (!*from && !*to && !*name))
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

/* --- policy numbers --- */

struct numbers {
	char name[POLICIES_MAX][POLICY_NAME_MAX];
	int64_t used[POLICIES_MAX];
	bool taken[POLICIES_MAX]; /* by a policy of this configuration */
};

static int numbers_read(struct store *store, struct numbers *numbers)
{
	sqlite3_stmt *statement =
		store_prepare(store, "SELECT name, number, used FROM policy_number", "");
	int step;

	memset(numbers, 0, sizeof(*numbers));
	if (!statement)
		return -EIO;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		int number = sqlite3_column_int(statement, 1);

		if (number < 0 || number >= POLICIES_MAX)
			continue;
		snprintf(numbers->name[number], POLICY_NAME_MAX, "%s", store_text(statement, 0));
		numbers->used[number] = sqlite3_column_int64(statement, 2);
	}
	sqlite3_finalize(statement);
	return step == SQLITE_DONE ? 0 : store_fail(store);
}

static int numbers_find(const struct numbers *numbers, const char *name)
{
	for (int i = 0; i < POLICIES_MAX; i++)
		if (strcmp(numbers->name[i], name) == 0)
			return i;
	return -1;
}

/* A free number has no name and was used at 0, so it comes before all others. */
static int numbers_oldest(const struct numbers *numbers)
{
	int oldest = -1;

	for (int i = 0; i < POLICIES_MAX; i++)
		if (!numbers->taken[i] && (oldest < 0 || numbers->used[i] < numbers->used[oldest]))
			oldest = i;
	return oldest;
}

static void numbers_assign(struct numbers *numbers, const struct policy *policies, size_t count,
			   uint8_t out[POLICIES_MAX])
{
	int found[POLICIES_MAX];

	for (size_t i = 0; i < count; i++) {
		found[i] = numbers_find(numbers, policies[i].name);
		if (found[i] >= 0)
			numbers->taken[found[i]] = true;
	}
	for (size_t i = 0; i < count; i++) {
		if (found[i] < 0)
			found[i] = numbers_oldest(numbers);
		numbers->taken[found[i]] = true;
		out[i] = (uint8_t)found[i];
	}
}

int store_numbers(struct store *store, const struct policy *policies, size_t count, int64_t now,
		  uint8_t out[POLICIES_MAX])
{
	struct numbers numbers;
	int result = numbers_read(store, &numbers);

	numbers_assign(&numbers, policies, count, out);
	if (!result)
		result = store_begin(store);
	for (size_t i = 0; i < count && !result; i++) {
		result = store_run(store, "DELETE FROM policy_number WHERE name = ? OR number = ?",
				   "ti", policies[i].name, (int64_t)out[i]);
		if (!result)
			result = store_run(store, "INSERT INTO policy_number VALUES (?,?,?)", "tii",
					   policies[i].name, (int64_t)out[i], now);
	}
	return store_end(store, result);
}
