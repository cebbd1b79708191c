// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/store/store_internal.h"
#include "control/store/store_later.h"

#define SCHEMA_VERSION 5
#define SCHEMA_VERSION_TEXT "5"
#define BUSY_MS 250 /* somebody's sqlite3 shell has the lock; longer would stall everyone */

struct store {
	sqlite3 *db;
	char *path;
	char problem[STORE_PROBLEM_MAX];
	struct store_later *later; /* NULL: no thread */
};

static const char pragmas[] = "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;"
			      "PRAGMA trusted_schema=OFF;";

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE allow (id INTEGER PRIMARY KEY AUTOINCREMENT, from_prefix TEXT NOT NULL,"
	" to_prefix TEXT NOT NULL, expires INTEGER NOT NULL, comment TEXT NOT NULL,"
	" added INTEGER NOT NULL, uid INTEGER NOT NULL, user TEXT NOT NULL,"
	" UNIQUE (from_prefix, to_prefix));"
	"CREATE TABLE audit (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, action TEXT NOT NULL,"
	" entry INTEGER NOT NULL, from_prefix TEXT NOT NULL, to_prefix TEXT NOT NULL,"
	" expires INTEGER NOT NULL, comment TEXT NOT NULL, uid INTEGER NOT NULL, user TEXT NOT NULL);"
	"CREATE TABLE policy_number (name TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE,"
	" used INTEGER NOT NULL);"
	"PRAGMA user_version=1;"
	"COMMIT;";

int store_fail(struct store *store)
{
	snprintf(store->problem, sizeof(store->problem), "%s: %s", store->path,
		 store->db ? sqlite3_errmsg(store->db) : "no memory");
	return -EIO;
}

/* What each version added; schema 1 is above. */
static const char *const upgrades[] = {
	[2] = "BEGIN IMMEDIATE;"
	      "ALTER TABLE allow ADD COLUMN way INTEGER NOT NULL DEFAULT 0;"
	      "PRAGMA user_version=2;"
	      "COMMIT;",
	/* The newest numbers are kept apart, so that none comes again when its incident was deleted. */
	[3] = "BEGIN IMMEDIATE;"
	      "CREATE TABLE incident (id INTEGER PRIMARY KEY, change INTEGER NOT NULL,"
	      " host TEXT NOT NULL, class TEXT NOT NULL, action INTEGER NOT NULL,"
	      " opened INTEGER NOT NULL, closed INTEGER NOT NULL, first_seen INTEGER NOT NULL,"
	      " last_seen INTEGER NOT NULL, contained_until INTEGER NOT NULL,"
	      " attempts INTEGER NOT NULL, destinations INTEGER NOT NULL,"
	      " verified INTEGER NOT NULL, shared INTEGER NOT NULL, policy TEXT NOT NULL,"
	      " range TEXT NOT NULL, interface TEXT NOT NULL, mac TEXT NOT NULL,"
	      " name TEXT NOT NULL, name_source TEXT NOT NULL, reasons TEXT NOT NULL,"
	      " evidence TEXT NOT NULL, host_attempts INTEGER NOT NULL,"
	      " host_destinations INTEGER NOT NULL);"
	      "CREATE INDEX incident_change ON incident (change);"
	      "CREATE INDEX incident_closed ON incident (closed);"
	      "CREATE INDEX incident_host ON incident (host);"
	      "CREATE TABLE newest (name TEXT PRIMARY KEY, number INTEGER NOT NULL);"
	      "CREATE TABLE containment (host TEXT PRIMARY KEY, source TEXT NOT NULL,"
	      " policy TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,"
	      " seconds INTEGER NOT NULL, remember INTEGER NOT NULL, times INTEGER NOT NULL,"
	      " released INTEGER NOT NULL, automatic INTEGER NOT NULL, comment TEXT NOT NULL,"
	      " uid INTEGER NOT NULL, user TEXT NOT NULL);"
	      "CREATE TABLE host (host TEXT PRIMARY KEY, class TEXT NOT NULL, policy TEXT NOT NULL,"
	      " first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, refused INTEGER NOT NULL,"
	      " passed INTEGER NOT NULL, destinations INTEGER NOT NULL, tallies TEXT NOT NULL);"
	      "CREATE INDEX host_last_seen ON host (last_seen);"
	      "PRAGMA user_version=3;"
	      "COMMIT;",
	/* A destination may be a name, so two entries may differ in that alone: the table is made anew. */
	[4] = "BEGIN IMMEDIATE;"
	      "CREATE TABLE allow4 (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	      " from_prefix TEXT NOT NULL, to_prefix TEXT NOT NULL, expires INTEGER NOT NULL,"
	      " comment TEXT NOT NULL, added INTEGER NOT NULL, uid INTEGER NOT NULL,"
	      " user TEXT NOT NULL, way INTEGER NOT NULL, to_name TEXT NOT NULL DEFAULT '',"
	      " hits INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL DEFAULT 0,"
	      " UNIQUE (from_prefix, to_prefix, to_name));"
	      "INSERT INTO allow4 (id, from_prefix, to_prefix, expires, comment, added, uid, user,"
	      " way) SELECT id, from_prefix, to_prefix, expires, comment, added, uid, user, way"
	      " FROM allow;"
	      "DELETE FROM sqlite_sequence WHERE name = 'allow4';"
	      "INSERT INTO sqlite_sequence (name, seq)"
	      " SELECT 'allow4', seq FROM sqlite_sequence WHERE name = 'allow';"
	      "DROP TABLE allow;"
	      "ALTER TABLE allow4 RENAME TO allow;"
	      "ALTER TABLE audit ADD COLUMN way INTEGER NOT NULL DEFAULT 0;"
	      "ALTER TABLE audit ADD COLUMN to_name TEXT NOT NULL DEFAULT '';"
	      "CREATE INDEX audit_time ON audit (time);"
	      "CREATE TABLE day (day TEXT NOT NULL, policy TEXT NOT NULL,"
	      " attempts INTEGER NOT NULL, refused INTEGER NOT NULL, passed INTEGER NOT NULL,"
	      " unanswered INTEGER NOT NULL, PRIMARY KEY (day, policy));"
	      "CREATE TABLE counter (name TEXT PRIMARY KEY, packets INTEGER NOT NULL,"
	      " boot TEXT NOT NULL, written INTEGER NOT NULL);"
	      "CREATE INDEX incident_seen ON incident (last_seen, opened, closed, class, attempts);"
	      "CREATE TABLE allow_use (element TEXT PRIMARY KEY, entry INTEGER NOT NULL,"
	      " birth INTEGER NOT NULL, packets INTEGER NOT NULL, hits INTEGER NOT NULL,"
	      " used INTEGER NOT NULL) WITHOUT ROWID;"
	      "PRAGMA user_version=4;"
	      "COMMIT;",
	/* What names of destinations stood for last. */
	[5] = "BEGIN IMMEDIATE;"
	      "CREATE TABLE name_address (name TEXT NOT NULL, address TEXT NOT NULL,"
	      " since INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (name, address));"
	      "PRAGMA user_version=5;"
	      "COMMIT;",
};

static int run_script(struct store *store, const char *script)
{
	if (sqlite3_exec(store->db, script, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	store_fail(store);
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return -EIO;
}

static int open_schema(struct store *store)
{
	sqlite3_stmt *statement = NULL;
	int version = -1;

	if (sqlite3_exec(store->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store);
	if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &statement, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	if (version < 0)
		return store_fail(store);
	if (version > SCHEMA_VERSION) {
		snprintf(store->problem, sizeof(store->problem),
			 "%s: made by a newer edge25 (version %d, this one knows %d)", store->path,
			 version, SCHEMA_VERSION);
		return -EIO;
	}
	if (version == 0 && run_script(store, schema))
		return -EIO;
	for (version = version ? version + 1 : 2; version <= SCHEMA_VERSION; version++)
		if (run_script(store, upgrades[version]))
			return -EIO;
	return 0;
}

int store_reopen(struct store *store)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	store_settle(store);
	sqlite3_close(store->db);
	store->db = NULL;
	store->problem[0] = '\0';
	if (sqlite3_open_v2(store->path, &store->db, flags, NULL) != SQLITE_OK)
		store_fail(store);
	else
		sqlite3_busy_timeout(store->db, BUSY_MS);
	if (!store->problem[0] && open_schema(store) == 0)
		return 0;
	sqlite3_close(store->db);
	store->db = NULL;
	return -EIO;
}

struct store *store_new(const char *path)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store)
		store->path = strdup(path);
	if (!store || !store->path) {
		free(store);
		return NULL;
	}
	store_reopen(store);
	return store;
}

void store_free(struct store *store)
{
	if (!store)
		return;
	store_later_free(store->later);
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}

bool store_ready(const struct store *store)
{
	return store->db != NULL;
}

const char *store_problem(const struct store *store)
{
	return store->problem[0] ? store->problem : NULL;
}

static int bind(struct store *store, sqlite3_stmt *statement, const char *types, va_list ap)
{
	int result = SQLITE_OK;

	for (int i = 0; types[i] && result == SQLITE_OK; i++) {
		if (types[i] == 'i')
			result = sqlite3_bind_int64(statement, i + 1, va_arg(ap, int64_t));
		else
			result = sqlite3_bind_text(statement, i + 1, va_arg(ap, const char *), -1,
						   SQLITE_TRANSIENT);
	}
	return result == SQLITE_OK ? 0 : store_fail(store);
}

static sqlite3_stmt *prepare(struct store *store, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *statement;

	store_settle(store);
	if (!store->db)
		return NULL;
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK) {
		store_fail(store);
		return NULL;
	}
	if (!bind(store, statement, types, ap))
		return statement;
	sqlite3_finalize(statement);
	return NULL;
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list ap;

	va_start(ap, types);
	statement = prepare(store, sql, types, ap);
	va_end(ap);
	return statement;
}

