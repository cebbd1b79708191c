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
#include <sys/queue.h>

#include "common/policy.h"
#include "control/allow/allow_entry.h"

struct store;
struct ev_loop;

/* NULL only without memory. */
struct store *store_new(const char *path);
void store_free(struct store *store);
int store_reopen(struct store *store);
bool store_ready(const struct store *store);
/* Why the last operation failed, or NULL when it did not. */
const char *store_problem(const struct store *store);
/* Writes something that changes nothing: 0 when the database takes it, and then no problem is left. */
int store_try(struct store *store);

/*
 * A COMMIT waits for the disk, which may take its time. Given to a function that writes, this has a thread
 * do it: @done is told how it went (0 or -EIO) by the loop, or before the function returns when it failed
 * already or there is no thread, or by whoever needs the database first.
 */
struct store_then {
	void (*done)(void *ctx, int result);
	void *ctx;
};
/* From now on there is such a thread. 0 or -ENOMEM. */
int store_thread(struct store *store, struct ev_loop *loop);
/* Is something being committed? Whoever uses the database meanwhile waits for it, and the loop with him. */
bool store_busy(const struct store *store);
/* Waits for it; its @done is called. To be called before what is to be written is looked at. */
void store_settle(struct store *store);

/* One who would rather wait his turn, beside the loop. Whoever it is of keeps it. */
struct store_waiter {
	TAILQ_ENTRY(store_waiter) link;
	void (*turn)(void *ctx);
	void *ctx;
	bool waiting;
};
/* @turn is called by the loop, once, when nothing is being committed; others came before. */
void store_wait(struct store *store, struct store_waiter *waiter);
void store_wait_no_more(struct store *store, struct store_waiter *waiter);
/* Every one has his turn now. Before the end. */
void store_drain(struct store *store);

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
		      const char *action, const struct store_actor *actor,
		      const struct store_then *then);
/* A line of the audit trail for what has no transaction of its own; of @entry what is set. */
int store_audit(struct store *store, const struct allow_entry *entry, const char *action,
		const struct store_actor *actor, const struct store_then *then);
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
