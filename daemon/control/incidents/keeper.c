// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/incidents/incident_facts.h"
#include "control/incidents/keeper.h"
#include "control/incidents/responder.h"
#include "control/store/store_audit.h"
#include "control/store/store_hosts.h"
#include "control/store/store_incidents.h"

#define LOOKED_AT 512    /* open incidents in one step of a pass: most are as they were */
#define HOSTS_ROWS 128   /* hosts in one transaction: two milliseconds; the disk is the thread's */
#define DELETED_ROWS 256 /* what is old, in one step */
#define REST_MIN 0.001

enum stage {
	STAGE_REST,
	STAGE_OPEN,
	STAGE_TOLD,
	STAGE_HOSTS,
	STAGE_DAYS,
	STAGE_USAGE,
	STAGE_OLD,
	STAGE_OLD_HOSTS,
	STAGE_OLD_DAYS,
	STAGE_OLD_AUDIT
};

struct keeper {
	struct control *control;
	struct incidents *incidents;
	ev_timer pass, step;
	enum stage stage;
	const struct incident *at; /* of the pass: the last that was looked at */
	const struct host *host;   /* likewise */
	uint32_t written,
		latest; /* last_seen of the hosts that are written, and of those in this pass */
	bool read;      /* what the database has is known */
	bool restored;  /* hosts were read: once, whatever follows */
	unsigned rows;  /* of hosts, in this transaction */
	struct store_waiter turn; /* while others have the database */
	/* Incidents that are being written; @numbered: and told of then. */
	struct incident *writing[KEEPER_ROWS];
	size_t writing_count;
	bool numbered;
};

/* --- telling --- */

static void tell(struct keeper *keeper, struct incident *incident)
{
	struct control *control = keeper->control;
	json_t *json;

	if (incident->line_due)
		reporter_incident(control->reporter, incident, control_now());
	incident->line_due = false;
	if (!server_watched(control->server, WATCH_INCIDENT))
		return;
	json = incident_json(incident);
	if (json)
		server_publish(control->server, WATCH_INCIDENT, json);
	json_decref(json);
}

/* --- writing --- */

static bool writable(const struct keeper *keeper)
{
	const struct store *store = keeper->control->store;

	return keeper->read && store_ready(store) && !store_problem(store);
}

static void summarize(const struct control *control, const struct host *host,
		      struct host_summary *summary)
{
	const struct policy *policy = config_policy(control->config, host->policy);

	host_past(control->tracker, host, &summary->past, summary->tallies);
	snprintf(summary->policy, sizeof(summary->policy), "%s", policy ? policy->name : "");
}

/*
 * With each incident goes its host, at the moment of its counts: after a restart both go on from there, and
 * no attempt is counted twice.
 */
static int write_host(void *ctx, const struct incident *incident)
{
	const struct control *control = ((struct keeper *)ctx)->control;
	const struct host *host = tracker_find_prefix(control->tracker, &incident->host);
	struct host_summary summary;

	if (!host)
		return 0;
	summarize(control, host, &summary);
	return store_hosts_put(control->store, &summary);
}

/* Who watches is told what the database has: what has changed again meanwhile is told when that is there. */
static void written(struct keeper *keeper, bool stored)
{
	for (size_t i = 0; i < keeper->writing_count; i++) {
		struct incident *incident = keeper->writing[i];

		if (keeper->numbered && !incidents_urgent(keeper->incidents, incident))
			tell(keeper, incident);
		incidents_done(keeper->incidents, incident, stored);
	}
	keeper->writing_count = 0;
}

static void on_written(void *ctx, int result)
{
	struct keeper *keeper = ctx;
	const char *problem = store_problem(keeper->control->store);

	if (result)
		log_error("store: incidents are kept in memory: %s",
			  problem ? problem : "no memory");
	written(keeper, !result);
}

/* Those of keeper->writing; @number: what they owe is new. */
static void write_out(struct keeper *keeper, size_t count, bool number)
{
	const struct store_then then = {.done = on_written, .ctx = keeper};

	keeper->writing_count = count;
	keeper->numbered = number;
	if (number)
		incidents_number(keeper->incidents, keeper->writing, count);
	for (size_t i = 0; i < count; i++)
		incidents_begin(keeper->incidents, keeper->writing[i]);
	if (writable(keeper))
		store_incidents_write(keeper->control->store, keeper->writing, count, write_host,
				      keeper, &then);
	else
		written(keeper, false);
}

