// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "control/config/times.h"
#include "control/events/event_json.h"
#include "control/events/log_destinations.h"

#define GENERATOR 25 /* gid: ours, no rule of Suricata has it */

enum { SEVERE = 1, POSSIBLE, MINOR };

struct signature {
	const char *action;
	const char *text;
	const char *would_be;
	int id, severity;
};

/* By class: until more is known, and of a suspect, nobody can say more than that it may be one. */
#define REFUSED_TEXT "Outbound port 25 refused"
#define SEEN_TEXT "Outbound port 25 seen"
#define POSSIBLE_TEXT ": possible infected host"
#define SETTING_TEXT ": old mail setting"
#define INFECTED_TEXT ": infected host"
static const struct signature refused[HOST_CLASSES] = {
	[CLASS_CLEAN] = {"blocked", REFUSED_TEXT POSSIBLE_TEXT, NULL, 1, POSSIBLE},
	[CLASS_MISCONFIGURED] = {"blocked", REFUSED_TEXT SETTING_TEXT, NULL, 6, MINOR},
	[CLASS_SUSPECT] = {"blocked", REFUSED_TEXT POSSIBLE_TEXT, NULL, 1, POSSIBLE},
	[CLASS_INFECTED] = {"blocked", REFUSED_TEXT INFECTED_TEXT, NULL, 7, SEVERE},
};
static const struct signature seen[HOST_CLASSES] = {
	[CLASS_CLEAN] = {"allowed", SEEN_TEXT POSSIBLE_TEXT, "refused", 2, POSSIBLE},
	[CLASS_MISCONFIGURED] = {"allowed", SEEN_TEXT SETTING_TEXT, "refused", 8, MINOR},
	[CLASS_SUSPECT] = {"allowed", SEEN_TEXT POSSIBLE_TEXT, "refused", 2, POSSIBLE},
	[CLASS_INFECTED] = {"allowed", SEEN_TEXT INFECTED_TEXT, "refused", 9, SEVERE},
};
/* What guard lets pass is a mail server's daily work until its host's class says otherwise. */
#define PASSED_TEXT "Outbound port 25 let through"
static const struct signature let_through[HOST_CLASSES] = {
	[CLASS_CLEAN] = {"allowed", PASSED_TEXT, NULL, 5, MINOR},
	[CLASS_MISCONFIGURED] = {"allowed", PASSED_TEXT SETTING_TEXT, NULL, 10, MINOR},
	[CLASS_SUSPECT] = {"allowed", PASSED_TEXT POSSIBLE_TEXT, NULL, 11, POSSIBLE},
	[CLASS_INFECTED] = {"allowed", PASSED_TEXT INFECTED_TEXT, NULL, 12, SEVERE},
};
#define UNTRUE_TEXT "Outbound port 25 from a source that cannot be true"
static const struct signature untrue_refused = {"blocked", UNTRUE_TEXT, NULL, 3, POSSIBLE};
static const struct signature untrue_seen = {"allowed", UNTRUE_TEXT, "refused", 4, POSSIBLE};
static const struct signature untrue_passed = {"allowed", UNTRUE_TEXT, NULL, 4, POSSIBLE};
#define INCIDENT_TEXT "Outbound port 25 incident"
static const struct signature incident_refused[HOST_CLASSES] = {
	[CLASS_MISCONFIGURED] = {"blocked", INCIDENT_TEXT SETTING_TEXT, NULL, 13, MINOR},
	[CLASS_SUSPECT] = {"blocked", INCIDENT_TEXT POSSIBLE_TEXT, NULL, 14, POSSIBLE},
	[CLASS_INFECTED] = {"blocked", INCIDENT_TEXT INFECTED_TEXT, NULL, 15, SEVERE},
};
static const struct signature incident_seen[HOST_CLASSES] = {
	[CLASS_MISCONFIGURED] = {"allowed", INCIDENT_TEXT SETTING_TEXT, NULL, 16, MINOR},
	[CLASS_SUSPECT] = {"allowed", INCIDENT_TEXT POSSIBLE_TEXT, NULL, 17, POSSIBLE},
	[CLASS_INFECTED] = {"allowed", INCIDENT_TEXT INFECTED_TEXT, NULL, 18, SEVERE},
};

/* The addresses of a line: of one packet, or of the last one in a period. */
struct flow {
	uint64_t time;
	struct addr source, destination; /* @destination as log-destinations lets it be told */
	uint16_t source_port, destination_port;
	char interface[IF_NAMESIZE]; /* "": not known */
};

