// SPDX-License-Identifier: GPL-2.0-or-later
/* hosts, host */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"
#include "incident_facts.h"
#include "method_tables.h"
#include "methods.h"
#include "store_incidents.h"

#define LIMIT_PRESET 20
#define LIMIT_MAX 1000
#define HOST_INCIDENTS 10 /* closed ones that are shown with a host, the newest */

static const char *const orders[] = {"worst", "newest", "attempts", NULL};
enum order { ORDER_WORST, ORDER_NEWEST, ORDER_ATTEMPTS };

const struct rpc_param hosts_params[] = {
	{"class", RPC_WORD, false, "only hosts of this class", class_words},
	{"order", RPC_WORD, false,
	 "the worst class first (so if it is not given), the newest, or the most attempts", orders},
	{"limit", RPC_NUMBER, false, "at most so many; 20 if it is not given, at most 1000", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_param host_params[] = {
	{"host", RPC_PREFIX, true, "an address of the host, or its prefix", NULL},
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
	FIELD("total", SHAPE_NUMBER, 0, "hosts that are known, of the class that was asked for"),
	FIELD_END,
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

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *containment_of_host(const struct control *control, const struct prefix *prefix)
{
	const struct contained *one = containment_find(control->containment, prefix);

	return one && contained_now(one) ? contained_json(one, intent_clock().real) : json_null();
}

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
			   number(host_attempts(host)), "refused", number(host->refused), "passed",
			   number(host->passed), "destinations",
			   number(host_destinations(tracker, host)), "questions",
			   number(facts.questions), "first_seen",
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

/* --- hosts --- */

static bool before(const struct control *control, enum order order, const struct host *a,
		   const struct host *b)
{
	if (order == ORDER_WORST && a->class != b->class)
		return a->class > b->class;
	if (order != ORDER_NEWEST && host_attempts(a) != host_attempts(b))
		return host_attempts(a) > host_attempts(b);
	return host_last_seen(control->tracker, a) > host_last_seen(control->tracker, b);
}

/* Where @host goes among the first that were found. */
static size_t place_of(const struct control *control, enum order order, const struct host **found,
		       size_t count, const struct host *host)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (before(control, order, host, found[middle]))
			count = middle;
		else
			low = middle + 1;
	}
	return low;
}

static size_t find_first(const struct control *control, enum order order, int class,
			 const struct host **found, size_t limit)
{
	const struct host *host = NULL;
	size_t count = 0;

	while ((host = tracker_next(control->tracker, host))) {
		size_t at;

		if (class >= 0 && host->class != (unsigned)class)
			continue;
		if (count == limit && !before(control, order, host, found[count - 1]))
			continue;
		at = place_of(control, order, found, count, host);
		count += count < limit;
		memmove(found + at + 1, found + at, (count - at - 1) * sizeof(*found));
		found[at] = host;
	}
	return count;
}

void method_hosts(struct rpc_call *call, void *ctx)
{
	const struct control *control = ctx;
	const int64_t limit = rpc_number(call, "limit", LIMIT_PRESET);
	const enum order order = (enum order)rpc_word(call, "order", orders, ORDER_WORST);
	const int class = rpc_word(call, "class", class_words, -1);
	const struct host *found[LIMIT_MAX];
	json_t *list;
	size_t count, total;

	if (limit < 1 || limit > LIMIT_MAX) {
		rpc_fail(call, RPC_INVALID_PARAMS, "limit: expected a number from 1 to %d",
			 LIMIT_MAX);
		return;
	}
	count = find_first(control, order, class, found, (size_t)limit);
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, host_json(control, found[i]));
	total = class < 0 ? tracker_count(control->tracker) :
			    tracker_class_count(control->tracker, (enum host_class) class);
	rpc_reply(call, json_pack("{s:o, s:I}", "hosts", list, "total", (json_int_t)total));
}

/* --- host --- */

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

static json_t *reasons_json(const struct control *control, const struct host *host)
{
	char lines[HOST_REASONS_MAX][HOST_REASON_MAX];
	size_t count = host_reasons(control->tracker, host, lines);
	json_t *reasons = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(reasons, json_string(lines[i]));
	return reasons;
}

static void add_details(const struct control *control, const struct host *host, json_t *object)
{
	struct incident sample = {0};
	struct host_facts facts;

	host_facts(control->tracker, host, &facts);
	sample.evidence_count = incident_sample(control, host, sample.evidence);
	json_object_set_new(object, "reasons", reasons_json(control, host));
	json_object_set_new(object, "windows", windows_json(&facts));
	json_object_set_new(object, "exact", json_boolean(facts.exact));
	json_object_set_new(object, "submissions", number(facts.submissions));
	json_object_set_new(object, "evidence", incident_evidence_json(&sample));
}

static int append(void *ctx, struct incident *incident)
{
	json_t *object = incident_json(incident);

	if (object)
		json_object_del(object, "evidence");
	json_array_append_new(ctx, object);
	incident_release(incident);
	return 0;
}

void method_host(struct rpc_call *call, void *ctx)
{
	const struct control *control = ctx;
	const struct incident *incident;
	const struct host *host;
	struct prefix prefix;
	char text[PREFIX_TEXT_MAX];
	json_t *object, *closed = json_array();

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
