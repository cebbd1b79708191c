/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the store only. */
#ifndef EDGE25_CONTROL_STORE_INTERNAL_H
#define EDGE25_CONTROL_STORE_INTERNAL_H

#include <sqlite3.h>

#include "control/store/store.h"

#define STORE_PROBLEM_MAX 256

/* A statement with its arguments bound; types: 'i' int64_t, 't' text. NULL: the problem is kept. */
sqlite3_stmt *store_prepare(struct store *store, const char *sql, const char *types, ...);
/* The same, run to its end. 0 or -EIO. */
int store_run(struct store *store, const char *sql, const char *types, ...);
/* Runs a statement that was prepared without arguments, with these; it can be run again. 0 or -EIO. */
int store_again(struct store *store, sqlite3_stmt *statement, const char *types, ...);
/* The first column of the first row; 0 where there is none. 0 or -EIO. */
int store_number(struct store *store, int64_t *number, const char *sql, const char *types, ...);
/* Ends @statement, of which @step came last; NULL: it was not made. 0 or -EIO. */
int store_finish(struct store *store, sqlite3_stmt *statement, int step);
/* Keeps what SQLite says as the problem; returns -EIO. */
int store_fail(struct store *store);
int store_begin(struct store *store);
/* Commits when @result is 0, else rolls back; returns the result of all. */
int store_end(struct store *store, int result);
/* The same by the thread, and @then is told; NULL: as store_end(). */
int store_end_later(struct store *store, int result, const struct store_then *then);
/* Has the thread run a script. */
int store_run_later(struct store *store, const char *script, const struct store_then *then);
int64_t store_last_id(struct store *store);
/* Rows that the last statement changed. */
size_t store_changes(struct store *store);
/* "" for NULL. */
const char *store_text(sqlite3_stmt *row, int column);
/* A side of an entry as the tables have it: "" for any. */
const char *store_side(const struct prefix *side, char text[PREFIX_TEXT_MAX]);
/* A line of the audit trail, in a transaction. */
int store_audit_line(struct store *store, const struct allow_entry *entry, const char *action,
		     const struct store_actor *actor);
/* Its arguments. */
#define STORE_AUDIT_INSERT                                                                       \
	"INSERT INTO audit (time, action, entry, from_prefix, to_prefix, expires, comment, uid," \
	" user, way, to_name) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
#define STORE_AUDIT_TYPES "itittititit"

#endif
