// SPDX-License-Identifier: GPL-2.0-or-later
/* Incidents go to the database, and are told of when they are there. */
#include "common/log.h"
#include "control/incidents/incident_facts.h"
#include "control/incidents/keeper_internal.h"
#include "control/store/store_incidents.h"

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

bool keeper_writable(const struct keeper *keeper)
{
	const struct store *store = keeper->control->store;

	return keeper->read && store_ready(store) && !store_problem(store);
}

void keeper_summarize(const struct control *control, const struct host *host,
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
	keeper_summarize(control, host, &summary);
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

void keeper_write(struct keeper *keeper, size_t count, bool number)
{
	const struct store_then then = {.done = on_written, .ctx = keeper};

	keeper->writing_count = count;
	keeper->numbered = number;
	if (number)
		incidents_number(keeper->incidents, keeper->writing, count);
	for (size_t i = 0; i < count; i++)
		incidents_begin(keeper->incidents, keeper->writing[i]);
	if (keeper_writable(keeper))
		store_incidents_write(keeper->control->store, keeper->writing, count, write_host,
				      keeper, &then);
	else
		written(keeper, false);
}

bool keeper_write_urgent(struct keeper *keeper)
{
	size_t count =
		incidents_owing(keeper->incidents, INCIDENT_AT_ONCE, keeper->writing, KEEPER_ROWS);

	if (count)
		keeper_write(keeper, count, true);
	return count == KEEPER_ROWS;
}
