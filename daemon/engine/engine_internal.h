/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between engine.c and its parts, engine_*.c. Nobody else includes it. */
#ifndef EDGE25_ENGINE_ENGINE_INTERNAL_H
#define EDGE25_ENGINE_ENGINE_INTERNAL_H

#include <ev.h>

#include "engine/burst.h"
#include "engine/counters.h"
#include "engine/engine.h"
#include "engine/forward.h"
#include "engine/guard.h"
#include "engine/mapping.h"
#include "engine/peer.h"
#include "engine/queues.h"
#include "engine/settle.h"
#include "engine/snapshots.h"
#include "engine/usage.h"
#include "rules/table.h"

struct engine {
	struct ev_loop *loop;
	ev_signal stop[2];
	ev_timer reading;
	ev_async events;
	ev_io intrusion; /* somebody changed the table */
	ev_timer repair; /* again, after one that failed */
	struct peer *peer;
	struct forward forward;
	struct table *table;
	struct snapshots *snapshots;
	struct burst *burst; /* stays through changes of plan and queues */
	struct queues *queues;
	struct mapping mapping; /* the plan in force */
	struct missing missing;
	struct queues_losses past; /* of queues that were closed */
	struct guard *guard;
	struct settle settle;
	struct usage_reader *usage;
	uint64_t repairs; /* of the table, since this engine started */
	int status;
};

/* Tells control what the queues have seen, as far as it takes it. */
void engine_forward(struct engine *engine);

/* --- engine_plan.c --- */

/* Puts a plan that came as @fd (below 0: without one) in force, and acknowledges it. */
void engine_plan(struct engine *engine, const struct message_plan *plan, uint64_t sequence, int fd);

/* --- engine_reading.c: what the kernel has counted --- */

void engine_reading_init(struct engine *engine);
/* Sends it, as the answer to @sequence; 0: unasked. */
void engine_read(struct engine *engine, uint64_t sequence);
/* Unasked, where control is there and has taken what it was sent. */
void engine_read_idle(struct engine *engine);

/* --- engine_repair.c: a table that is not as it is to be --- */

/* 0 or -errno. */
int engine_repair_init(struct engine *engine);
/* Where the table is not owned there is a watch; a change of plan may begin or end that. */
void engine_follow_watch(struct engine *engine);

/* --- engine_messages.c: what control asks for --- */

/* @changed: did it do anything to the table; of a host to be forgotten, how many elements went. */
void engine_ack(struct engine *engine, uint64_t sequence, const struct table_error *error,
		uint32_t changed);
/* For struct peer_handlers. */
void engine_message(const void *data, const struct message_header *header, int fd, void *engine);

#endif
