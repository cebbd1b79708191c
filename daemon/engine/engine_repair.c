/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/clock.h"
#include "common/log.h"
#include "engine/apart.h"
#include "engine/engine_internal.h"

#define AGAIN 1 /* seconds */

static bool repair(struct engine *engine, bool anew)
{
	struct table_error error = {0};
	struct apart apart = {.count = 0};
	uint64_t begin = clock_ms(CLOCK_BOOTTIME);
	int failed;

	engine->repairs++;
	guard_changed(engine->guard);
	if (engine->mapping.block && plan_intervals(&engine->mapping.plan) >= APART_INTERVALS)
		apart_begin(&apart, engine->queues, NULL);
	failed = table_repair(engine->table, anew, begin, &error);
	apart_end(&apart);
	usage_changed(engine->usage, engine->table);
	if (failed) {
		log_error("engine: the table could not be put back: %s; next try in %d s",
			  error.text, AGAIN);
		ev_timer_set(&engine->repair, AGAIN, 0);
		ev_timer_start(engine->loop, &engine->repair);
		return false;
	}
	log_notice("engine: the table is back after %llu ms",
		   (unsigned long long)(clock_ms(CLOCK_BOOTTIME) - begin));
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

void engine_follow_watch(struct engine *engine)
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

	if (anew)
		engine_read_idle(engine);
	ev_timer_stop(engine->loop, &engine->repair);
	return repair(engine, anew);
}

int engine_repair_init(struct engine *engine)
{
	const struct guard_handlers handlers = {
		.repair = on_differs, .looked = on_looked, .arg = engine};

	ev_io_init(&engine->intrusion, on_intrusion, -1, EV_READ);
	engine->intrusion.data = engine;
	ev_timer_init(&engine->repair, on_repair, 0, 0);
	engine->repair.data = engine;
	return guard_open(&engine->guard, engine->loop, &handlers);
}
