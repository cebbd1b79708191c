/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that commits, and those who wait for their turn. For store.c only, which tells of it in store.h. */
#ifndef EDGE25_CONTROL_STORE_LATER_H
#define EDGE25_CONTROL_STORE_LATER_H

#include <ev.h>

#include "control/store/store_internal.h"

struct store_later;

/* NULL: no memory. */
struct store_later *store_later_new(struct ev_loop *loop);
/* Waits for the thread. */
void store_later_free(struct store_later *later);
/*
 * The thread alone has @db until @script has run; what failed is rolled back. Then @ran is called by the
 * loop with the problem, or NULL, and what it returns goes to @then. Nothing else may be under way.
 */
void store_later_run(struct store_later *later, sqlite3 *db, const char *script,
		     const struct store_then *then, int (*ran)(void *ctx, const char *problem),
		     void *ctx);
bool store_later_busy(const struct store_later *later);
void store_later_settle(struct store_later *later);
void store_later_wait(struct store_later *later, struct store_waiter *waiter);
void store_later_wait_no_more(struct store_later *later, struct store_waiter *waiter);
void store_later_drain(struct store_later *later);

#endif
