// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "control/store/store_containment.h"
#include "control/store/store_internal.h"

static int audit(struct store *store, const struct contained *contained)
{
	char host[PREFIX_TEXT_MAX];

	if (!contained->action)
		return 0;
	return store_run(store,
			 "INSERT INTO audit (time, action, entry, from_prefix, to_prefix, expires,"
			 " comment, uid, user) VALUES (?,?,0,?,'',?,?,?,?)",
			 "ittitit", contained->acted, contained->action,
			 prefix_format(&contained->host, host), contained->until,
			 contained->comment, (int64_t)contained->actor_uid, contained->actor);
}

static int write_one(struct store *store, const struct contained *contained)
{
	char host[PREFIX_TEXT_MAX], source[ADDR_TEXT_MAX];

	return store_run(store,
			 "INSERT OR REPLACE INTO containment (host, source, policy, since, until,"
			 " seconds, remember, times, released, automatic, comment, uid, user)"
			 " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
			 "tttiiiiiiitit", prefix_format(&contained->host, host),
			 addr_format(&contained->source, source), contained->policy,
			 contained->since, contained->until, (int64_t)contained->seconds,
			 (int64_t)contained->remember, (int64_t)contained->times,
			 contained->released, (int64_t)contained->automatic, contained->comment,
			 (int64_t)contained->uid, contained->user);
}

static int delete_one(struct store *store, const struct prefix *host)
{
	char text[PREFIX_TEXT_MAX];

	return store_run(store, "DELETE FROM containment WHERE host = ?", "t",
			 prefix_format(host, text));
}

int store_containment_write(struct store *store, struct contained *const *list, size_t count,
			    const struct prefix *gone, size_t gone_count,
			    const struct store_then *then)
{
	int result = store_begin(store);

	for (size_t i = 0; i < gone_count && !result; i++)
		result = delete_one(store, &gone[i]);
	for (size_t i = 0; i < count && !result; i++) {
		result = write_one(store, list[i]);
		if (!result)
			result = audit(store, list[i]);
	}
	return store_end_later(store, result, then);
}

static bool read_row(sqlite3_stmt *row, struct contained *contained)
{
	memset(contained, 0, sizeof(*contained));
	if (prefix_parse(store_text(row, 0), &contained->host) ||
	    addr_parse(store_text(row, 1), &contained->source) ||
	    !prefix_contains(&contained->host, &contained->source))
		return false;
	snprintf(contained->policy, sizeof(contained->policy), "%s", store_text(row, 2));
	contained->since = sqlite3_column_int64(row, 3);
	contained->until = sqlite3_column_int64(row, 4);
	contained->seconds = (uint64_t)sqlite3_column_int64(row, 5);
	contained->remember = (uint64_t)sqlite3_column_int64(row, 6);
	contained->times = (uint32_t)sqlite3_column_int64(row, 7);
	contained->released = sqlite3_column_int64(row, 8);
	contained->automatic = sqlite3_column_int(row, 9) != 0;
	snprintf(contained->comment, sizeof(contained->comment), "%s", store_text(row, 10));
	contained->uid = (uint32_t)sqlite3_column_int64(row, 11);
	snprintf(contained->user, sizeof(contained->user), "%s", store_text(row, 12));
	/* as the kernel's sets take them */
	return policy_is_host(&contained->host);
}

int store_containment_read(struct store *store,
			   void (*each)(void *ctx, const struct contained *contained), void *ctx)
{
	sqlite3_stmt *statement = store_prepare(
		store,
		"SELECT host, source, policy, since, until, seconds, remember, times, released,"
		" automatic, comment, uid, user FROM containment",
		"");
	struct contained contained;
	int step = SQLITE_DONE;

	while (statement && (step = sqlite3_step(statement)) == SQLITE_ROW)
		if (read_row(statement, &contained))
			each(ctx, &contained);
	return store_finish(store, statement, step);
}