/* True: there is, or may be, more. */
static bool write_urgent(struct keeper *keeper)
{
	size_t count =
		incidents_owing(keeper->incidents, INCIDENT_AT_ONCE, keeper->writing, KEEPER_ROWS);

	if (count)
		write_out(keeper, count, true);
	return count == KEEPER_ROWS;
}

/* --- a pass --- */

static void set_pinned(struct keeper *keeper, const struct prefix *prefix, bool pinned)
{
	struct host *host = tracker_find_prefix(keeper->control->tracker, prefix);

	if (host)
		tracker_pin(keeper->control->tracker, host, pinned);
}

static void close_one(struct keeper *keeper, struct incident *incident, int64_t now)
{
	incidents_close(keeper->incidents, incident, now);
	set_pinned(keeper, &incident->host, false);
}

/* Looks at the host of each open incident in turn. */
static bool pass_open(struct keeper *keeper)
{
	struct control *control = keeper->control;
	const uint64_t quiet = control->config->settings.incident_quiet;
	const struct allow_clock now = intent_clock();
	struct incident *incident = NULL;
	size_t count = 0;

	for (unsigned i = 0; i < LOOKED_AT && count < KEEPER_ROWS; i++) {
		const struct host *host;

		incident = incidents_next(keeper->incidents, keeper->at);
		if (!incident)
			break;
		keeper->at = incident;
		if (incident->closed)
			continue;
		host = tracker_find_prefix(control->tracker, &incident->host);
		if (host && incident_refresh(control, incident, host, now))
			keeper->writing[count++] = incident;
		else if (incidents_quiet(incident, quiet, now))
			close_one(keeper, incident, now.real);
	}
	if (count)
		write_out(keeper, count, true);
	return incident != NULL;
}

/* What was told while the database was away. */
static bool pass_told(struct keeper *keeper)
{
	size_t count;

	if (!writable(keeper))
		return false;
	count = incidents_owing(keeper->incidents, INCIDENT_TOLD, keeper->writing, KEEPER_ROWS);
	if (count)
		write_out(keeper, count, false);
	return count == KEEPER_ROWS;
}

/* The next one that was seen since the last pass; false: none, or enough for one transaction. */
static bool next_host(void *ctx, struct host_summary *summary)
{
	struct keeper *keeper = ctx;

	while (keeper->rows < HOSTS_ROWS) {
		keeper->host = tracker_next(keeper->control->tracker, keeper->host);
		if (!keeper->host)
			return false;
		if (keeper->host->last_seen < keeper->written)
			continue;
		if (keeper->host->last_seen > keeper->latest)
			keeper->latest = keeper->host->last_seen;
		summarize(keeper->control, keeper->host, summary);
		keeper->rows++;
		return true;
	}
	return false;
}

static void on_hosts(void *ctx, int result)
{
	struct keeper *keeper = ctx;

	if (result)
		log_error("store: summaries of hosts are not written: %s",
			  store_problem(keeper->control->store));
	else if (!keeper->host)
		keeper->written = keeper->latest;
}

static bool pass_hosts(struct keeper *keeper)
{
	const struct store_then then = {.done = on_hosts, .ctx = keeper};

	if (!writable(keeper))
		return false;
	keeper->rows = 0;
	store_hosts_write(keeper->control->store, next_host, keeper, &then);
	return keeper->host != NULL;
}

/* What is old goes with the next pass, if it does not now. */
static void on_deleted(void *ctx, int result)
{
	(void)ctx;
	(void)result;
}

static const struct store_then then_deleted = {.done = on_deleted};

static bool pass_usage(struct keeper *keeper)
{
	return usage_write(keeper->control->usage);
}

static bool pass_old_hosts(struct keeper *keeper)
{
	const struct config_settings *settings = &keeper->control->config->settings;
	const int64_t before = intent_clock().real - (int64_t)settings->keep_hosts;
	size_t deleted = 0;

	if (writable(keeper))
		store_hosts_delete(keeper->control->store, before, settings->max_hosts,
				   DELETED_ROWS, &deleted, &then_deleted);
	return deleted == DELETED_ROWS;
}

static bool pass_old(struct keeper *keeper)
{
	const struct config_settings *settings = &keeper->control->config->settings;
	const int64_t before = intent_clock().real - (int64_t)settings->keep_incidents;
	size_t deleted = 0;

	if (writable(keeper))
		store_incidents_delete(keeper->control->store, before, settings->max_incidents,
				       DELETED_ROWS, &deleted, &then_deleted);
	return deleted == DELETED_ROWS;
}

static bool pass_days(struct keeper *keeper)
{
	struct control *control = keeper->control;

	if (days_owing(control->days) && writable(keeper))
		days_write(control->days, control->store, intent_clock().real);
	return false;
}

