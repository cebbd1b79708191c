/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was counted by day and policy, and how far the kernel's counters are in that. */
#ifndef EDGE25_CONTROL_STORE_DAYS_H
#define EDGE25_CONTROL_STORE_DAYS_H

#include "control/store/store.h"

#define DAY_TEXT_MAX 11 /* "2026-12-01" and its NUL */

enum day_count { DAY_REFUSED, DAY_PASSED, DAY_UNANSWERED, DAY_COUNTS };

struct store_day {
	char day[DAY_TEXT_MAX];
	char policy[POLICY_NAME_MAX];
	uint64_t count[DAY_COUNTS]; /* packets; attempts are those refused and those passed */
};

/* A counter of the kernel as it stood when all it had counted was in some day. */
struct store_counter {
	char name[64];
	uint64_t packets;
};

/* Hands out one after the other; false: there is none any more. */
typedef bool store_day_next(void *ctx, struct store_day *day);
typedef bool store_counter_next(void *ctx, struct store_counter *counter);

/* Adds to the days and keeps the counters, of the boot @boot, in one transaction. 0 or -EIO. */
int store_days_write(struct store *store, store_day_next *days, store_counter_next *counters,
		     void *ctx, const char *boot, int64_t now, const struct store_then *then);
/* The days from @from to @to, both included, the oldest first, at most @max rows. 0 or -EIO. */
int store_days_read(struct store *store, const char *from, const char *to, size_t max,
		    void (*each)(void *ctx, const struct store_day *day), void *ctx);
/* The counters of the boot @boot, those first that were written last. 0 or -EIO. */
int store_counters_read(struct store *store, const char *boot, size_t max,
			void (*each)(void *ctx, const struct store_counter *counter), void *ctx);
/* Days before @day, and counters not written since @time, at most @max rows of each. 0 or -EIO. */
int store_days_delete(struct store *store, const char *day, int64_t time, size_t max,
		      size_t *deleted, const struct store_then *then);

#endif
