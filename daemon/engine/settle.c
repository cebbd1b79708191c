/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/settle.h"

#include "common/log.h"

#define LOOK_EVERY 0.02 /* seconds: nothing waits for it, packets only cost more until then */

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct settle *settle = watcher->data;
	struct table_error error = {0};

	(void)loop;
	(void)revents;
	if (!queues_answered(settle->queues))
		return;
	guard_changed(settle->guard);
	if (table_settle(settle->table, &error)) {
		log_warning("engine: %s", error.text);
		return; /* again, with the next tick */
	}
	settle_stop(settle);
}

void settle_init(struct settle *settle, struct ev_loop *loop, struct table *table,
		 struct guard *guard)
{
	settle->loop = loop;
	settle->table = table;
	settle->guard = guard;
	ev_timer_init(&settle->timer, on_timer, LOOK_EVERY, LOOK_EVERY);
	settle->timer.data = settle;
}

void settle_begin(struct settle *settle, struct queues *queues)
{
	if (!table_unsettled(settle->table))
		return;
	settle->queues = queues;
	queues_mark(queues);
	ev_timer_again(settle->loop, &settle->timer);
}

void settle_stop(struct settle *settle)
{
	if (settle->loop)
		ev_timer_stop(settle->loop, &settle->timer);
}
