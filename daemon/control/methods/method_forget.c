// SPDX-License-Identifier: GPL-2.0-or-later
/* forget */
#include "control/incidents/forget.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/store/database_turn.h"

const struct rpc_param forget_params[] = {
	{"host", RPC_PREFIX, true,
	 "an address, or in IPv6 the prefix that is one host by its policy's host-prefix6", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_field removed_fields[] = {
	FIELD("records", SHAPE_NUMBER, 0, "of the host, in memory"),
	FIELD("summaries", SHAPE_NUMBER, 0, "of it, in the database"),
	FIELD("incidents", SHAPE_NUMBER, 0, "in the database, open and closed"),
	FIELD("containments", SHAPE_NUMBER, 0, "that were over"),
	FIELD("audit", SHAPE_NUMBER, 0,
	      "lines of the audit trail: of containments, incidents, and allow entries that are "
	      "gone"),
	FIELD("elements", SHAPE_NUMBER, 0, "of the kernel's sets: answers, counts, pace"),
	FIELD("lines", SHAPE_NUMBER, 0, "of event files"),
	FIELD("files", SHAPE_NUMBER, 0, "of events, that were written anew without them"),
	FIELD_END,
};

const struct rpc_field forget_result[] = {
	FIELD("host", SHAPE_TEXT, 0, "what was taken for the host"),
	FIELD_OF("removed", 0, removed_fields, "how many of each"),
	FIELD("warnings", SHAPE_TEXT, FIELD_LIST, "what is kept, and where else it may be"),
	FIELD_END,
};

/* As it is known; else as its policy has hosts. */
static bool read_host(struct rpc_call *call, const struct control *control,
		      const struct prefix *given, struct prefix *host)
{
	const struct policy *policy = config_policy_of(control->config, &given->addr);
	const struct host *known = tracker_find(control->tracker, &given->addr);
	const bool six = given->addr.family == FAMILY_IPV6;
	const unsigned length = !six   ? 32 :
				known  ? known->length :
				policy ? policy->host_prefix6 :
					 POLICY_HOST_PREFIX6_MAX;
	char text[PREFIX_TEXT_MAX];

	*host = prefix_of(&given->addr, length);
	if (given->length == length || prefix_is_host(given))
		return true;
	rpc_fail(call, RPC_INVALID_PARAMS,
		 six ? "host: %s: expected an address or a /%u: so much is one host there" :
		       "host: %s: expected one address: a host is a single IPv4 address",
		 prefix_format(given, text), length);
	return false;
}

static bool is_free(struct rpc_call *call, const struct control *control, const struct prefix *host)
{
	const struct contained *contained = NULL;
	char text[PREFIX_TEXT_MAX];

	while ((contained = containment_next(control->containment, contained))) {
		if (!contained_now(contained) || !prefix_overlap(host, &contained->host))
			continue;
		rpc_fail(call, RPC_CONTAINED, "%s is contained: release it first",
			 prefix_format(&contained->host, text));
		return false;
	}
	return true;
}

void method_forget(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	struct prefix given, host;

	if (database_turn(control, method_forget, call))
		return;
	prefix_parse(rpc_text(call, "host"), &given);
	if (!read_host(call, control, &given, &host) || !is_free(call, control, &host))
		return;
	if (!store_ready(control->store) || store_try(control->store)) {
		rpc_fail(call, RPC_DATABASE,
			 "nothing was removed: the database cannot be written: %s",
			 store_problem(control->store));
		return;
	}
	forget_call(control->forget, call, &host);
}
