// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>

#include "event_json.h"
#include "times.h"

#define GENERATOR 25 /* gid: ours, no rule of Suricata has it */

struct signature {
	const char *action;
	const char *text;
	const char *would_be;
	int id;
};

static const struct signature refused = {
	"blocked", "Outbound port 25 refused: possible infected host", NULL, 1};
static const struct signature seen = {"allowed", "Outbound port 25 seen: possible infected host",
				      "refused", 2};
/* What guard lets pass is a mail server's daily work until its host's class says otherwise. */
static const struct signature let_through = {"allowed", "Outbound port 25 let through", NULL, 5};
#define UNTRUE_TEXT "Outbound port 25 from a source that cannot be true"
static const struct signature untrue_refused = {"blocked", UNTRUE_TEXT, NULL, 3};
static const struct signature untrue_seen = {"allowed", UNTRUE_TEXT, "refused", 4};

/* The addresses of a line: of one packet, or of the last one in a period. */
struct flow {
	uint64_t time;
	const struct addr *source, *destination;
	uint16_t source_port, destination_port;
	uint32_t interface;
};

static struct flow flow_of(const struct message_event *event)
{
	return (struct flow){event->time,        &event->source,          &event->destination,
			     event->source_port, event->destination_port, event->interface};
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

static const struct signature *signature_of(const struct policy *policy, unsigned action)
{
	bool pass = action == MARK_PASS;

	/* Left to the kernel, which gave the policy's safe answer. */
	if (action == MARK_QUESTION && policy)
		pass = policy->unanswered == SAFE_PASS;
	if (pass)
		return policy && policy->mode == MODE_GUARD ? &let_through : &seen;
	return &refused;
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
static json_t *metadata(const struct host *host, const struct names_found *found,
			const struct policy *policy, const struct signature *signature)
{
	char mac[NAMES_MAC_TEXT_MAX];
	char text[PREFIX_TEXT_MAX];
	struct prefix prefix;
	json_t *object = json_object();

	json_object_set_new(object, "policy", policy ? json_string(policy->name) : json_null());
	json_object_set_new(object, "mode",
			    policy ? json_string(policy_mode_word(policy->mode)) : json_null());
	if (host) {
		prefix = host_prefix(host);
		json_object_set_new(object, "host", json_string(prefix_format(&prefix, text)));
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
			 signature->text, "category", "Potentially Bad Traffic", "severity", 2,
			 "metadata", data);
}

static json_t *line(const struct flow *flow, const struct signature *signature, json_t *data)
{
	char time[TIME_TEXT_MAX], source[ADDR_TEXT_MAX], destination[ADDR_TEXT_MAX];
	char interface[IF_NAMESIZE];
	json_t *object = json_object();

	json_object_set_new(object, "timestamp", json_string(time_format_eve(flow->time, time)));
	json_object_set_new(object, "event_type", json_string("alert"));
	json_object_set_new(object, "src_ip", json_string(addr_format(flow->source, source)));
	json_object_set_new(object, "src_port", json_integer(flow->source_port));
	if (flow->destination->family)
		json_object_set_new(object, "dest_ip",
				    json_string(addr_format(flow->destination, destination)));
	json_object_set_new(object, "dest_port",
			    json_integer(flow->destination_port ? flow->destination_port : 25));
	json_object_set_new(object, "proto", json_string("TCP"));
	if (flow->interface && if_indextoname(flow->interface, interface))
		json_object_set_new(object, "in_iface", json_string(interface));
	json_object_set_new(object, "alert", alert(signature, data));
	return object;
}

/* The kernel's tally is read later than its packets are told of. */
uint64_t event_json_attempts(const struct tracker *tracker, const struct host *host)
{
	uint64_t attempts = host_attempts(host), questions = host_questions(tracker, host);

	return attempts > questions ? attempts : questions;
}

json_t *event_json_attempt(const struct message_event *event, const struct tracker *tracker,
			   const struct host *host, const struct policy *policy,
			   const struct names_found *found)
{
	const struct signature *signature = signature_of(policy, event->action);
	const struct flow flow = flow_of(event);
	json_t *data = metadata(host, found, policy, signature);

	if (reason_of(policy, event))
		json_object_set_new(data, "reason", json_string(reason_of(policy, event)));
	json_object_set_new(data, "attempts",
			    json_integer((json_int_t)event_json_attempts(tracker, host)));
	json_object_set_new(data, "destinations", json_integer(host_destinations(tracker, host)));
	return line(&flow, signature, data);
}

json_t *event_json_untrue(const struct message_event *event, const struct policy *policy,
			  const struct names_found *found)
{
	bool pass = policy && policy->mode == MODE_MONITOR;
	const struct signature *signature = pass ? &untrue_seen : &untrue_refused;
	const struct flow flow = flow_of(event);

	return line(&flow, signature, metadata(NULL, found, policy, signature));
}

/* Guard refuses and lets pass: the line is of a refusal when there was one since the last. */
static const struct signature *summary_signature(const struct policy *policy,
						 const struct event_period *period)
{
	if (policy && policy->mode == MODE_MONITOR)
		return &seen;
	if (policy && policy->mode == MODE_GUARD && !period->refused)
		return &let_through;
	return &refused;
}

json_t *event_json_summary(const struct tracker *tracker, const struct host *host,
			   const struct policy *policy, struct event_period period, uint64_t now,
			   const struct names_found *found)
{
	const struct signature *signature = summary_signature(policy, &period);
	const struct prefix prefix = host_prefix(host);
	struct host_facts facts;
	bool known = host_facts(tracker, host, &facts) && facts.last_source.family;
	const struct flow flow = {now,
				  known ? &facts.last_source : &prefix.addr,
				  &facts.last_destination,
				  facts.last_source_port,
				  facts.last_destination_port,
				  facts.interface};
	json_t *data = metadata(host, found, policy, signature);
	char first[TIME_TEXT_MAX];

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
