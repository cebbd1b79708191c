// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "control/config/directories.h"
#include "control/config/reload.h"
#include "control/control.h"
#include "control/engine/engine_ops.h"
#include "control/health/losses.h"
#include "control/hosts/host_lists.h"
#include "control/incidents/forget.h"
#include "control/incidents/keeper.h"
#include "control/incidents/responder.h"
#include "control/methods/explain.h"
#include "control/methods/methods.h"

#define EXPIRY_LOOK_MAX 60. /* seconds: the wall clock may have been set since */
#define SWEEP (LAG_TICK / 1000.)
#define NOTE 60. /* losses are known by the hour, in parts of five minutes */
#define RETRY 5.
#define SUMMARY_REST 1. /* what the bound on lines a second left over */

uint64_t control_now(void)
{
	return clock_ns(CLOCK_REALTIME);
}

/* --- timers --- */

void control_expiry_changed(struct control *control)
{
	int64_t next = allowlist_next_expiry(control->allowlist);
	double wait = next ? (double)next - (double)control_now() / 1e9 : EXPIRY_LOOK_MAX;

	if (wait > EXPIRY_LOOK_MAX)
		wait = EXPIRY_LOOK_MAX;
	ev_timer_stop(control->loop, &control->expiry);
	ev_timer_set(&control->expiry, wait > 0.1 ? wait : 0.1, 0.);
	ev_timer_start(control->loop, &control->expiry);
	name_follower_look(control->name_follower);
}

static void expire(void *ctx)
{
	struct control *control = ctx;

	if (store_busy(control->store)) {
		store_wait(control->store, &control->expire);
		return;
	}
	if (allowlist_expire(control->allowlist, intent_clock().real) >= 0) {
		control_expiry_changed(control);
		return;
	}
	/* The kernel has ended it; the database is tried again later. */
	ev_timer_stop(control->loop, &control->expiry);
	ev_timer_set(&control->expiry, EXPIRY_LOOK_MAX, 0.);
	ev_timer_start(control->loop, &control->expiry);
}

static void on_expiry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;

	(void)loop;
	(void)events;
	clock_watch_look(control->clock);
	expire(control);
}

/*
 * Entries end by the wall clock, the kernel's elements after a time awake: what is left of each is
 * another one now. The engine gets the whole plan with new ends.
 */
static void on_clock(void *ctx, const struct clock_change *change)
{
	struct control *control = ctx;

	if (change->stepped)
		log_notice("clock: it was set %s by %.1f s",
			   change->stepped > 0 ? "forwards" : "backwards",
			   fabs((double)change->stepped) / 1000);
	tracker_clock(control->tracker, change->stepped);
	if (change->slept)
		log_notice("clock: this machine slept for %" PRId64 " s", change->slept / 1000);
	expire(control);
	responder_clock(control->responder);
	intent_send_plan(control->intent);
}

static void summarize(struct control *control)
{
	if (reporter_summaries(control->reporter, control_now()) &&
	    !ev_is_active(&control->summary_rest)) {
		ev_timer_set(&control->summary_rest, SUMMARY_REST, 0.);
		ev_timer_start(control->loop, &control->summary_rest);
	}
}

/* Without a fresh reading the figures would not be exact; nothing is lost by waiting. */
static void on_summary_reading(void *arg, bool fresh)
{
	if (fresh)
		summarize(arg);
}

static void on_summary(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;

	(void)events;
	reading_ask(control->reading, on_summary_reading, control);
	ev_timer_set(timer, (double)control->config->settings.summary_interval, 0.);
	ev_timer_start(loop, timer);
}

static void on_summary_rest(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	summarize(timer->data);
}

/* What did not work for want of something that may be there again. */
static void on_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;

	(void)loop;
	(void)events;
	intent_again(control->intent);
	if (store_busy(control->store))
		return;
	if (store_ready(control->store) && store_problem(control->store) &&
	    !store_try(control->store)) {
		log_notice("store: %s/edge25.db can be written again",
			   control->config->settings.state_dir);
		responder_database(control->responder);
		keeper_database(control->keeper);
		name_follower_database(control->name_follower);
	}
	if (store_ready(control->store) || store_reopen(control->store) ||
	    allowlist_read(control->allowlist))
		return;
	log_notice("store: %s/edge25.db is there again", control->config->settings.state_dir);
	usage_database(control->usage);
	responder_database(control->responder);
	keeper_database(control->keeper);
	name_follower_database(control->name_follower);
	control_expiry_changed(control);
	intent_send_plan(control->intent);
}

