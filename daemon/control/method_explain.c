// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "method_tables.h"
#include "methods.h"
#include "times.h"

#define REASON_MAX 1024
#define LISTED_MAX 64 /* interfaces in a reply; a gateway may have thousands */
#define NAMED_MAX 8   /* of them in the reason */

const struct rpc_param explain_params[] = {
	{"src", RPC_ADDRESS, true, "a subscriber's address", NULL},
	{"dst", RPC_ADDRESS, false, "a mail server's address; any if it is not given", NULL},
	{"interface", RPC_TEXT, false, "by which its packets come in; unknown if it is not given",
	 NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const char *const verdicts[] = {"accept", "refuse", "depends", NULL};

static const struct rpc_field place_fields[] = {
	FIELD("interface", SHAPE_TEXT, FIELD_NULL, "name or pattern by which the range has it"),
	FIELD("range", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("prefix", SHAPE_TEXT, FIELD_NULL, "of the range, that covers the source"),
	FIELD("policy", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD_WORD("mode", FIELD_NULL, mode_words, "of the policy"),
	FIELD_WORD("verdict", 0, verdicts, ""),
	FIELD_END,
};

const struct rpc_field explain_result[] = {
	FIELD("src", SHAPE_TEXT, 0, ""),
	FIELD("dst", SHAPE_TEXT, FIELD_NULL, ""),
	FIELDS_OF(place_fields),
	FIELD("reason", SHAPE_TEXT, 0, "in words"),
	FIELD_OF("allow", FIELD_NULL, entry_fields, "the entry that lets it through"),
	FIELD_OF("interfaces", FIELD_LIST, place_fields,
		 "where no interface was given: those by which another range decides, in the order in "
		 "which they are asked, 64 at most"),
	FIELD_END,
};

/* What the rules say of a source, as far as it is known where its packets come in. */
struct question {
	const struct config *config;
	const struct allowlist *list;
	struct addr source, destination;
	const char *interface; /* NULL: not said */
	const struct allow_entry *allow;
	const struct contained *contained; /* NULL: it is not */
	struct config_match *others;       /* no interface was said: what holds by some */
	size_t other_count;
	struct config_match match; /* range NULL: none */
};

static const struct policy *policy_of(const struct question *question,
				      const struct config_match *match)
{
	return match->range ? &question->config->policies[match->range->policy] : NULL;
}

static const char *verdict_of(const struct question *question, const struct config_match *match)
{
	const struct policy *policy = policy_of(question, match);

	if (!policy || policy->mode == MODE_MONITOR)
		return "accept";
	return policy->mode == MODE_BLOCK || question->contained ? "refuse" : "accept";
}

/* Would some interface change the answer? */
static bool depends(const struct question *question)
{
	const char *verdict = verdict_of(question, &question->match);

	for (size_t i = 0; i < question->other_count; i++)
		if (strcmp(verdict_of(question, &question->others[i]), verdict) != 0)
			return true;
	return false;
}

/* 0, or the memory is out. */
static int find(struct question *question)
{
	size_t room = question->config->interface_count + 1, count;
	struct config_match *all = calloc(room, sizeof(*all));

	if (!all)
		return -1;
	question->others = all;
	count = config_matches(question->config, &question->source, all, room);
	for (size_t i = 0; i < count; i++) {
		bool here = !all[i].interface ||
			    (question->interface &&
			     interface_matches(all[i].interface, question->interface));

		if (here) {
			question->match = all[i];
			break;
		}
		if (!question->interface)
			question->other_count++; /* nothing stands behind one without interface */
	}
	return 0;
}

/* --- in words --- */

static void add(char *text, size_t size, const char *more)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, "%s", more);
}

/* An address does not say by which interface its packets come. */
static void add_interfaces(const struct question *question, char *text, size_t size)
{
	for (size_t i = 0; i < question->other_count && i < NAMED_MAX; i++) {
		const struct config_match *match = &question->others[i];
		char one[256];

		snprintf(one, sizeof(one), "%s%s (range \"%s\", policy \"%s\")", i ? ", " : "",
			 match->interface, match->range->name, policy_of(question, match)->name);
		add(text, size, one);
	}
	if (question->other_count > NAMED_MAX)
		add(text, size, ", ...");
}

/* What the policy does, behind its name. */
static void describe_policy(const struct policy *policy, char *text, size_t size)
{
	char time[32];

	if (policy->mode == MODE_MONITOR)
		snprintf(text, size, "only monitors; block would refuse it");
	else if (policy->mode == MODE_BLOCK)
		snprintf(text, size, "blocks port 25");
	else if (policy->burst)
		snprintf(text, size,
			 "guards it: it passes, unless its host meets more than %" PRIu32
			 " servers in %s or is contained",
			 policy->burst, duration_format(policy->burst_time, time, sizeof(time)));
	else
		snprintf(text, size, "guards it: it passes, unless its host is contained");
}

/* Behind the name of its policy: that comes before what the policy does. */
static void describe_contained(const struct contained *contained, const struct policy *policy,
			       char *text, size_t size)
{
	char host[PREFIX_TEXT_MAX], until[TIME_TEXT_MAX];

	if (policy->mode == MODE_MONITOR)
		return;
	snprintf(text, size, "refuses it: %s is contained until %s%s%.80s",
		 prefix_format(&contained->host, host), time_format(contained->until, until),
		 contained->comment[0] ? ": " : "", contained->comment);
}

static void describe(const struct question *question, char text[REASON_MAX])
{
	const struct config_match *match = &question->match;
	const struct policy *policy = policy_of(question, match);
	char prefix[PREFIX_TEXT_MAX], entry[ALLOW_ENTRY_TEXT_MAX], does[256] = "";

	if (question->allow) {
		snprintf(text, REASON_MAX, "an allow entry lets it through%s: %s",
			 question->allow->way == ALLOW_WATCHED ?
				 ", guarded by policy \"" PLAN_WATCHED "\"" :
				 "",
			 allow_entry_text(question->allow, entry));
		return;
	}
	if (policy)
		describe_policy(policy, does, sizeof(does));
	if (policy && question->contained)
		describe_contained(question->contained, policy, does, sizeof(does));
	if (!policy)
		snprintf(text, REASON_MAX, "its source is in no range%s",
			 question->other_count ? " by prefix alone" : "");
	else
		snprintf(text, REASON_MAX, "%s%s%s is in range \"%s\", whose policy \"%s\" %s",
			 match->prefix ? prefix_format(&match->prefix->prefix, prefix) :
					 match->interface,
			 match->prefix && match->interface ? " on " : "",
			 match->prefix && match->interface ? match->interface : "",
			 match->range->name, policy->name, does);
	if (question->other_count) {
		add(text, REASON_MAX,
		    "; if it comes in by one of these interfaces, the first that matches decides: ");
		add_interfaces(question, text, REASON_MAX);
	}
}

/* --- as JSON --- */

static json_t *range_json(const struct question *question, const struct config_match *match)
{
	const struct policy *policy = policy_of(question, match);
	char prefix[PREFIX_TEXT_MAX];

	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o}", "interface", string_or_null(match->interface), "range",
		string_or_null(match->range ? match->range->name : NULL), "prefix",
		string_or_null(match->prefix ? prefix_format(&match->prefix->prefix, prefix) :
					       NULL),
		"policy", string_or_null(policy ? policy->name : NULL), "mode",
		string_or_null(policy ? policy_mode_word(policy->mode) : NULL));
}

