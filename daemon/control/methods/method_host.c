// SPDX-License-Identifier: GPL-2.0-or-later
/* host */
#include "control/incidents/incident_facts.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/store/database_turn.h"
#include "control/store/store_incidents.h"

#define HOST_INCIDENTS 10 /* closed ones that are shown with a host, the newest */

const struct rpc_param host_params[] = {
	{"host", RPC_PREFIX, true, "an address of the host, or its prefix", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_field window_fields[] = {
	FIELD("seconds", SHAPE_NUMBER, 0, "how far it reaches back"),
	FIELD("attempts", SHAPE_NUMBER, 0, ""),
	FIELD("destinations", SHAPE_NUMBER, 0, "different mail servers"),
	FIELD("new", SHAPE_NUMBER, 0, "of those, tried for the first time"),
	FIELD("answered", SHAPE_NUMBER, 0, "of those, completed a handshake"),
	FIELD("networks", SHAPE_NUMBER, 0, "different /24 or /48 of them"),
	FIELD_END,
};

const struct rpc_field host_result[] = {
	FIELD("known", SHAPE_FLAG, 0,
	      "it is in memory; if not, only what is stored of it is told, and the fields of a host, "
	      "reasons, windows, exact, submissions and evidence are missing"),
	FIELD("host", SHAPE_TEXT, 0, "its address or prefix"),
	FIELDS_IF_ANY(host_fields),
	FIELD("reasons", SHAPE_TEXT, FIELD_LIST | FIELD_OPTIONAL,
	      "why it has its class, in words and figures"),
	FIELD_OF("windows", FIELD_LIST | FIELD_OPTIONAL, window_fields,
		 "the last 5 minutes, hour and day"),
	FIELD("exact", SHAPE_FLAG, FIELD_OPTIONAL, "the windows were counted, not estimated"),
	FIELD("submissions", SHAPE_NUMBER, FIELD_OPTIONAL, "openings to 465 and 587"),
	FIELD_OF("evidence", FIELD_LIST | FIELD_OPTIONAL, evidence_fields,
		 "a sample of what it tried"),
	FIELD_OF("incident", FIELD_NULL, incident_fields, "the open one"),
	FIELD_OF("incidents", FIELD_LIST, incident_fields,
		 "the ten newest that are closed, without evidence"),
	FIELD_OF("containment", FIELD_NULL, containment_fields, ""),
	FIELD("silence", SHAPE_TEXT, 0, "what it does not mean that a host is silent"),
	FIELD_END,
};

static json_t *containment_of_host(const struct control *control, const struct prefix *prefix)
{
	const struct contained *one = containment_find(control->containment, prefix);

	return one && contained_now(one) ? contained_json(one, intent_clock().real) : json_null();
}

static json_t *windows_json(const struct host_facts *facts)
{
	json_t *list = json_array();

	for (enum window window = WINDOW_5MIN; window < WINDOWS; window++)
		json_array_append_new(list,
				      json_pack("{s:i, s:I, s:i, s:I, s:i, s:i}", "seconds",
						(int)window_seconds(window), "attempts",
						(json_int_t)facts->counts[window].attempts,
						"destinations", (int)facts->servers[window], "new",
						(json_int_t)facts->counts[window].fresh, "answered",
						(int)facts->answered[window], "networks",
						(int)facts->networks[window]));
	return list;
}

static void add_details(const struct control *control, const struct host *host, json_t *object)
{
	struct incident sample = {0};
	struct host_facts facts;

	host_facts(control->tracker, host, &facts);
	sample.evidence_count = incident_sample(control, host, sample.evidence);
	json_object_set_new(object, "reasons", incident_host_reasons(control, host));
	json_object_set_new(object, "windows", windows_json(&facts));
	json_object_set_new(object, "exact", json_boolean(facts.exact));
	json_object_set_new(object, "submissions", json_integer(facts.submissions));
	json_object_set_new(object, "evidence", incident_evidence_json(&sample));
}

static int append(void *ctx, struct incident *incident)
{
	json_array_append_new(ctx, incident_brief_json(incident));
	incident_release(incident);
	return 0;
}

void method_host(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const struct incident *incident;
	const struct host *host;
	struct prefix prefix;
	char text[PREFIX_TEXT_MAX];
	json_t *object, *closed;

	if (database_turn(control, method_host, call))
		return;
	closed = json_array();
	prefix_parse(rpc_text(call, "host"), &prefix);
	host = tracker_find(control->tracker, &prefix.addr);
	if (host)
		prefix = host_prefix(host);
	object = host ? host_json(control, host) :
			json_pack("{s:s}", "host", prefix_format(&prefix, text));
	if (host)
		add_details(control, host, object);
	incident = incidents_find(control->incidents, &prefix);
	if (store_ready(control->store))
		store_incidents_host(control->store, &prefix, HOST_INCIDENTS, append, closed);
	json_object_set_new(object, "known", json_boolean(host != NULL));
	json_object_set_new(object, "incident", incident ? incident_json(incident) : json_null());
	json_object_set_new(object, "incidents", closed);
	json_object_set_new(object, "containment", containment_of_host(control, &prefix));
	json_object_set_new(object, "silence", json_string(host_class_silence));
	rpc_reply(call, object);
}