static struct flow flow_of(const struct message_event *event, unsigned destinations)
{
	struct flow flow = {
		.time = event->time,
		.source = event->source,
		.destination = log_destinations_of(destinations, &event->destination),
		.source_port = event->source_port,
		.destination_port = event->destination_port,
	};

	if (event->interface && !if_indextoname(event->interface, flow.interface))
		flow.interface[0] = '\0';
	return flow;
}

void host_names(struct names *names, const struct tracker *tracker, const struct host *host,
		uint64_t now, struct names_found *found)
{
	const struct prefix prefix = host_prefix(host);
	struct host_facts facts;
	bool known = host_facts(tracker, host, &facts) && facts.last_source.family;

	names_find(names, known ? &facts.last_source : &prefix.addr,
		   facts.mac_length ? facts.mac : NULL, now, found);
}

static const struct signature *signature_of(const struct policy *policy, unsigned action,
					    unsigned class)
{
	bool pass = action == MARK_PASS;

	/* Left to the kernel, which gave the policy's safe answer. */
	if (action == MARK_QUESTION && policy)
		pass = policy->unanswered == SAFE_PASS;
	if (pass)
		return policy && policy->mode == MODE_GUARD ? &let_through[class] : &seen[class];
	return &refused[class];
}

/* Why it was not as its policy's mode alone would have it; NULL: it was. */
static const char *reason_of(const struct policy *policy, const struct message_event *event)
{
	if (event->reason)
		return packet_reason_word(event->reason);
	return policy && policy->mode == MODE_GUARD && event->action == MARK_REFUSE ? "burst" :
										      NULL;
}

/* @host: NULL where it is nobody's. */
static json_t *metadata(const struct tracker *tracker, const struct host *host,
			const struct names_found *found, const struct policy *policy,
			const struct signature *signature)
{
	char mac[NAMES_MAC_TEXT_MAX];
	char text[PREFIX_TEXT_MAX];
	struct host_facts facts;
	struct prefix prefix;
	json_t *object = json_object();

	json_object_set_new(object, "policy", policy ? json_string(policy->name) : json_null());
	json_object_set_new(object, "mode",
			    policy ? json_string(policy_mode_word(policy->mode)) : json_null());
	if (host) {
		prefix = host_prefix(host);
		host_facts(tracker, host, &facts);
		json_object_set_new(object, "host", json_string(prefix_format(&prefix, text)));
		json_object_set_new(object, "class", json_string(host_class_word(host->class)));
		json_object_set_new(object, "verified", json_boolean(facts.verified));
		json_object_set_new(object, "shared", json_boolean(facts.shared));
	}
	if (names_mac_text(found, mac))
		json_object_set_new(object, "mac", json_string(mac));
	if (found->source)
		names_json(found, object);
	if (signature->would_be)
		json_object_set_new(object, "would_be", json_string(signature->would_be));
	return object;
}

static json_t *alert(const struct signature *signature, json_t *data)
{
	return json_pack("{s:s, s:i, s:i, s:i, s:s, s:s, s:i, s:o}", "action", signature->action,
			 "gid", GENERATOR, "signature_id", signature->id, "rev", 1, "signature",
			 signature->text, "category", "Potentially Bad Traffic", "severity",
			 signature->severity, "metadata", data);
}

static json_t *line(const struct flow *flow, const struct signature *signature, json_t *data)
{
	char time[TIME_TEXT_MAX], source[ADDR_TEXT_MAX], destination[ADDR_TEXT_MAX];
	json_t *object = json_object();

	json_object_set_new(object, "timestamp", json_string(time_format_eve(flow->time, time)));
	json_object_set_new(object, "event_type", json_string("alert"));
	json_object_set_new(object, "src_ip", json_string(addr_format(&flow->source, source)));
	json_object_set_new(object, "src_port", json_integer(flow->source_port));
	if (flow->destination.family)
		json_object_set_new(object, "dest_ip",
				    json_string(addr_format(&flow->destination, destination)));
	json_object_set_new(object, "dest_port",
			    json_integer(flow->destination_port ? flow->destination_port : 25));
	json_object_set_new(object, "proto", json_string("TCP"));
	if (flow->interface[0])
		json_object_set_new(object, "in_iface", json_string(flow->interface));
	json_object_set_new(object, "alert", alert(signature, data));
	return object;
}

