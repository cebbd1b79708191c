// SPDX-License-Identifier: GPL-2.0-or-later
/* hosts */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "control/events/event_json.h"
#include "control/hosts/host_lists.h"
#include "control/hosts/host_search.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

const struct rpc_param hosts_params[] = {
	{"class", RPC_WORD, false, "only hosts of this class", class_words},
	{"policy", RPC_TEXT, false, "only hosts that this policy decides about", NULL},
	{"range", RPC_TEXT, false, "only hosts of this range of the configuration", NULL},
	{"prefix", RPC_PREFIX, false, "only hosts in this prefix, or whose prefix has this address",
	 NULL},
	{"name", RPC_TEXT, false,
	 "only hosts with this in their name or host_name; upper case and lower case are the same",
	 NULL},
	{"interface", RPC_TEXT, false, "only hosts whose packets came in by it last", NULL},
	{"contained", RPC_FLAG, false, "if true, only hosts that are contained now", NULL},
	{"since", RPC_PAST, false, "only hosts that were seen then or later", NULL},
	{"order", RPC_WORD, false,
	 "the worst class first (so if it is not given), those seen last first (newest), those with the "
	 "most attempts or destinations, those that appeared last (first-seen), or by address (host)",
	 host_order_words},
	{"offset", RPC_NUMBER, false, "leaves out so many of the first; at most 10000", NULL},
	{"after", RPC_PREFIX, false,
	 "with order host: only those behind this one, the last of the page before", NULL},
	{"limit", RPC_NUMBER, false, "at most so many; 20 if it is not given, at most 1000", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_field host_fields[] = {
	FIELD("host", SHAPE_TEXT, 0, "its address, or its prefix in IPv6"),
	FIELD_WORD("class", 0, class_words, "what it is taken for"),
	FIELD("policy", SHAPE_TEXT, FIELD_NULL, "that decides about it"),
	FIELD("attempts", SHAPE_NUMBER, 0,
	      "packets to port 25 that were refused, and openings that passed"),
	FIELD("refused", SHAPE_NUMBER, 0, ""),
	FIELD("passed", SHAPE_NUMBER, 0, ""),
	FIELD("destinations", SHAPE_NUMBER, 0,
	      "different mail servers, estimated where they are many"),
	FIELD("questions", SHAPE_NUMBER, 0,
	      "first packets of a pair, which the kernel asked about"),
	FIELD("first_seen", SHAPE_TIME, FIELD_NULL, ""),
	FIELD("last_seen", SHAPE_TIME, FIELD_NULL, ""),
	FIELD("interface", SHAPE_TEXT, FIELD_NULL, "by which its packets came in last"),
	FIELD("mac", SHAPE_TEXT, FIELD_NULL, "its hardware address, where one link leads to it"),
	FIELD("name", SHAPE_TEXT, FIELD_NULL,
	      "what it calls itself, or a label says; see Names in edge25.conf(5)"),
	FIELD_WORD("name_source", FIELD_NULL, incident_name_sources, "who says so"),
	FIELD("host_name", SHAPE_TEXT, FIELD_OPTIONAL, "what it calls itself, beside a label"),
	FIELD("verified", SHAPE_FLAG, 0, "its address can be believed"),
	FIELD("shared", SHAPE_FLAG, 0, "many households share its address"),
	FIELD("contained", SHAPE_FLAG, 0, "it is cut off from port 25 now"),
	FIELD_END,
};

const struct rpc_field hosts_result[] = {
	FIELD_OF("hosts", FIELD_LIST, host_fields, ""),
	FIELD("total", SHAPE_NUMBER, 0, "how many there are of those that were asked for"),
	FIELD_END,
};

json_t *host_json(const struct control *control, const struct host *host)
{
	const struct policy *policy = config_policy(control->config, host->policy);
	const struct tracker *tracker = control->tracker;
	const struct prefix prefix = host_prefix(host);
	const struct contained *contained = containment_find(control->containment, &prefix);
	char text[PREFIX_TEXT_MAX], mac[NAMES_MAC_TEXT_MAX], interface[IF_NAMESIZE];
	struct names_found found;
	struct host_facts facts;
	json_t *object;
	bool known;

	host_facts(tracker, host, &facts);
	host_names(control->names, tracker, host, control_now(), &found);
	known = facts.interface && if_indextoname(facts.interface, interface);
	object = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "host",
			   prefix_format(&prefix, text), "class", host_class_word(host->class),
			   "policy", string_or_null(policy ? policy->name : NULL), "attempts",
			   number_json(host_attempts(host)), "refused", number_json(host->refused),
			   "passed", number_json(host->passed), "destinations",
			   number_json(host_destinations(tracker, host)), "questions",
			   number_json(facts.questions), "first_seen",
			   time_or_null(host_first_seen(tracker, host)), "last_seen",
			   time_or_null(host_last_seen(tracker, host)), "interface",
			   string_or_null(known ? interface : NULL), "mac",
			   string_or_null(names_mac_text(&found, mac)));
	names_json(&found, object);
	json_object_set_new(object, "verified", json_boolean(facts.verified));
	json_object_set_new(object, "shared", json_boolean(facts.shared));
	json_object_set_new(object, "contained",
			    json_boolean(contained && contained_now(contained)));
	return object;
}

void method_hosts(struct rpc_call *call, void *ctx)
{
	const struct control *control = ctx;

	host_lists_ask(control->host_lists, call);
}
