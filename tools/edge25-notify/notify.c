// SPDX-License-Identifier: GPL-2.0-or-later
#include "notify.h"

#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "hand.h"
#include "rate.h"
#include "source.h"
#include "state.h"

#define SAVE_AGAIN 30. /* seconds; the state could not be written */

struct notify {
	const struct options *options;
	struct ev_loop *loop;
	struct source *source;
	struct gather *gather;
	struct told told;
	struct rate rate;
	struct hand *hand;
	struct notice notice; /* in hand: text is NULL if none is */
	struct state state;
	bool stopping, unsaved, forgot;
	ev_timer pace, save;
	ev_signal terminate, interrupt, hurry;
};

static void wait_for(struct notify *notify, ev_timer *timer, double delay)
{
	ev_timer_stop(notify->loop, timer);
	ev_timer_set(timer, delay, 0.);
	ev_timer_start(notify->loop, timer);
}

/* --- what was handed over --- */

static void save(struct notify *notify)
{
	int error;

	if (notify->told.forgotten && !notify->forgot)
		log_warning("notify: more than %u incidents are open: that the oldest were told is "
			    "forgotten",
			    TOLD_MAX);
	notify->forgot = notify->told.forgotten;
	rate_left(&notify->rate, clock_seconds(CLOCK_MONOTONIC)); /* fills it */
	notify->state.runs_left = notify->rate.left;
	notify->state.time = time(NULL);
	error = state_save(notify->options->state, &notify->state, &notify->told);
	if (error && !notify->unsaved)
		log_error("state: what was handed over would come again after a restart: cannot "
			  "write %s: %s",
			  notify->options->state, strerror(-error));
	else if (!error && notify->unsaved)
		log_notice("state: written again: %s", notify->options->state);
	notify->unsaved = error != 0;
	if (error)
		wait_for(notify, &notify->save, SAVE_AGAIN);
}

static void on_save(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	save(timer->data);
}

/* --- the next notice --- */

static void next_notice(struct notify *notify)
{
	double now = clock_seconds(CLOCK_MONOTONIC);
	unsigned runs = rate_left(&notify->rate, now);
	int error;

	if (notify->notice.text || notify->stopping || !gather_count(notify->gather))
		return;
	if (!runs) {
		wait_for(notify, &notify->pace, rate_wait(&notify->rate, now));
		return;
	}
	error = gather_take(notify->gather, &notify->told, runs, notify->state.given_up,
			    &notify->notice);
	if (error) {
		log_error("notify: cannot make a notice: %s", strerror(-error));
		wait_for(notify, &notify->pace, notify->options->retry);
		return;
	}
	rate_take(&notify->rate, now);
	hand_give(notify->hand, &notify->notice);
}

static void on_done(void *ctx, enum hand_outcome outcome)
{
	struct notify *notify = ctx;

	if (outcome != HAND_KEPT) {
		notify->state.given_up = outcome == HAND_TAKEN ? 0 : notify->state.given_up + 1;
		notify->state.change = notify->notice.upto;
		notice_free(&notify->notice);
		save(notify);
	}
	if (notify->stopping) {
		ev_break(notify->loop, EVBREAK_ALL);
		return;
	}
	source_ask(notify->source); /* there may be room again */
	next_notice(notify);
}

static void on_pace(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	next_notice(timer->data);
}

/* --- incidents --- */

static int on_incident(void *ctx, const json_t *incident)
{
	struct notify *notify = ctx;

	return gather_add(notify->gather, &notify->told, incident);
}

static bool on_news(void *ctx, const json_t *incident)
{
	const struct notify *notify = ctx;

	return gather_wants(notify->gather, &notify->told, incident);
}

static void on_listed(void *ctx)
{
	next_notice(ctx);
}

static bool on_ready(void *ctx)
{
	struct notify *notify = ctx;

	return !notify->stopping && !gather_full(notify->gather);
}

static int on_known(void *ctx, const json_t *document)
{
	struct notify *notify = ctx;
	struct incident incident;

	return incident_read(document, &incident) ? told_put(&notify->told, &incident) : -EBADMSG;
}

static void on_begin(void *ctx, int64_t change)
{
	struct notify *notify = ctx;

	if (!change) { /* another database; what is in hand was of the old one */
		told_free(&notify->told);
		notify->notice.upto = 0;
	}
	log_notice("notify: begins after change %" PRId64
		   " with %zu open incidents that it keeps to "
		   "itself",
		   change, notify->told.count);
	gather_begin(notify->gather, change);
	notify->state.change = change;
	save(notify);
}

