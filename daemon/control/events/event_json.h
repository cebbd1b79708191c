/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as Suricata's EVE writes alerts (docs.suricata.io, "Eve JSON Format"), so that what reads
 * those reads ours; what only we know is in alert.metadata.
 */
#ifndef EDGE25_CONTROL_EVENT_JSON_H
#define EDGE25_CONTROL_EVENT_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "common/policy.h"
#include "control/hosts/tracker.h"
#include "control/incidents/incident.h"
#include "control/names/names.h"

struct event_period {
	uint64_t attempts;
	uint64_t destinations;
	bool refused; /* the kernel counted a refusal */
};

/*
 * A first attempt, or NULL without memory. @policy may be NULL. @found: whose machine it is.
 * @destinations: enum log_destinations.
 */
json_t *event_json_attempt(const struct message_event *event, const struct tracker *tracker,
			   const struct host *host, const struct policy *policy,
			   const struct names_found *found, unsigned destinations);
/* One with a source that cannot be true: no host's. */
json_t *event_json_untrue(const struct message_event *event, const struct policy *policy,
			  const struct names_found *found, unsigned destinations);
/* What a host did since its last line. */
json_t *event_json_summary(const struct tracker *tracker, const struct host *host,
			   const struct policy *policy, struct event_period period, uint64_t now,
			   const struct names_found *found, unsigned destinations);
/* An incident that was opened, or is of another class than its last line said. */
json_t *event_json_incident(const struct incident *incident, uint64_t now);
/* Whose machine @host is, by where it was seen last. */
void host_names(struct names *names, const struct tracker *tracker, const struct host *host,
		uint64_t now, struct names_found *found);

#endif