/* A part of the hosts each time. */
static void on_sweep(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;

	(void)loop;
	(void)events;
	lag_tick(&control->lag, lag_now());
	tracker_sweep(control->tracker, control_now());
	responder_pass(control->responder);
}

static void on_note(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *control = timer->data;

	(void)loop;
	(void)events;
	losses_note(control);
}

static void start_timers(struct control *control)
{
	control->expire = (struct store_waiter){.turn = expire, .ctx = control};
	ev_init(&control->expiry, on_expiry);
	ev_init(&control->summary_rest, on_summary_rest);
	ev_timer_init(&control->summary, on_summary,
		      (double)control->config->settings.summary_interval, 0.);
	ev_timer_init(&control->retry, on_retry, RETRY, RETRY);
	ev_timer_init(&control->sweep, on_sweep, SWEEP, SWEEP);
	ev_timer_init(&control->note, on_note, NOTE, NOTE);
	control->note.data = control->sweep.data = control->expiry.data = control->summary.data =
		control->summary_rest.data = control->retry.data = control;
	ev_timer_start(control->loop, &control->summary);
	ev_timer_start(control->loop, &control->retry);
	ev_timer_start(control->loop, &control->sweep);
	ev_timer_start(control->loop, &control->note);
	control_expiry_changed(control);
}

/* --- signals --- */

static void on_reload(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct control *control = signal->data;

	(void)loop;
	(void)events;
	reload_signal(control->reload);
}

static void on_reopen(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct control *control = signal->data;

	(void)loop;
	(void)events;
	event_file_reopen(control->event_file);
}