static const struct source_ops source_ops = {
	.incident = on_incident,
	.news = on_news,
	.listed = on_listed,
	.ready = on_ready,
	.known = on_known,
	.begin = on_begin,
};

/* --- signals --- */

static void on_stop(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct notify *notify = watcher->data;

	(void)events;
	notify->stopping = true;
	if (!hand_stop(notify->hand))
		ev_break(loop, EVBREAK_ALL);
}

/* Something was mended: what waits for its time does not wait for it. */
static void on_hurry(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct notify *notify = watcher->data;

	(void)loop;
	(void)events;
	source_ask(notify->source);
	hand_hurry(notify->hand);
}

static void watch(struct notify *notify)
{
	ev_init(&notify->pace, on_pace);
	ev_init(&notify->save, on_save);
	ev_signal_init(&notify->terminate, on_stop, SIGTERM);
	ev_signal_init(&notify->interrupt, on_stop, SIGINT);
	ev_signal_init(&notify->hurry, on_hurry, SIGHUP);
	notify->pace.data = notify->save.data = notify;
	notify->terminate.data = notify->interrupt.data = notify->hurry.data = notify;
	ev_signal_start(notify->loop, &notify->terminate);
	ev_signal_start(notify->loop, &notify->interrupt);
	ev_signal_start(notify->loop, &notify->hurry);
}

/* --- start and end --- */

/* The state as it was left; *after is where the source goes on. */
static int begin(struct notify *notify, int64_t *after)
{
	const struct options *options = notify->options;
	int lock = state_lock(options->state);
	unsigned line;
	double ago;
	int error;

	if (lock < 0) {
		log_error("state: cannot use %s: %s", options->state,
			  lock == -EWOULDBLOCK ? "another edge25-notify does" : strerror(-lock));
		return lock;
	}
	error = state_load(options->state, &notify->state, &notify->told, &line);
	if (error == -EBADMSG)
		log_error(
			"state: line %u of it is not what edge25-notify wrote: %s; without that file it "
			"begins with what comes from now on",
			line, options->state);
	else if (error && error != -ENOENT)
		log_error("state: cannot read %s: %s", options->state, strerror(-error));
	if (error && error != -ENOENT)
		return error;
	ago = error ? 0 : difftime(time(NULL), (time_t)notify->state.time);
	notify->rate = rate_start(options->rate_runs, options->rate_period,
				  error ? options->rate_runs : notify->state.runs_left, ago,
				  clock_seconds(CLOCK_MONOTONIC));
	*after = !error || options->from_start ? notify->state.change : SOURCE_FROM_NOW;
	gather_begin(notify->gather, notify->state.change);
	if (*after == SOURCE_FROM_NOW)
		log_notice("notify: the first start: begins with what changes from now on");
	else
		log_notice("notify: goes on after change %" PRId64, *after);
	return 0;
}

/* What was not wanted and came last is not read again. Nothing was in hand, so nothing is lost. */
static void leave(struct notify *notify)
{
	int64_t done = gather_done(notify->gather);

	if (!notify->notice.text && done > notify->state.change) {
		notify->state.change = done;
		save(notify);
	}
	log_notice("notify: ends%s", notify->notice.text || gather_count(notify->gather) ?
					     "; what waits comes again after the next start" :
					     "");
}

int notify_run(const struct options *options)
{
	struct notify notify = {.options = options, .loop = ev_loop_new(EVFLAG_AUTO)};
	int64_t after;
	int error = -ENOMEM;

	if (!notify.loop)
		goto out;
	watch(&notify);
	notify.gather = gather_new(&options->wanted, options->most);
	notify.hand = hand_new(notify.loop, options, on_done, &notify);
	if (!notify.gather || !notify.hand)
		goto out;
	error = begin(&notify, &after);
	if (error)
		goto out;
	notify.source = source_new(notify.loop, options->socket, after, &source_ops, &notify);
	if (!notify.source) {
		error = -ENOMEM;
		goto out;
	}
	ev_run(notify.loop, 0);
	leave(&notify);
out:
	if (error == -ENOMEM)
		log_error("notify: no memory");
	source_free(notify.source);
	hand_free(notify.hand);
	gather_free(notify.gather);
	notice_free(&notify.notice);
	told_free(&notify.told);
	if (notify.loop)
		ev_loop_destroy(notify.loop);
	return error;
}
