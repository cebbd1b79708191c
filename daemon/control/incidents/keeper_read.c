// SPDX-License-Identifier: GPL-2.0-or-later
/* What the database had when control began, or has when it comes back. */
#include "control/incidents/keeper_internal.h"
#include "control/store/store_incidents.h"

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

void keeper_number_anew(struct keeper *keeper)
{
	const int64_t beyond = intent_clock().real * 1000;

	if (incidents_last_change(keeper->incidents) < beyond)
		incidents_numbered(keeper->incidents, beyond, beyond);
}

void keeper_read(struct keeper *keeper)
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