json_t *event_json_attempt(const struct message_event *event, const struct tracker *tracker,
			   const struct host *host, const struct policy *policy,
			   const struct names_found *found, unsigned destinations)
{
	const struct signature *signature = signature_of(policy, event->action, host->class);
	const struct flow flow = flow_of(event, destinations);
	json_t *data = metadata(tracker, host, found, policy, signature);

	if (reason_of(policy, event))
		json_object_set_new(data, "reason", json_string(reason_of(policy, event)));
	json_object_set_new(data, "attempts", json_integer((json_int_t)host_tries(tracker, host)));
	json_object_set_new(data, "destinations", json_integer(host_destinations(tracker, host)));
	return line(&flow, signature, data);
}

json_t *event_json_untrue(const struct message_event *event, const struct policy *policy,
			  const struct names_found *found, unsigned destinations)
{
	const struct signature *signature = !policy                      ? &untrue_refused :
					    policy->mode == MODE_MONITOR ? &untrue_seen :
					    policy->mode == MODE_GUARD   ? &untrue_passed :
									   &untrue_refused;
	const struct flow flow = flow_of(event, destinations);

	return line(&flow, signature, metadata(NULL, NULL, found, policy, signature));
}

/* Guard refuses and lets pass: the line is of a refusal when there was one since the last. */
static const struct signature *summary_signature(const struct policy *policy,
						 const struct event_period *period, unsigned class)
{
	if (policy && policy->mode == MODE_MONITOR)
		return &seen[class];
	if (policy && policy->mode == MODE_GUARD && !period->refused)
		return &let_through[class];
	return &refused[class];
}

json_t *event_json_summary(const struct tracker *tracker, const struct host *host,
			   const struct policy *policy, struct event_period period, uint64_t now,
			   const struct names_found *found, unsigned destinations)
{
	const struct signature *signature = summary_signature(policy, &period, host->class);
	struct host_facts facts;
	bool known = host_facts(tracker, host, &facts) && facts.last_source.family;
	struct flow flow = {
		.time = now,
		.source = known ? facts.last_source : host_prefix(host).addr,
		.destination = log_destinations_of(destinations, &facts.last_destination),
		.source_port = facts.last_source_port,
		.destination_port = facts.last_destination_port,
	};
	json_t *data = metadata(tracker, host, found, policy, signature);
	char first[TIME_TEXT_MAX];

	if (facts.interface && !if_indextoname(facts.interface, flow.interface))
		flow.interface[0] = '\0';
	json_object_set_new(data, "summary", json_true());
	json_object_set_new(data, "attempts", json_integer((json_int_t)host_attempts(host)));
	if (policy && policy->mode == MODE_GUARD) {
		json_object_set_new(data, "refused", json_integer((json_int_t)host->refused));
		json_object_set_new(data, "passed", json_integer((json_int_t)host->passed));
	}
	json_object_set_new(data, "destinations", json_integer(host_destinations(tracker, host)));
	json_object_set_new(data, "period_attempts", json_integer((json_int_t)period.attempts));
	json_object_set_new(data, "period_destinations",
			    json_integer((json_int_t)period.destinations));
	json_object_set_new(data, "first_seen",
			    json_string(time_format_eve((uint64_t)host_first_seen(tracker, host) *
								UINT64_C(1000000000),
							first)));
	return line(&flow, signature, data);
}

json_t *event_json_incident(const struct incident *incident, uint64_t now)
{
	const bool stopped = incident->action == INCIDENT_REFUSED ||
			     incident->action == INCIDENT_CONTAINED;
	const struct signature *signature = stopped ? &incident_refused[incident->class] :
						      &incident_seen[incident->class];
	const struct incident_evidence *one = incident->evidence_count ? incident->evidence : NULL;
	struct flow flow = {.time = now, .source = incident->host.addr};
	json_t *whole = incident_brief_json(incident), *data = json_object(), *value;
	const char *key;

	/* The sample belongs to the incident's record; the line has the first of it. */
	json_object_foreach(whole, key, value)
		json_object_set(data, strcmp(key, "id") == 0 ? "incident" : key, value);
	json_decref(whole);
	if (one) {
		flow.source = one->source.family ? one->source : flow.source;
		flow.destination = one->destination;
		flow.source_port = one->source_port;
		flow.destination_port = one->destination_port;
	}
	snprintf(flow.interface, sizeof(flow.interface), "%s", incident->interface);
	return line(&flow, signature, data);
}
