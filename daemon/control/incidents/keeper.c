// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "control/incidents/incident_facts.h"
#include "control/incidents/keeper_internal.h"
#include "control/incidents/responder.h"

#define REST_MIN 0.001

/* --- one step after the other --- */

static bool busy(const struct keeper *keeper)
{
	return store_busy(keeper->control->store);
}

/* One bounded piece of work, until something is being committed; true: there is more. */
static bool work(struct keeper *keeper)
{
	bool more = responder_write(keeper->control->responder);

	if (!busy(keeper) && usage_urgent(keeper->control->usage))
		more |= usage_write(keeper->control->usage);
	if (!busy(keeper))
		more |= keeper_write_urgent(keeper);
	if (more || busy(keeper))
		return true;
	if (keeper->stage == STAGE_REST)
		return false;
	if (!keeper_stage(keeper))
		keeper->stage = keeper->stage == STAGE_OLD_AUDIT ? STAGE_REST : keeper->stage + 1;
	return true;
}

static void soon(struct keeper *keeper, double rest)
{
	struct ev_loop *loop = keeper->control->loop;

	if (ev_is_active(&keeper->step))
		return;
	ev_timer_set(&keeper->step, rest, 0.);
	ev_timer_start(loop, &keeper->step);
}

static void on_step(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper *keeper = timer->data;
	const ev_tstamp began = ev_time();
	ev_tstamp took;
	bool more = true;

	(void)loop;
	(void)events;
	if (!busy(keeper))
		more = work(keeper);
	took = ev_time() - began;
	if (busy(keeper))
		store_wait(keeper->control->store, &keeper->turn);
	else if (more)
		soon(keeper, took > REST_MIN && took < 1. ? took : REST_MIN);
}

static void on_turn(void *ctx)
{
	soon(ctx, 0.);
}

static void begin_pass(struct keeper *keeper)
{
	if (keeper->stage != STAGE_REST)
		return;
	usage_sweep(keeper->control->usage);
	keeper->stage = STAGE_OPEN;
	keeper->at = NULL;
	keeper->host = NULL;
	soon(keeper, 0.);
}

static void on_pass(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	begin_pass(timer->data);
}

/* --- classes --- */

void keeper_pin(struct keeper *keeper, const struct prefix *prefix, bool pinned)
{
	struct host *host = tracker_find_prefix(keeper->control->tracker, prefix);

	if (host)
		tracker_pin(keeper->control->tracker, host, pinned);
}

void keeper_end(struct keeper *keeper, struct incident *incident, int64_t now)
{
	incidents_close(keeper->incidents, incident, now);
	keeper_pin(keeper, &incident->host, false);
}

void keeper_urgent(struct keeper *keeper, struct incident *incident)
{
	incidents_touch(keeper->incidents, incident, INCIDENT_AT_ONCE);
	soon(keeper, 0.);
}

void keeper_soon(struct keeper *keeper)
{
	soon(keeper, 0.);
}

void keeper_close(struct keeper *keeper, struct incident *incident)
{
	keeper_end(keeper, incident, intent_clock().real);
	soon(keeper, 0.);
}

void keeper_class(void *ctx, const struct host *host, enum host_class before)
{
	struct keeper *keeper = ctx;
	const struct prefix prefix = host_prefix(host);
	const struct allow_clock now = intent_clock();
	struct incident *incident;

	(void)before;
	if (host->class == CLASS_CLEAN)
		return;
	/* before anything else: it sends as long as the kernel lets it */
	responder_consider(keeper->control->responder, host);
	incident = incidents_find(keeper->incidents, &prefix);
	if (!incident) {
		incident = incidents_open(keeper->incidents, &prefix, host->class, now);
		if (!incident)
			return;
		incident_begin(keeper->control, incident, host, now);
		incident->line_due = true;
	} else {
		incident_refresh(keeper->control, incident, host, now);
		if (incidents_class(keeper->incidents, incident, host->class))
			incident->line_due = true;
	}
	keeper_pin(keeper, &prefix, true);
	keeper_urgent(keeper, incident);
}

/* --- from start to end --- */

void keeper_database(struct keeper *keeper)
{
	keeper_read(keeper);
	begin_pass(keeper);
}

static void start_pass_timer(struct keeper *keeper)
{
	const double interval = (double)keeper->control->config->settings.write_interval;

	ev_timer_stop(keeper->control->loop, &keeper->pass);
	ev_timer_set(&keeper->pass, interval, interval);
	ev_timer_start(keeper->control->loop, &keeper->pass);
}

void keeper_configure(struct keeper *keeper)
{
	start_pass_timer(keeper);
	begin_pass(keeper);
}

struct keeper *keeper_new(struct control *control)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper)
		return NULL;
	keeper->control = control;
	keeper->incidents = control->incidents;
	ev_init(&keeper->step, on_step);
	ev_init(&keeper->pass, on_pass);
	keeper->step.data = keeper->pass.data = keeper;
	keeper->turn.turn = on_turn;
	keeper->turn.ctx = keeper;
	keeper_read(keeper);
	if (!keeper->read)
		keeper_number_anew(keeper);
	tracker_observe(control->tracker, keeper_class, keeper);
	start_pass_timer(keeper);
	return keeper;
}

void keeper_free(struct keeper *keeper)
{
	const ev_tstamp until = ev_time() + KEEPER_END_SECONDS;

	if (!keeper)
		return;
	ev_timer_stop(keeper->control->loop, &keeper->step);
	ev_timer_stop(keeper->control->loop, &keeper->pass);
	store_wait_no_more(keeper->control->store, &keeper->turn);
	store_settle(keeper->control->store);
	keeper->stage = STAGE_OPEN;
	keeper->at = NULL;
	keeper->host = NULL;
	while (work(keeper) && ev_time() < until)
		store_settle(keeper->control->store);
	store_settle(keeper->control->store);
	free(keeper);
}