static void on_end(struct ev_loop *loop, ev_signal *signal, int events)
{
	(void)signal;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void start_signal(struct control *control, ev_signal *watcher,
			 void (*handler)(struct ev_loop *, ev_signal *, int), int number)
{
	ev_signal_init(watcher, handler, number);
	watcher->data = control;
	ev_signal_start(control->loop, watcher);
}

/* --- parts --- */

static struct store *open_store(const struct config_settings *settings)
{
	struct store *store = NULL;
	char *path;

	if (asprintf(&path, "%s/edge25.db", settings->state_dir) < 0)
		return NULL;
	store = store_new(path);
	if (store && store_problem(store))
		log_error("store: stored allow entries are not in force: %s", store_problem(store));
	free(path);
	return store;
}

static void say_ended(const struct config *config)
{
	const int64_t now = intent_clock().real;

	for (size_t i = 0; i < config->allow_count; i++)
		if (config->allows[i].expires && config->allows[i].expires <= now)
			log_warning("config: allow \"%s\" has ended and lets nothing through: %s",
				    config->allows[i].name, config->files[config->allows[i].file]);
}

/* The elements of all sets that count for a host: two families and three kinds of them. */
static uint32_t max_tallies(const struct config_settings *settings)
{
	return (uint32_t)(settings->tally_hosts * 6);
}

static int make_state(struct control *control)
{
	const struct config_settings *settings = &control->config->settings;
	uint8_t numbers[POLICIES_MAX];
	struct hash_key key;
	char boot[40];

	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		return -EIO;
	control->store = open_store(settings);
	if (!control->store || store_thread(control->store, control->loop))
		return -ENOMEM;
	reload_numbers(control->config, NULL, control->store, numbers);
	if (config_number(control->config, numbers))
		return -ENOMEM;
	control->allowlist = allowlist_new(control->store);
	if (!control->allowlist || allowlist_configure(control->allowlist, control->config))
		return -ENOMEM;
	if (store_ready(control->store) && allowlist_read(control->allowlist))
		log_error("store: stored allow entries are not in force: %s",
			  store_problem(control->store) ? store_problem(control->store) :
							  "an entry cannot be read");
	control->usage = usage_new(control->allowlist, control->store, key);
	control->figures = figures_new();
	control->days = days_new(days_boot(boot));
	control->recent = recent_new();
	control->tracker = tracker_new((uint32_t)settings->max_hosts,
				       (uint32_t)settings->max_active, max_tallies(settings), key);
	control->incidents = incidents_new((uint32_t)settings->max_active / 2, key);
	control->containment = containment_new(CONTAINED_MAX, key);
	control->event_file = event_file_new(settings->log_dir, settings->event_file_max);
	return control->usage && control->figures && control->days && control->recent &&
			       control->tracker && control->incidents && control->containment &&
			       control->event_file ?
		       0 :
		       -ENOMEM;
}

static void publish(void *ctx, json_t *event)
{
	struct control *control = ctx;

	server_publish(control->server, WATCH_EVENT, event);
}

static int make_connections(struct control *control)
{
	const struct config_settings *settings = &control->config->settings;
	char *path;

	control->server = server_new(control->loop, settings->run_dir, settings->monitor_group,
				     methods, control);
	if (!control->server)
		return -EIO;
	control->names = names_new(control->loop, settings);
	if (!control->names)
		return -ENOMEM;
	control->reporter = reporter_new(control->tracker, control->event_file, control->names,
					 control->config, publish, control);
	control->keeper = keeper_new(control);
	control->responder = responder_new(control);
	if (!control->keeper || !control->responder ||
	    asprintf(&path, "%s/engine.sock", settings->run_dir) < 0)
		return -ENOMEM;
	control->link = link_new(control->loop, path, &engine_ops, control);
	free(path);
	if (!control->link || !control->reporter)
		return -ENOMEM;
	control->intent = intent_new(control->link, control->config, control->allowlist,
				     control->containment);
	control->name_follower = name_follower_new(control);
	control->reading = reading_new(control->loop, control->link);
	control->reload = reload_new(control);
	control->ruleset = ruleset_new(control->link);
	control->forget = forget_new(control);
	control->explainer = explainer_new(control);
	control->host_lists = host_lists_new(control);
	control->clock = clock_watch_new(control->loop, on_clock, control);
	if (!control->intent || !control->name_follower || !control->reading || !control->reload ||
	    !control->ruleset || !control->forget || !control->explainer || !control->host_lists ||
	    !control->clock)
		return -ENOMEM;
	return 0;
}

struct control *control_new(struct ev_loop *loop, struct config *config)
{
	struct control *control = calloc(1, sizeof(*control));
	int error;

	if (!control) {
		config_free(config);
		return NULL;
	}
	control->loop = loop;
	control->config = config;
	control->started = (int64_t)intent_clock().boot_ms;
	directories_make(&config->settings);
	say_ended(config);
	control->lock = directories_lock(config->settings.run_dir);
	error = control->lock < 0 ? -EIO : make_state(control);
	if (!error)
		error = make_connections(control);
	if (error) {
		if (error == -ENOMEM)
			log_error("control: no memory");
		control_free(control);
		return NULL;
	}
	start_timers(control);
	start_signal(control, &control->hangup, on_reload, SIGHUP);
	start_signal(control, &control->reopen, on_reopen, SIGUSR1);
	start_signal(control, &control->terminate, on_end, SIGTERM);
	start_signal(control, &control->interrupt, on_end, SIGINT);
	return control;
}

static void stop_watchers(struct control *control)
{
	ev_timer_stop(control->loop, &control->expiry);
	ev_timer_stop(control->loop, &control->summary);
	ev_timer_stop(control->loop, &control->summary_rest);
	ev_timer_stop(control->loop, &control->retry);
	ev_timer_stop(control->loop, &control->sweep);
	ev_timer_stop(control->loop, &control->note);
	ev_signal_stop(control->loop, &control->hangup);
	ev_signal_stop(control->loop, &control->reopen);
	ev_signal_stop(control->loop, &control->terminate);
	ev_signal_stop(control->loop, &control->interrupt);
}

/* The connections first: those who wait for the engine are told while all they need is there. */
void control_free(struct control *control)
{
	if (!control)
		return;
	stop_watchers(control);
	if (control->store)
		store_drain(control->store);
	reload_stop(control->reload);
	forget_stop(control->forget);
	link_free(control->link);
	forget_free(control->forget);
	reload_free(control->reload);
	name_follower_free(control->name_follower);
	keeper_free(control->keeper);
	responder_free(control->responder);
	ruleset_free(control->ruleset);
	explainer_free(control->explainer);
	host_lists_free(control->host_lists);
	clock_watch_free(control->clock);
	reading_free(control->reading);
	server_free(control->server);
	intent_free(control->intent);
	incidents_free(control->incidents);
	containment_free(control->containment);
	reporter_free(control->reporter);
	names_free(control->names);
	event_file_free(control->event_file);
	tracker_free(control->tracker);
	days_free(control->days);
	recent_free(control->recent);
	figures_free(control->figures);
	usage_free(control->usage);
	allowlist_free(control->allowlist);
	store_free(control->store);
	config_free(control->config);
	free(control->discovered);
	free(control->status);
	if (control->lock >= 0)
		close(control->lock);
	free(control);
}
