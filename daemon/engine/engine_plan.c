/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "engine/apart.h"
#include "engine/engine_internal.h"

static void wake(void *arg)
{
	struct engine *engine = arg;

	ev_async_send(engine->loop, &engine->events);
}

static int publish(struct engine *engine, const struct plan *plan)
{
	const struct policy_snapshot snapshot = plan_snapshot(plan);

	return snapshots_publish(engine->snapshots, &snapshot);
}

static int open_queues(struct engine *engine, const struct plan_settings *settings,
		       struct queues **queues, struct table_error *error)
{
	const struct queues_settings wanted = {
		.first = settings->queue_first,
		.count = settings->queue_count,
		.length = settings->queue_length,
		.snapshots = engine->snapshots,
		.burst = engine->burst,
		.before = engine->queues,
		.wake = wake,
		.wake_arg = engine,
	};
	uint16_t failed;

	error->error = queues_open(queues, &wanted, &failed);
	if (error->error == -EPERM)
		snprintf(error->text, sizeof(error->text),
			 "queue %u is bound by another program: stop that, or choose another "
			 "queue-first",
			 failed);
	else if (error->error)
		snprintf(error->text, sizeof(error->text), "queue %u: %s", failed,
			 strerror(-error->error));
	return error->error;
}

/* The old queues went on until the rules turned away from them. */
static void replace_queues(struct engine *engine, struct queues *queues)
{
	settle_stop(&engine->settle);
	engine_forward(engine);
	queues_lost(engine->queues, &engine->past);
	engine->past.events_unsent += queues_close(engine->queues);
	forward_forget(&engine->forward);
	engine->queues = queues;
}

static int change_table(struct engine *engine, const struct plan *plan, const struct queues *next,
			bool *changed, struct table_error *error)
{
	struct apart apart = {.count = 0};
	int result;

	guard_changed(engine->guard);
	if (plan_intervals(plan) >= APART_INTERVALS)
		apart_begin(&apart, engine->queues, next);
	result = table_apply(engine->table, plan, clock_ms(CLOCK_BOOTTIME), changed, error);
	apart_end(&apart);
	usage_changed(engine->usage, engine->table);
	return result;
}

/*
 * Queues are there before a rule asks them, and the snapshot before a question comes. An answer to
 * the old rules that the new policies give is safe there: see write_remember() in rules/write.c.
 */
static int apply(struct engine *engine, struct mapping *next, bool *changed,
		 struct table_error *error)
{
	const struct plan_settings *settings = &next->plan.header->settings;
	bool same = queues_same(engine->queues, settings);
	struct queues *queues = NULL;
	int result = publish(engine, &next->plan);

	if (result) {
		error->error = result;
		snprintf(error->text, sizeof(error->text), "plan: %s", strerror(-result));
		return result;
	}
	if (!same)
		result = open_queues(engine, settings, &queues, error);
	if (!result)
		result = change_table(engine, &next->plan, queues, changed, error);
	if (result) {
		queues_close(queues);
		if (engine->mapping.block)
			publish(engine, &engine->mapping.plan);
		return result;
	}
	if (!same)
		replace_queues(engine, queues);
	guard_retire(engine->guard, &engine->mapping);
	engine->mapping = *next;
	engine_follow_watch(engine);
	ev_timer_stop(engine->loop, &engine->reading);
	ev_timer_set(&engine->reading, settings->read_interval, settings->read_interval);
	ev_timer_start(engine->loop, &engine->reading);
	guard_every(engine->guard, engine->table, settings->verify_interval);
	usage_every(engine->usage, settings->read_interval);
	return 0;
}

void engine_plan(struct engine *engine, const struct message_plan *plan, uint64_t sequence, int fd)
{
	struct table_error error = {0};
	struct mapping next = {0};
	const char *why = "no descriptor came with it";
	bool changed = false, first = !engine->mapping.block;
	int result = fd < 0 ? -EINVAL : mapping_open(&next, fd, plan->size, &why);

	if (result) {
		error.error = result;
		snprintf(error.text, sizeof(error.text), "plan refused: %s", why);
	} else if (apply(engine, &next, &changed, &error)) {
		mapping_close(&next);
	}
	if (error.error)
		log_error("engine: %s", error.text);
	else if (changed)
		log_notice("engine: %s: %u policies, %u intervals, %u interfaces, %u allowed",
			   first ? "filtering" : "changed", engine->mapping.plan.header->policies,
			   engine->mapping.plan.header->intervals4 +
				   engine->mapping.plan.header->intervals6,
			   engine->mapping.plan.header->interfaces,
			   engine->mapping.plan.header->allows);
	engine_ack(engine, sequence, &error, changed);
	if (first && !error.error)
		guard_look(engine->guard, engine->table); /* it may be an adopted one */
	if (first && error.error == -EPERM && !result) {
		engine->status = ENGINE_EXIT_CONFIG; /* queue or table belong to somebody else */
		ev_break(engine->loop, EVBREAK_ALL);
	}
}
