/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Summaries of hosts in the database: who they are, how much they did, and how far the kernel's tallies of
 * them had been read, so that what is counted is counted once also after a restart.
 */
#ifndef EDGE25_CONTROL_STORE_HOSTS_H
#define EDGE25_CONTROL_STORE_HOSTS_H

#include "common/message.h"
#include "control/hosts/tracker.h"
#include "control/store/store.h"

struct host_summary {
	struct host_past past;
	char policy[POLICY_NAME_MAX]; /* "": not known */
	char tallies[HOST_TALLIES_TEXT_MAX];
};

/* Each function returns 0 or -EIO (store_problem()). */

/* All that @next fills in until it returns false, in one transaction. */
int store_hosts_write(struct store *store, bool (*next)(void *ctx, struct host_summary *summary),
		      void *ctx, const struct store_then *then);
/* One, within a transaction that somebody else began. */
int store_hosts_put(struct store *store, const struct host_summary *summary);
/* The @max that were seen last, the one that was quiet for longest first. */
int store_hosts_read(struct store *store, size_t max,
		     void (*each)(void *ctx, const struct host_summary *summary), void *ctx);
/* Deletes those last seen before @before, and the oldest beyond @keep in all; at most @max. */
int store_hosts_delete(struct store *store, int64_t before, size_t keep, size_t max,
		       size_t *deleted, const struct store_then *then);

#endif