static json_t *others_json(const struct question *question)
{
	json_t *others = json_array();

	for (size_t i = 0; i < question->other_count && i < LISTED_MAX; i++) {
		const struct config_match *match = &question->others[i];
		json_t *other = range_json(question, match);

		json_object_set_new(other, "verdict", json_string(verdict_of(question, match)));
		json_array_append_new(others, other);
	}
	return others;
}

static json_t *answer(const struct question *question, int64_t now)
{
	char source[ADDR_TEXT_MAX], destination[ADDR_TEXT_MAX], reason[REASON_MAX];
	const bool to = question->destination.family != 0;
	const char *verdict = question->allow   ? "accept" :
			      depends(question) ? "depends" :
						  verdict_of(question, &question->match);
	json_t *result = range_json(question, &question->match);

	describe(question, reason);
	json_object_update_new(
		result,
		json_pack("{s:s, s:o, s:s, s:s, s:o, s:o}", "src",
			  addr_format(&question->source, source), "dst",
			  string_or_null(to ? addr_format(&question->destination, destination) :
					      NULL),
			  "verdict", verdict, "reason", reason, "allow",
			  question->allow ? entry_json(question->list, question->allow, now) :
					    json_null(),
			  "interfaces", others_json(question)));
	return result;
}

static bool valid(struct rpc_call *call, const struct question *question)
{
	if (question->destination.family &&
	    question->source.family != question->destination.family) {
		rpc_fail(
			call, RPC_INVALID_PARAMS,
			"src %s and dst %s are of different families: both must be IPv4 or both IPv6",
			rpc_text(call, "src"), rpc_text(call, "dst"));
		return false;
	}
	if (question->interface &&
	    (!interface_valid(question->interface) || interface_wildcard(question->interface))) {
		rpc_fail(call, RPC_INVALID_PARAMS, "interface %.64s is not the name of one",
			 question->interface);
		return false;
	}
	return true;
}

void method_explain(struct rpc_call *call, void *ctx)
{
	const struct control *control = ctx;
	const char *destination = rpc_text(call, "dst");
	const int64_t now = intent_clock().real;
	struct question question = {
		.config = control->config,
		.list = control->allowlist,
		.interface = rpc_text(call, "interface"),
	};

	addr_parse(rpc_text(call, "src"), &question.source);
	if (destination)
		addr_parse(destination, &question.destination);
	if (!valid(call, &question))
		return;
	question.contained = containment_of_address(control->containment, &question.source);
	question.allow =
		allowlist_match(control->allowlist, &question.source, &question.destination, now);
	/* only an entry that always lets through helps a contained host */
	if (question.contained && question.allow && question.allow->way != ALLOW_ALWAYS)
		question.allow = NULL;
	if (find(&question))
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
	else
		rpc_reply(call, answer(&question, now));
	free(question.others);
}
