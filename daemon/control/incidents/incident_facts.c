// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "control/events/event_json.h"
#include "control/events/log_destinations.h"
#include "control/incidents/incident_facts.h"

#define MATCHES_MAX 64 /* places that a source may be in; one with more has no sure range */
#define SMTP_PORT 25

const struct config_range *incident_range(const struct config *config, const struct addr *source,
					  const char *interface)
{
	struct config_match matches[MATCHES_MAX];
	const size_t count = config_matches(config, source, matches, MATCHES_MAX);

	for (size_t i = 0; i < count && i < MATCHES_MAX; i++) {
		if (!matches[i].interface)
			return matches[i].range;
		if (!interface)
			return count == 1 ? matches[i].range : NULL;
		if (interface_matches(matches[i].interface, interface))
			return matches[i].range;
	}
	return NULL;
}

unsigned incident_sample(const struct control *control, const struct host *host,
			 struct incident_evidence sample[INCIDENT_EVIDENCE_MAX])
{
	const unsigned setting = (unsigned)control->config->settings.log_destinations;
	const struct prefix prefix = host_prefix(host);
	struct contact contacts[CONTACTS_SAMPLE];
	size_t count = host_sample(control->tracker, host, contacts);
	unsigned filled = 0;

	for (size_t i = 0; i < count && filled < INCIDENT_EVIDENCE_MAX; i++)
		sample[filled++] = (struct incident_evidence){
			.time = contacts[i].first,
			.source = prefix.addr,
			.destination = log_destinations_of(setting, &contacts[i].addr),
			.source_port = contacts[i].port,
			.destination_port = SMTP_PORT,
			.answered = contacts[i].answered,
		};
	return filled;
}

json_t *incident_host_reasons(const struct control *control, const struct host *host)
{
	char lines[HOST_REASONS_MAX][HOST_REASON_MAX];
	size_t count = host_reasons(control->tracker, host, lines);
	json_t *reasons = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(reasons, json_string(lines[i]));
	return reasons;
}

static void read_names(const struct control *control, struct incident *incident,
		       const struct host *host)
{
	struct names_found found;

	host_names(control->names, control->tracker, host, control_now(), &found);
	if (found.source) {
		snprintf(incident->name, sizeof(incident->name), "%s", found.name);
		incident->name_source = incident_name_source(found.source);
	}
	if (found.mac_known) {
		incident->mac_length = sizeof(incident->mac);
		memcpy(incident->mac, found.mac, sizeof(incident->mac));
	}
}

static void read_place(const struct control *control, struct incident *incident,
		       const struct host *host, const struct host_facts *facts)
{
	const struct policy *policy = config_policy(control->config, host->policy);
	const struct addr *source = facts->last_source.family ? &facts->last_source :
								&incident->host.addr;
	const struct contained *contained = containment_find(control->containment, &incident->host);
	const struct config_range *range;
	char name[IF_NAMESIZE] = "";

	if (facts->interface && if_indextoname(facts->interface, name))
		snprintf(incident->interface, sizeof(incident->interface), "%s", name);
	range = incident_range(control->config, source,
			       incident->interface[0] ? incident->interface : NULL);
	if (range)
		snprintf(incident->range, sizeof(incident->range), "%s", range->name);
	if (policy)
		snprintf(incident->policy, sizeof(incident->policy), "%s", policy->name);
	incident->verified = facts->verified;
	incident->shared = facts->shared;
	if (contained && contained_now(contained)) {
		incident->action = INCIDENT_CONTAINED;
		incident->contained_until = contained->until;
	}
	if (incident->action == INCIDENT_CONTAINED || !policy)
		return;
	incident->action = policy->mode == MODE_BLOCK ? INCIDENT_REFUSED :
			   policy->mode == MODE_GUARD ? INCIDENT_WATCHED :
							INCIDENT_NONE;
}

/* A sample that has begun anew (after a restart) does not replace what was seen before. */
static void read_sample(const struct control *control, struct incident *incident,
			const struct host *host)
{
	struct incident_evidence sample[INCIDENT_EVIDENCE_MAX];
	unsigned count = incident_sample(control, host, sample);

	if (count < incident->evidence_count)
		return;
	memcpy(incident->evidence, sample, count * sizeof(*sample));
	incident->evidence_count = count;
}

static void read_host(const struct control *control, struct incident *incident,
		      const struct host *host)
{
	struct host_facts facts;

	if (!host_facts(control->tracker, host, &facts))
		return; /* what was known while it was active stands */
	read_names(control, incident, host);
	read_place(control, incident, host, &facts);
	read_sample(control, incident, host);
	incident_reasons(incident, incident_host_reasons(control, host));
}

void incident_begin(const struct control *control, struct incident *incident,
		    const struct host *host, struct allow_clock now)
{
	struct host_facts facts;

	incident->host_attempts = host_attempts(host);
	incident->host_destinations = host_destinations(control->tracker, host);
	incident->first_seen = host_last_seen(control->tracker, host);
	if (host_facts(control->tracker, host, &facts)) {
		incident->attempts = facts.counts[WINDOW_DAY].attempts;
		incident->destinations = facts.servers[WINDOW_DAY];
	}
	read_host(control, incident, host);
	for (unsigned i = 0; i < incident->evidence_count; i++)
		if (incident->evidence[i].time < incident->first_seen)
			incident->first_seen = incident->evidence[i].time;
	incident->last_seen = incident->first_seen;
	incidents_seen(incident, host_last_seen(control->tracker, host), now);
}

bool incident_refresh(const struct control *control, struct incident *incident,
		      const struct host *host, struct allow_clock now)
{
	const uint64_t attempts = incident->attempts, destinations = incident->destinations;
	bool later = incidents_seen(incident, host_last_seen(control->tracker, host), now);

	incidents_counted(incident, host_attempts(host), host_destinations(control->tracker, host));
	if (!later && incident->attempts == attempts && incident->destinations == destinations)
		return false;
	read_host(control, incident, host);
	return true;
}
