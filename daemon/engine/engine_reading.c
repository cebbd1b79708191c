/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "engine/engine_internal.h"

void engine_read(struct engine *engine, uint64_t sequence)
{
	struct message_counter *counters = NULL;
	struct message_tally *tallies = NULL;
	struct message_queue queues[PLAN_QUEUES_MAX];
	struct message_loss losses[QUEUES_LOSSES + 4] = {
		{.name = MESSAGE_TABLES_LOST, .count = table_lost(engine->table)},
		{.name = "table-repairs", .count = engine->repairs},
		{.name = "table-differed", .count = guard_differed(engine->guard)},
		{.name = "burst-evicted", .count = burst_evicted(engine->burst)}};
	struct queues_losses lost = engine->past;
	size_t counter_count = 0, tally_count;
	int result = counters_read(engine->table, engine->queues, &engine->missing, queues,
				   &counters, &counter_count);

	engine_forward(engine); /* what a tally counts was told before */
	if (!result)
		result = table_read_tallies(engine->table, &tallies, &tally_count);
	if (result) {
		struct table_error error = {.error = result};

		snprintf(error.text, sizeof(error.text), "the kernel's counters cannot be read: %s",
			 strerror(-result));
		log_warning("engine: %s", error.text);
		if (sequence)
			engine_ack(engine, sequence, &error, false);
	} else {
		queues_lost(engine->queues, &lost);
		/* before the counters, for it says which of them begin anew */
		peer_send(engine->peer, MESSAGE_LOSS, sequence, losses,
			  4 + queues_losses(&lost, losses + 4));
		peer_send(engine->peer, MESSAGE_COUNTER, sequence, counters, counter_count);
		peer_send(engine->peer, MESSAGE_TALLY, sequence, tallies, tally_count);
		peer_send(engine->peer, MESSAGE_QUEUE, sequence, queues,
			  queues_count(engine->queues));
		peer_send(engine->peer, MESSAGE_END, sequence, NULL, 0);
	}
	free(counters);
	free(tallies);
}

void engine_read_idle(struct engine *engine)
{
	if (engine->queues && peer_connected(engine->peer) && peer_idle(engine->peer))
		engine_read(engine, 0);
}

static void on_reading(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct engine *engine = watcher->data;

	(void)loop;
	(void)revents;
	burst_sweep(engine->burst, clock_ms(CLOCK_MONOTONIC));
	engine_read_idle(engine);
}

void engine_reading_init(struct engine *engine)
{
	ev_timer_init(&engine->reading, on_reading, 0, 0);
	engine->reading.data = engine;
}
