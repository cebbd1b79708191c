/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state-dir/edge25.db: what must outlive us. Rollback journal (no shared memory, so flash file
 * systems will do), synchronous=FULL: when a function here returns 0, the change is on the disk.
 *
 * A database that cannot be opened or written is no reason to stop filtering: every function then
 * returns -EIO, store_problem() says why, and store_reopen() may be tried again later.
 */
#ifndef EDGE25_CONTROL_STORE_H
#define EDGE25_CONTROL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allow_entry.h"
#include "common/policy.h"

struct store;

/* NULL only without memory. */
struct store *store_new(const char *path);
void store_free(struct store *store);
int store_reopen(struct store *store);
bool store_ready(const struct store *store);
/* Why the last operation failed, or NULL when it did not. */
const char *store_problem(const struct store *store);
/* Writes something that changes nothing: 0 when the database takes it, and then no problem is left. */
int store_try(struct store *store);

/* Who does something, for the audit trail. */
struct store_actor {
	int64_t time;
	uint32_t uid;
	const char *user;
};

/*
 * In one transaction; gives entries that are added and have no id one. Each is audited as @action, or as
 * what it does.
 */
struct allow_difference;
int store_allow_write(struct store *store, struct allow_difference *differences, size_t count,
		      const char *action, const struct store_actor *actor);
/* A line of the audit trail for what has no transaction of its own; of @entry what is set. */
int store_audit(struct store *store, const struct allow_entry *entry, const char *action,
		const struct store_actor *actor);
/* Calls @each for every entry, which copies what it keeps; an error of it ends the reading. */
int store_allow_read(struct store *store, int (*each)(void *ctx, const struct allow_entry *entry),
		     void *ctx);

/*
 * The numbers of the policies, by name the ones they had before; a name that is new gets a free one,
 * or the one whose name was not configured for the longest time. Without a database the numbers
 * are 0, 1, 2, ... and the result is -EIO.
 */
int store_numbers(struct store *store, const struct policy *policies, size_t count, int64_t now,
		  uint8_t numbers[POLICIES_MAX]);

#endif
