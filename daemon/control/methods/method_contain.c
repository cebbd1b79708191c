// SPDX-License-Identifier: GPL-2.0-or-later
/* contain, release */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config_thresholds.h"
#include "control/config/times.h"
#include "control/incidents/responder.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/socket/changes.h"

#define FOR_MAX (366 * 86400)

const struct rpc_param contain_params[] = {
	{"host", RPC_PREFIX, true,
	 "an address, or in IPv6 the prefix that is one host by its policy's host-prefix6", NULL},
	{"for", RPC_DURATION, false, "how long; its policy's contain-for if it is not given", NULL},
	{"comment", RPC_TEXT, false, "why, for whoever asks", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_param release_params[] = {
	{"host", RPC_PREFIX, true, "a contained host, or an address of it", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_field containment_fields[] = {
	FIELD("host", SHAPE_TEXT, 0, "its address, or its prefix in IPv6"),
	FIELD("since", SHAPE_TIME, 0, ""),
	FIELD("until", SHAPE_TIME, 0, ""),
	FIELD("remaining", SHAPE_NUMBER, 0, "seconds"),
	FIELD("times", SHAPE_NUMBER, 0, "how often edge25 contained it by itself"),
	FIELD("automatic", SHAPE_FLAG, 0, "by edge25 itself, not by a person"),
	FIELD("policy", SHAPE_TEXT, FIELD_NULL, "that says how long"),
	FIELD("comment", SHAPE_TEXT, 0, ""),
	FIELD("applied", SHAPE_FLAG, 0,
	      "the kernel has it; if not, it holds as soon as there is an engine"),
	FIELD_OF("by", FIELD_NULL, by_fields, "who asked; null for edge25 itself"),
	FIELD_END,
};

const struct rpc_field contain_result[] = {
	FIELDS_OF(containment_fields),
	FIELD("warnings", SHAPE_TEXT, FIELD_LIST, "what may not be meant"),
	FIELD_END,
};

const struct rpc_field release_result[] = {
	FIELD_OF("released", 0, containment_fields, "what it was"),
	FIELD("applied", SHAPE_FLAG, 0, "the kernel has it"),
	FIELD("warnings", SHAPE_TEXT, FIELD_LIST, "what may not be meant"),
	FIELD_END,
};

/* An order on its way to the kernel. */
struct order {
	struct control *control;
	struct rpc_call *call;
	struct prefix host;
	struct rpc_peer peer;
	bool release;
	/* what the engine said */
	int error;
	struct message_ack ack;
	struct store_waiter turn; /* to say whether the database has it */
};

json_t *contained_json(const struct contained *contained, int64_t now)
{
	char host[PREFIX_TEXT_MAX];
	const int64_t left = contained->released ? 0 : contained->until - now;
	json_t *object = json_pack(
		"{s:s, s:o, s:o, s:I, s:I, s:b, s:o, s:s, s:b}", "host",
		prefix_format(&contained->host, host), "since", time_or_null(contained->since),
		"until", time_or_null(contained->released ? contained->released : contained->until),
		"remaining", (json_int_t)(left > 0 ? left : 0), "times",
		(json_int_t)contained->times, "automatic", contained->automatic, "policy",
		string_or_null(contained->policy[0] ? contained->policy : NULL), "comment",
		contained->comment, "applied", contained->applied);

	json_object_set_new(object, "by",
			    contained->automatic ?
				    json_null() :
				    json_pack("{s:I, s:s}", "uid", (json_int_t)contained->uid,
					      "user", contained->user));
	return object;
}

/* --- what may be said in a warning --- */

/* The policy that a host has, as far as it can be told without one of its packets. */
static const struct policy *policy_of(const struct control *control, const struct addr *addr)
{
	const struct policy *policy = config_policy_of(control->config, addr);
	const struct host *host = policy ? NULL : tracker_find(control->tracker, addr);

	return host ? config_policy(control->config, host->policy) : policy;
}

static void warn_policy(const struct control *control, const struct contained *contained,
			json_t *warnings)
{
	const struct policy *policy = policy_of(control, &contained->source);
	char host[PREFIX_TEXT_MAX];

	if (policy && policy->mode == MODE_MONITOR)
		json_array_append_new(
			warnings, json_sprintf("policy \"%s\" only monitors: nothing is refused",
					       policy->name));
	else if (!policy && !config_by_interface(control->config))
		json_array_append_new(warnings,
				      json_sprintf("no range covers %s: nothing is refused",
						   prefix_format(&contained->host, host)));
}

static void warn_always(const struct control *control, const struct contained *contained,
			json_t *warnings)
{
	const int64_t now = intent_clock().real;
	char text[ALLOW_ENTRY_TEXT_MAX];

	for (size_t i = 0; i < allowlist_count(control->allowlist); i++) {
		const struct allow_entry *entry = allowlist_at(control->allowlist, i);
		const bool covers = !entry->from.addr.family ||
				    prefix_covers(&entry->from, &contained->host) ||
				    prefix_covers(&contained->host, &entry->from);

		if (entry->way != ALLOW_ALWAYS || !covers ||
		    (entry->expires && entry->expires <= now) ||
		    (!entry->from.addr.family && !entry->to_name &&
		     entry->to.addr.family != contained->host.addr.family))
			continue;
		json_array_append_new(
			warnings, json_sprintf("an entry that always lets through holds for it: %s",
					       allow_entry_text(entry, text)));
	}
}

static const char *not_applied(struct control *control, int error)
{
	if (!error)
		return NULL;
	if (error == -ETIMEDOUT) {
		intent_unsure(control->intent);
		return "the engine did not answer in time";
	}
	if (error == -ENOBUFS) {
		intent_unsure(control->intent);
		return "too many wait for the engine";
	}
	return "the engine is not there";
}

static void warn_rest(const struct order *order, struct contained *contained, const char *why,
		      json_t *warnings)
{
	if (why)
		json_array_append_new(warnings,
				      json_sprintf("%s: it is %s when the engine is back", why,
						   order->release ? "released" : "contained"));
	if (!responder_stored(order->control->responder, contained))
		json_array_append_new(
			warnings,
			json_sprintf("the database has not taken it: what is not written before "
				     "edge25-control ends is forgotten"));
}

/* --- the engine's word --- */

static void tell(const struct order *order, const struct contained *contained)
{
	const struct store_actor actor = changes_actor(&order->peer);
	char host[PREFIX_TEXT_MAX], text[PREFIX_TEXT_MAX + CONTAINED_COMMENT_MAX + 4];

	const bool why = contained->comment[0] && !order->release;

	snprintf(text, sizeof(text), "%s%s%s%s", prefix_format(&contained->host, host),
		 why ? " (" : "", why ? contained->comment : "", why ? ")" : "");
	changes_tell(order->control, &actor, order->release ? "release" : "contain", text);
}

static void on_turn(void *ctx)
{
	struct order *order = ctx;
	struct control *control = order->control;
	struct contained *contained = containment_find(control->containment, &order->host);
	json_t *warnings = json_array(), *result;
	const char *why = not_applied(control, order->error);

	if (!contained) {
		rpc_fail(order->call, RPC_INTERNAL_ERROR, "it was forgotten meanwhile");
	} else if (!order->error && order->ack.error && !order->release) {
		/* the whole plan has been sent, and says it once more */
		rpc_fail(order->call, RPC_ENGINE, "the engine could not do it yet: %s",
			 order->ack.text[0] ? order->ack.text : strerror(-order->ack.error));
	} else {
		result = contained_json(contained, intent_clock().real);
		if (!order->release) {
			warn_policy(control, contained, warnings);
			warn_always(control, contained, warnings);
		}
		warn_rest(order, contained, why, warnings);
		tell(order, contained);
		if (order->release)
			result = json_pack("{s:o, s:b, s:O}", "released", result, "applied", !why,
					   "warnings", warnings);
		else
			json_object_set(result, "warnings", warnings);
		rpc_reply(order->call, result);
	}
	json_decref(warnings);
	free(order);
}

static void on_engine(void *arg, int error, const struct message_ack *ack)
{
	struct order *order = arg;

	order->error = error;
	if (!error)
		order->ack = *ack;
	if (store_busy(order->control->store))
		store_wait(order->control->store, &order->turn);
	else
		on_turn(order);
}

static struct order *order_new(struct control *control, struct rpc_call *call)
{
	struct order *order = calloc(1, sizeof(*order));

	if (!order) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return NULL;
	}
	order->control = control;
	order->call = call;
	order->peer = *rpc_peer(call);
	order->turn = (struct store_waiter){.turn = on_turn, .ctx = order};
	return order;
}

/* --- contain --- */

/* The host that @given names: what its policy says is one. */
static bool read_host(struct rpc_call *call, const struct policy *policy,
		      const struct prefix *given, struct prefix *host)
{
	const unsigned length = policy ? policy->host_prefix6 : POLICY_HOST_PREFIX6_MAX;
	char text[PREFIX_TEXT_MAX];

	*host = *given;
	if (given->addr.family == FAMILY_IPV4 && given->length == 32)
		return true;
	if (given->addr.family == FAMILY_IPV6 && given->length == 128) {
		*host = prefix_of(&given->addr, length);
		return true;
	}
	if (given->addr.family == FAMILY_IPV6 && given->length == length)
		return true;
	rpc_fail(call, RPC_INVALID_PARAMS,
		 given->addr.family == FAMILY_IPV4 ?
			 "host: %s: expected one address: a host is a single IPv4 address" :
			 "host: %s: expected an address or a /%u: so much is one host there",
		 prefix_format(given, text), length);
	return false;
}

static bool read_for(struct rpc_call *call, const struct control *control,
		     const struct policy *policy, uint64_t *seconds)
{
	const char *text = rpc_text(call, "for");
	struct thresholds preset;

	if (!text) {
		thresholds_preset(&preset);
		*seconds = policy ? config_thresholds(control->config, policy)->contain_for :
				    preset.contain_for;
		return true;
	}
	if (duration_parse(text, seconds) == 0 && *seconds >= 1 && *seconds <= FOR_MAX)
		return true;
	rpc_fail(call, RPC_INVALID_PARAMS,
		 "for: %.64s: expected a duration (30s, 10m, 2h, 7d, 1w), 366d at most", text);
	return false;
}

void method_contain(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	struct responder_order wanted = {.peer = rpc_peer(call)};
	const struct policy *policy;
	struct prefix given;
	struct order *order;
	int result;

	prefix_parse(rpc_text(call, "host"), &given);
	policy = policy_of(control, &given.addr);
	wanted.source = given.addr;
	wanted.policy = policy ? policy->name : NULL;
	wanted.comment = rpc_text(call, "comment") ? rpc_text(call, "comment") : "";
	if (!read_host(call, policy, &given, &wanted.host) ||
	    !read_for(call, control, policy, &wanted.seconds))
		return;
	order = order_new(control, call);
	if (!order)
		return;
	order->host = wanted.host;
	result = responder_contain(control->responder, &wanted, on_engine, order);
	if (result == -ENOSPC) {
		rpc_fail(call, RPC_FULL, "%d hosts are contained already", CONTAINED_MAX);
		free(order);
	} else if (result) {
		on_engine(order, result, NULL);
	}
}

/* --- release --- */

void method_release(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	struct contained *contained;
	char text[PREFIX_TEXT_MAX];
	struct prefix given;
	struct order *order;
	int result;

	prefix_parse(rpc_text(call, "host"), &given);
	contained = containment_of(control->containment, &given);
	if (!contained) {
		rpc_fail(call, RPC_NOT_FOUND, "%s is not contained", prefix_format(&given, text));
		return;
	}
	order = order_new(control, call);
	if (!order)
		return;
	order->host = contained->host;
	order->release = true;
	result = responder_release(control->responder, contained, rpc_peer(call), on_engine, order);
	if (result)
		on_engine(order, result, NULL);
}
