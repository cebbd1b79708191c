// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/store/store_later.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/work.h"

struct store_later {
	struct ev_loop *loop;
	struct work *work;
	TAILQ_HEAD(, store_waiter) waiters;
	ev_timer turn;
	/* what is under way */
	sqlite3 *db;
	const char *script;
	struct store_then then;
	int (*ran)(void *ctx, const char *problem);
	void *ctx;
	char problem[STORE_PROBLEM_MAX];
};

/* --- the thread --- */

static void run(void *ctx)
{
	struct store_later *later = ctx;

	later->problem[0] = '\0';
	if (sqlite3_exec(later->db, later->script, NULL, NULL, NULL) == SQLITE_OK)
		return;
	snprintf(later->problem, sizeof(later->problem), "%s", sqlite3_errmsg(later->db));
	if (!sqlite3_get_autocommit(later->db))
		sqlite3_exec(later->db, "ROLLBACK", NULL, NULL, NULL);
}

/* Beside whatever goes on now. */
static void turn_soon(struct store_later *later)
{
	if (ev_is_active(&later->turn))
		return;
	ev_timer_set(&later->turn, 0., 0.);
	ev_timer_start(later->loop, &later->turn);
}

static void on_run(void *ctx)
{
	struct store_later *later = ctx;
	int result = later->ran(later->ctx, later->problem[0] ? later->problem : NULL);

	if (!TAILQ_EMPTY(&later->waiters))
		turn_soon(later);
	later->then.done(later->then.ctx, result);
}

void store_later_run(struct store_later *later, sqlite3 *db, const char *script,
		     const struct store_then *then, int (*ran)(void *ctx, const char *problem),
		     void *ctx)
{
	later->db = db;
	later->script = script;
	later->then = *then;
	later->ran = ran;
	later->ctx = ctx;
	work_start(later->work, run, on_run, later);
}

bool store_later_busy(const struct store_later *later)
{
	return work_busy(later->work);
}

void store_later_settle(struct store_later *later)
{
	while (work_busy(later->work)) /* he who was told may have begun something */
		work_wait(later->work);
}

/* --- those who wait --- */

static void next(struct store_later *later)
{
	struct store_waiter *waiter = TAILQ_FIRST(&later->waiters);

	store_later_wait_no_more(later, waiter);
	waiter->turn(waiter->ctx);
}

/* One at a time: others have theirs in the loop. */
static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct store_later *later = timer->data;

	(void)loop;
	(void)events;
	if (!store_later_busy(later) && !TAILQ_EMPTY(&later->waiters))
		next(later);
	if (!store_later_busy(later) && !TAILQ_EMPTY(&later->waiters))
		turn_soon(later);
}

void store_later_wait(struct store_later *later, struct store_waiter *waiter)
{
	if (waiter->waiting)
		return;
	waiter->waiting = true;
	TAILQ_INSERT_TAIL(&later->waiters, waiter, link);
	if (!store_later_busy(later))
		turn_soon(later);
}

void store_later_wait_no_more(struct store_later *later, struct store_waiter *waiter)
{
	if (waiter->waiting)
		TAILQ_REMOVE(&later->waiters, waiter, link);
	waiter->waiting = false;
}

void store_later_drain(struct store_later *later)
{
	store_later_settle(later);
	while (!TAILQ_EMPTY(&later->waiters)) {
		next(later);
		store_later_settle(later);
	}
}

/* --- from start to end --- */

struct store_later *store_later_new(struct ev_loop *loop)
{
	struct store_later *later = calloc(1, sizeof(*later));

	if (!later)
		return NULL;
	later->loop = loop;
	TAILQ_INIT(&later->waiters);
	ev_timer_init(&later->turn, on_turn, 0., 0.);
	later->turn.data = later;
	later->work = work_new(loop);
	if (later->work)
		return later;
	free(later);
	return NULL;
}

void store_later_free(struct store_later *later)
{
	if (!later)
		return;
	store_later_settle(later);
	ev_timer_stop(later->loop, &later->turn);
	work_free(later->work);
	free(later);
}