int store_again(struct store *store, sqlite3_stmt *statement, const char *types, ...)
{
	va_list ap;
	int result;

	if (!statement)
		return -EIO;
	va_start(ap, types);
	result = bind(store, statement, types, ap);
	va_end(ap);
	if (!result && sqlite3_step(statement) != SQLITE_DONE)
		result = store_fail(store);
	sqlite3_reset(statement);
	return result;
}

int store_run(struct store *store, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list ap;
	int result;

	va_start(ap, types);
	statement = prepare(store, sql, types, ap);
	va_end(ap);
	if (!statement)
		return -EIO;
	result = sqlite3_step(statement) == SQLITE_DONE ? 0 : store_fail(store);
	sqlite3_finalize(statement);
	return result;
}

int store_number(struct store *store, int64_t *number, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	int step = SQLITE_DONE;
	va_list ap;

	va_start(ap, types);
	statement = prepare(store, sql, types, ap);
	va_end(ap);
	if (statement)
		step = sqlite3_step(statement);
	*number = step == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	return store_finish(store, statement, step == SQLITE_ROW ? SQLITE_DONE : step);
}

int store_finish(struct store *store, sqlite3_stmt *statement, int step)
{
	sqlite3_finalize(statement);
	if (!statement)
		return -EIO;
	return step == SQLITE_DONE ? 0 : store_fail(store);
}

