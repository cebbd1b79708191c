/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a change of entries the kernel looks again at every answer to refuse, for its question may be
 * older. This ends that when all questions from before the change are answered.
 */
#ifndef EDGE25_ENGINE_SETTLE_H
#define EDGE25_ENGINE_SETTLE_H

#include <ev.h>

#include "engine/guard.h"
#include "engine/queues.h"
#include "rules/table.h"

struct settle {
	struct ev_loop *loop;
	ev_timer timer;
	struct table *table;
	struct guard *guard; /* is told that the table changes */
	struct queues *queues;
};

void settle_init(struct settle *settle, struct ev_loop *loop, struct table *table,
		 struct guard *guard);
/* Entries were changed; @queues stay until settle_stop(). */
void settle_begin(struct settle *settle, struct queues *queues);
void settle_stop(struct settle *settle);

#endif
