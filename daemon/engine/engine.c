/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/log.h"
#include "engine/engine_internal.h"

void engine_forward(struct engine *engine)
{
	forward_events(&engine->forward, engine->queues, engine->peer);
}

static void on_events(struct ev_loop *loop, ev_async *watcher, int revents)
{
	(void)loop;
	(void)revents;
	engine_forward(watcher->data);
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
	engine_forward(engine);
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
	engine_forward(arg);
}

static void on_stop(struct ev_loop *loop, ev_signal *watcher, int revents)
{
	(void)watcher;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void engine_close(struct engine *engine)
{
	settle_stop(&engine->settle);
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
					       .message = engine_message,
					       .disconnected = on_disconnected,
					       .drained = on_drained,
					       .arg = engine};
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
	engine_reading_init(engine);
	for (size_t i = 0; i < 2; i++) {
		ev_signal_init(&engine->stop[i], on_stop, i ? SIGINT : SIGTERM);
		ev_signal_start(engine->loop, &engine->stop[i]);
	}
	result = peer_open(&engine->peer, engine->loop, settings->listener, settings->peer_user,
			   &handlers);
	if (!result)
		result = engine_repair_init(engine);
	if (!result)
		result = usage_open(&engine->usage, engine->loop, engine->table, engine->peer);
	if (result)
		log_error("engine: socket: %s", strerror(-result));
	else
		settle_init(&engine->settle, engine->loop, engine->table, engine->guard);
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
