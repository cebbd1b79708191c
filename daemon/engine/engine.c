/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/engine.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "engine/burst.h"
#include "engine/counters.h"
#include "engine/explain.h"
#include "engine/forward.h"
#include "engine/guard.h"
#include "engine/mapping.h"
#include "engine/peer.h"
#include "engine/queues.h"
#include "engine/usage.h"
#include "rules/forget.h"
#include "rules/table.h"

#define REPAIR_AGAIN 1 /* seconds */

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
	struct mapping mapping;    /* the plan in force */
	struct queues_losses past; /* of queues that were closed */
	struct guard *guard;
	struct usage_reader *usage;
	uint64_t repairs; /* of the table, since this engine started */
	int status;
};

static uint64_t boottime(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

static void forward(struct engine *engine)
{
	forward_events(&engine->forward, engine->queues, engine->peer);
}

static void on_events(struct ev_loop *loop, ev_async *watcher, int revents)
{
	(void)loop;
	(void)revents;
	forward(watcher->data);
}

static void wake(void *arg)
{
	struct engine *engine = arg;

	ev_async_send(engine->loop, &engine->events);
}

static bool repair(struct engine *engine, bool anew)
{
	struct table_error error = {0};
	uint64_t begin = boottime();
	int failed;

	engine->repairs++;
	guard_changed(engine->guard);
	failed = table_repair(engine->table, anew, begin, &error);
	usage_changed(engine->usage, engine->table);
	if (failed) {
		log_error("engine: the table could not be put back: %s; next try in %d s",
			  error.text, REPAIR_AGAIN);
		ev_timer_set(&engine->repair, REPAIR_AGAIN, 0);
		ev_timer_start(engine->loop, &engine->repair);
		return false;
	}
	log_notice("engine: the table is back after %llu ms",
		   (unsigned long long)(boottime() - begin));
	return true;
}

/* What a repair does not reach, such as another chain's priority, the look that follows finds. */
static void repair_and_look(struct engine *engine)
{
	if (repair(engine, false))
		guard_look(engine->guard, engine->table);
}

static void on_repair(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	(void)loop;
	(void)revents;
	repair_and_look(watcher->data);
}

static void on_intrusion(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct engine *engine = watcher->data;
	struct table_intruder intruder;

	(void)revents;
	if (!table_watch(engine->table, &intruder))
		return;
	log_warning("engine: table inet edge25 was changed by %s (process %u): putting it back",
		    intruder.name[0] ? intruder.name : "another program", intruder.pid);
	ev_timer_stop(loop, &engine->repair);
	repair_and_look(engine);
}

/* Where the table is not owned there is a watch; a change of plan may begin or end that. */
static void follow_watch(struct engine *engine)
{
	int fd = table_watch_fd(engine->table);

	if (ev_is_active(&engine->intrusion) && engine->intrusion.fd == fd)
		return;
	ev_io_stop(engine->loop, &engine->intrusion);
	if (fd < 0)
		return;
	log_notice("engine: the table is not owned: a change by another program is put back");
	ev_io_set(&engine->intrusion, fd, EV_READ);
	ev_io_start(engine->loop, &engine->intrusion);
}

/* @changed: whether it did anything to the table; of a host to be forgotten, how many elements went. */
static void send_ack(struct engine *engine, uint64_t sequence, const struct table_error *error,
		     uint32_t changed)
{
	struct message_ack ack = {.error = error->error,
				  .epoch = table_epoch(engine->table),
				  .kernel_changed = changed};

	if (error->error)
		snprintf(ack.text, sizeof(ack.text), "%s", error->text);
	peer_send(engine->peer, MESSAGE_ACK, sequence, &ack, 1);
}

static void send_reading(struct engine *engine, uint64_t sequence)
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
	int result =
		counters_read(engine->table, engine->queues, queues, &counters, &counter_count);

	forward(engine); /* what a tally counts was told before */
	if (!result)
		result = table_read_tallies(engine->table, &tallies, &tally_count);
	if (result) {
		struct table_error error = {.error = result};

		snprintf(error.text, sizeof(error.text), "the kernel's counters cannot be read: %s",
			 strerror(-result));
		log_warning("engine: %s", error.text);
		if (sequence)
			send_ack(engine, sequence, &error, false);
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

static void on_looked(const struct message_verdict *verdict, void *arg)
{
	struct engine *engine = arg;

	if (peer_connected(engine->peer))
		peer_send(engine->peer, MESSAGE_VERDICT, 0, verdict, 1);
}

/* What a table counted goes with it, so that is told before. */
static bool on_differs(bool anew, void *arg)
{
	struct engine *engine = arg;

	if (anew && engine->queues && peer_connected(engine->peer) && peer_idle(engine->peer))
		send_reading(engine, 0);
	ev_timer_stop(engine->loop, &engine->repair);
	return repair(engine, anew);
}

static void on_reading(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct engine *engine = watcher->data;

	(void)loop;
	(void)revents;
	burst_sweep(engine->burst, clock_ms(CLOCK_MONOTONIC));
	if (engine->queues && peer_connected(engine->peer) && peer_idle(engine->peer))
		send_reading(engine, 0);
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
	forward(engine);
	queues_lost(engine->queues, &engine->past);
	engine->past.events_unsent += queues_close(engine->queues);
	forward_forget(&engine->forward);
	engine->queues = queues;
}

/*
 * Queues are there before a rule asks them, and the snapshot before a question comes. An answer to
 * the old rules that the new policies give is safe there: see write_remember() in rules/chains.c.
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
	guard_changed(engine->guard);
	if (!result)
		result = table_apply(engine->table, &next->plan, boottime(), changed, error);
	usage_changed(engine->usage, engine->table);
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
	follow_watch(engine);
	ev_timer_stop(engine->loop, &engine->reading);
	ev_timer_set(&engine->reading, settings->read_interval, settings->read_interval);
	ev_timer_start(engine->loop, &engine->reading);
	guard_every(engine->guard, engine->table, settings->verify_interval);
	usage_every(engine->usage, settings->read_interval);
	return 0;
}

static void on_plan(struct engine *engine, const struct message_plan *plan, uint64_t sequence,
		    int fd)
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
	send_ack(engine, sequence, &error, changed);
	if (first && !error.error)
		guard_look(engine->guard, engine->table); /* it may be an adopted one */
	if (first && error.error == -EPERM && !result) {
		engine->status = ENGINE_EXIT_CONFIG; /* queue or table belong to somebody else */
		ev_break(engine->loop, EVBREAK_ALL);
	}
}

static void on_change(struct engine *engine, const void *data, const struct message_header *header)
{
	struct message_change changes[MESSAGE_SIZE_MAX / sizeof(struct message_change)];
	struct table_error error = {0};

	for (uint32_t i = 0; i < header->count; i++) {
		message_record(data, header, i, &changes[i]);
		if ((changes[i].op != MESSAGE_ADD && changes[i].op != MESSAGE_DEL) ||
		    !allow_element_valid(&changes[i].element) || !changes[i].element.exact) {
			error.error = -EINVAL;
			snprintf(error.text, sizeof(error.text), "change %u is not valid", i + 1);
		}
	}
	guard_changed(engine->guard);
	if (!error.error)
		table_change(engine->table, changes, header->count, boottime(), &error);
	usage_changed(engine->usage, engine->table);
	if (error.error)
		log_error("engine: %s", error.text);
	send_ack(engine, header->sequence, &error, !error.error);
}

/* What was told of it before the answer is all that is told of it. */
static void on_forget(struct engine *engine, const struct message_forget *forget,
		      uint64_t sequence)
{
	struct table_error error = {0};
	size_t removed = 0;

	forward(engine);
	guard_changed(engine->guard);
	if (!policy_is_host(&forget->host)) {
		error.error = -EINVAL;
		snprintf(error.text, sizeof(error.text), "what is to be forgotten is no host");
	} else {
		table_forget(engine->table, &forget->host, &removed, &error);
	}
	if (error.error)
		log_error("engine: %s", error.text);
	send_ack(engine, sequence, &error, (uint32_t)removed);
}

static void on_lookup(struct engine *engine, const void *data, const struct message_header *header)
{
	const struct explain_parts parts = {
		.table = engine->table,
		.burst = engine->burst,
		.plan = engine->mapping.block ? &engine->mapping.plan : NULL,
		.peer = engine->peer,
	};

	explain(&parts, data, header, clock_ms(CLOCK_MONOTONIC));
}

static void on_message(const void *data, const struct message_header *header, int fd, void *arg)
{
	struct engine *engine = arg;
	struct message_plan plan;
	struct message_seen seen;
	struct message_verify verify;
	struct message_forget forget;

	switch (header->type) {
	case MESSAGE_PLAN:
		message_record(data, header, 0, &plan);
		on_plan(engine, &plan, header->sequence, fd);
		break;
	case MESSAGE_CHANGE:
		on_change(engine, data, header);
		break;
	case MESSAGE_READ:
		if (engine->queues)
			send_reading(engine, header->sequence);
		else
			peer_send(engine->peer, MESSAGE_END, header->sequence, NULL, 0);
		break;
	case MESSAGE_VERIFY:
		message_record(data, header, 0, &verify);
		guard_ask(engine->guard, engine->table, engine->peer, &verify, header->sequence);
		break;
	case MESSAGE_FORGET:
		message_record(data, header, 0, &forget);
		on_forget(engine, &forget, header->sequence);
		break;
	case MESSAGE_USE:
		usage_asked(engine->usage, header->sequence);
		break;
	case MESSAGE_LOOKUP:
		on_lookup(engine, data, header);
		break;
	case MESSAGE_SEEN:
		message_record(data, header, 0, &seen);
		forward_seen(&engine->forward, engine->queues, seen.sequence);
		forward(engine);
		break;
	default:
		log_warning("engine: a %s message is not for the engine",
			    message_type_word(header->type));
	}
}

static void on_connected(void *arg)
{
	struct engine *engine = arg;
	struct message_hello hello = {.pid = (uint32_t)getpid(),
				      .features = table_features(engine->table),
				      .version = EDGE25_VERSION};
	struct utsname kernel;

	if (!uname(&kernel))
		snprintf(hello.kernel, sizeof(hello.kernel), "%.63s", kernel.release);
	log_info("engine: control is here");
	peer_send(engine->peer, MESSAGE_HELLO, 0, &hello, 1);
	usage_connected(engine->usage);
	forward(engine);
}

static void on_disconnected(void *arg)
{
	struct engine *engine = arg;

	guard_forget(engine->guard);
	forward_rewind(&engine->forward, engine->queues);
	log_warning("engine: control is gone; packets are answered as before");
}

static void on_drained(void *arg)
{
	forward(arg);
}

static void on_stop(struct ev_loop *loop, ev_signal *watcher, int revents)
{
	(void)watcher;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void engine_close(struct engine *engine)
{
	usage_close(engine->usage);
	peer_close(engine->peer);
	guard_close(engine->guard);
	queues_close(engine->queues);
	table_close(engine->table);
	snapshots_free(engine->snapshots);
	burst_free(engine->burst);
	mapping_close(&engine->mapping);
}

static int engine_open(struct engine *engine, const struct engine_settings *settings)
{
	const struct peer_handlers handlers = {.connected = on_connected,
					       .message = on_message,
					       .disconnected = on_disconnected,
					       .drained = on_drained,
					       .arg = engine};
	const struct guard_handlers guarding = {
		.repair = on_differs, .looked = on_looked, .arg = engine};
	struct table_error error;
	struct hash_key key;
	int result;

	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		return -EIO;
	engine->loop = ev_default_loop(EVFLAG_AUTO);
	engine->snapshots = snapshots_new();
	engine->burst = burst_new(key);
	if (!engine->loop || !engine->snapshots || !engine->burst)
		return -ENOMEM;
	result = table_open(&engine->table, &error);
	if (result) {
		log_error("engine: %s", error.text);
		return result;
	}
	ev_async_init(&engine->events, on_events);
	engine->events.data = engine;
	ev_async_start(engine->loop, &engine->events);
	ev_timer_init(&engine->reading, on_reading, 0, 0);
	engine->reading.data = engine;
	ev_io_init(&engine->intrusion, on_intrusion, -1, EV_READ);
	engine->intrusion.data = engine;
	ev_timer_init(&engine->repair, on_repair, 0, 0);
	engine->repair.data = engine;
	for (size_t i = 0; i < 2; i++) {
		ev_signal_init(&engine->stop[i], on_stop, i ? SIGINT : SIGTERM);
		ev_signal_start(engine->loop, &engine->stop[i]);
	}
	result = peer_open(&engine->peer, engine->loop, settings->listener, settings->peer_user,
			   &handlers);
	if (!result)
		result = guard_open(&engine->guard, engine->loop, &guarding);
	if (!result)
		result = usage_open(&engine->usage, engine->loop, engine->table, engine->peer);
	if (result)
		log_error("engine: socket: %s", strerror(-result));
	return result;
}

int engine_run(const struct engine_settings *settings)
{
	struct engine engine = {0};
	int result = engine_open(&engine, settings);

	if (!result)
		ev_run(engine.loop, 0);
	if (result == -EPERM || result == -EOPNOTSUPP)
		engine.status = ENGINE_EXIT_CONFIG;
	else if (result)
		engine.status = EXIT_FAILURE;
	engine_close(&engine);
	return engine.status;
}