static bool pass_old_days(struct keeper *keeper)
{
	size_t deleted = 0;

	if (writable(keeper))
		days_delete(keeper->control->store, intent_clock().real,
			    keeper->control->config->settings.keep_days, DELETED_ROWS, &deleted,
			    &then_deleted);
	return deleted >= DELETED_ROWS;
}

static bool pass_old_audit(struct keeper *keeper)
{
	const uint64_t keep = keeper->control->config->settings.keep_audit;
	size_t deleted = 0;

	if (writable(keeper))
		store_audit_delete(keeper->control->store, intent_clock().real - (int64_t)keep,
				   DELETED_ROWS, &deleted, &then_deleted);
	return deleted == DELETED_ROWS;
}

static bool busy(const struct keeper *keeper)
{
	return store_busy(keeper->control->store);
}

/* One bounded piece of work, until something is being committed; true: there is more. */
static bool work(struct keeper *keeper)
{
	static bool (*const stages[])(struct keeper *) = {
		[STAGE_OPEN] = pass_open,           [STAGE_TOLD] = pass_told,
		[STAGE_HOSTS] = pass_hosts,         [STAGE_DAYS] = pass_days,
		[STAGE_USAGE] = pass_usage,         [STAGE_OLD] = pass_old,
		[STAGE_OLD_HOSTS] = pass_old_hosts, [STAGE_OLD_DAYS] = pass_old_days,
		[STAGE_OLD_AUDIT] = pass_old_audit};
	bool more = responder_write(keeper->control->responder);

	if (!busy(keeper) && usage_urgent(keeper->control->usage))
		more |= usage_write(keeper->control->usage);
	if (!busy(keeper))
		more |= write_urgent(keeper);
	if (more || busy(keeper))
		return true;
	if (keeper->stage == STAGE_REST)
		return false;
	if (!stages[keeper->stage](keeper))
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
	close_one(keeper, incident, intent_clock().real);
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
	set_pinned(keeper, &prefix, true);
	keeper_urgent(keeper, incident);
}

/* --- from start to end --- */

static int recall(void *ctx, struct incident *stored)
{
	struct keeper *keeper = ctx;
	struct control *control = keeper->control;
	const struct allow_clock now = intent_clock();
	const struct policy *policy = config_policy_of(control->config, &stored->host.addr);
	const struct tracker_source source = {
		.policy = policy ? policy->number : TRACKER_NO_POLICY,
		.length6 = stored->host.length,
		.verified = stored->verified,
		.shared = stored->shared,
	};
	struct incident *incident = incidents_recall(keeper->incidents, stored, now);
	struct host *host;

	if (!incident)
		return 0;
	host = tracker_find_prefix(control->tracker, &incident->host);
	if (!host || host_attempts(host) < incident->host_attempts)
		incident->host_attempts = incident->host_destinations = 0; /* its record is gone */
	host = tracker_recall(control->tracker, &incident->host, incident->class, &source,
			      control_now());
	if (host)
		tracker_pin(control->tracker, host, true);
	return 0;
}

static void restore(void *ctx, const struct host_summary *summary)
{
	const struct control *control = ((struct keeper *)ctx)->control;
	const struct policy *policy = config_policy_find(control->config, summary->policy);

	tracker_restore(control->tracker, &summary->past,
			policy ? policy->number : TRACKER_NO_POLICY, summary->tallies,
			control_now());
}

/*
 * Without the database nobody knows which numbers there were: from then on they are beyond any that
 * are counted.
 */
static void number_anew(struct keeper *keeper)
{
	const int64_t beyond = intent_clock().real * 1000;

	if (incidents_last_change(keeper->incidents) < beyond)
		incidents_numbered(keeper->incidents, beyond, beyond);
}

static void read_database(struct keeper *keeper)
{
	struct store *store = keeper->control->store;
	int64_t id, change;

	if (store_ready(store) && !days_ready(keeper->control->days))
		days_read(keeper->control->days, store, intent_clock().real);
	if (keeper->read || !store_ready(store))
		return;
	if (!keeper->restored)
		store_hosts_read(store, keeper->control->config->settings.max_hosts, restore,
				 keeper);
	keeper->restored = true;
	if (store_incidents_newest(store, &id, &change) ||
	    store_incidents_open(store, keeper->control->config->settings.max_active / 2, recall,
				 keeper))
		return;
	incidents_numbered(keeper->incidents, id, change);
	keeper->read = true;
}

void keeper_database(struct keeper *keeper)
{
	read_database(keeper);
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
	read_database(keeper);
	if (!keeper->read)
		number_anew(keeper);
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
