// SPDX-License-Identifier: GPL-2.0-or-later
/* The stages of a pass, by which the database follows what goes on, and what is old leaves it. */
#include "common/log.h"
#include "control/incidents/incident_facts.h"
#include "control/incidents/keeper_internal.h"
#include "control/store/store_audit.h"
#include "control/store/store_incidents.h"

#define LOOKED_AT 512    /* open incidents in one step: most are as they were */
#define HOSTS_ROWS 128   /* hosts in one transaction: two milliseconds; the disk is the thread's */
#define DELETED_ROWS 256 /* what is old, in one step */

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
			keeper_end(keeper, incident, now.real);
	}
	if (count)
		keeper_write(keeper, count, true);
	return incident != NULL;
}

/* What was told while the database was away. */
static bool pass_told(struct keeper *keeper)
{
	size_t count;

	if (!keeper_writable(keeper))
		return false;
	count = incidents_owing(keeper->incidents, INCIDENT_TOLD, keeper->writing, KEEPER_ROWS);
	if (count)
		keeper_write(keeper, count, false);
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
		keeper_summarize(keeper->control, keeper->host, summary);
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

	if (!keeper_writable(keeper))
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

	if (keeper_writable(keeper))
		store_hosts_delete(keeper->control->store, before, settings->max_hosts,
				   DELETED_ROWS, &deleted, &then_deleted);
	return deleted == DELETED_ROWS;
}

static bool pass_old(struct keeper *keeper)
{
	const struct config_settings *settings = &keeper->control->config->settings;
	const int64_t before = intent_clock().real - (int64_t)settings->keep_incidents;
	size_t deleted = 0;

	if (keeper_writable(keeper))
		store_incidents_delete(keeper->control->store, before, settings->max_incidents,
				       DELETED_ROWS, &deleted, &then_deleted);
	return deleted == DELETED_ROWS;
}

static bool pass_days(struct keeper *keeper)
{
	struct control *control = keeper->control;

	if (days_owing(control->days) && keeper_writable(keeper))
		days_write(control->days, control->store, intent_clock().real);
	return false;
}

static bool pass_old_days(struct keeper *keeper)
{
	size_t deleted = 0;

	if (keeper_writable(keeper))
		days_delete(keeper->control->store, intent_clock().real,
			    keeper->control->config->settings.keep_days, DELETED_ROWS, &deleted,
			    &then_deleted);
	return deleted >= DELETED_ROWS;
}

static bool pass_old_audit(struct keeper *keeper)
{
	const uint64_t keep = keeper->control->config->settings.keep_audit;
	size_t deleted = 0;

	if (keeper_writable(keeper))
		store_audit_delete(keeper->control->store, intent_clock().real - (int64_t)keep,
				   DELETED_ROWS, &deleted, &then_deleted);
	return deleted == DELETED_ROWS;
}

bool keeper_stage(struct keeper *keeper)
{
	static bool (*const stages[])(struct keeper *) = {
		[STAGE_OPEN] = pass_open,           [STAGE_TOLD] = pass_told,
		[STAGE_HOSTS] = pass_hosts,         [STAGE_DAYS] = pass_days,
		[STAGE_USAGE] = pass_usage,         [STAGE_OLD] = pass_old,
		[STAGE_OLD_HOSTS] = pass_old_hosts, [STAGE_OLD_DAYS] = pass_old_days,
		[STAGE_OLD_AUDIT] = pass_old_audit};

	return stages[keeper->stage](keeper);
}