int store_begin(struct store *store)
{
	return store_run(store, "BEGIN IMMEDIATE", "");
}

int store_end(struct store *store, int result)
{
	if (!result)
		result = store_run(store, "COMMIT", "");
	if (!result)
		store->problem[0] = '\0';
	else if (store->db && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

/* --- later --- */

int store_thread(struct store *store, struct ev_loop *loop)
{
	store->later = store_later_new(loop);
	return store->later ? 0 : -ENOMEM;
}

bool store_busy(const struct store *store)
{
	return store->later && store_later_busy(store->later);
}

void store_settle(struct store *store)
{
	if (store->later)
		store_later_settle(store->later);
}

void store_wait(struct store *store, struct store_waiter *waiter)
{
	store_later_wait(store->later, waiter);
}

void store_wait_no_more(struct store *store, struct store_waiter *waiter)
{
	if (store->later)
		store_later_wait_no_more(store->later, waiter);
}

void store_drain(struct store *store)
{
	if (store->later)
		store_later_drain(store->later);
}

/* The thread's word. */
static int ran(void *ctx, const char *problem)
{
	struct store *store = ctx;

	snprintf(store->problem, sizeof(store->problem), "%s%s%s", problem ? store->path : "",
		 problem ? ": " : "", problem ? problem : "");
	return problem ? -EIO : 0;
}

int store_run_later(struct store *store, const char *script, const struct store_then *then)
{
	int result;

	store_settle(store);
	if (store->later) {
		store_later_run(store->later, store->db, script, then, ran, store);
		return 0;
	}
	result = run_script(store, script);
	then->done(then->ctx, result);
	return result;
}

int store_end_later(struct store *store, int result, const struct store_then *then)
{
	if (!result && then && store->later)
		return store_run_later(store, "COMMIT", then);
	result = store_end(store, result);
	if (then)
		then->done(then->ctx, result);
	return result;
}

int store_try(struct store *store)
{
	int result = store_begin(store);

	if (!result)
		result = store_run(store, "PRAGMA user_version=" SCHEMA_VERSION_TEXT, "");
	return store_end(store, result);
}

int64_t store_last_id(struct store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}

size_t store_changes(struct store *store)
{
	return (size_t)sqlite3_changes(store->db);
}

const char *store_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? text : "";
}
