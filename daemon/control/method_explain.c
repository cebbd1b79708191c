// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "methods.h"

#define REASON_MAX 768

struct question {
	const struct config *config;
	struct addr source, destination;
	const struct config_prefix *prefix; /* NULL: in no range by prefix */
	const struct config_range *range;
	const struct policy *policy;
	const struct allow_entry *allow;
};

/* An address does not say by which interface its packets come. */
static void add_interfaces(const struct config *config, char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < config->interface_count && n < size; i++) {
		const struct config_interface *interface = &config->interfaces[i];
		const struct config_range *range = &config->ranges[interface->range];
		int added = snprintf(text + n, size - n, "%s%s (policy \"%s\")", i ? ", " : "",
				     interface->name, config->policies[range->policy].name);

		n += added > 0 ? (size_t)added : 0;
		if (i == 7 && config->interface_count > 8) {
			snprintf(text + n, n < size ? size - n : 0, ", ...");
			break;
		}
	}
}

static const char *judge(const struct question *question, char reason[REASON_MAX])
{
	char prefix[PREFIX_TEXT_MAX], entry[ALLOW_ENTRY_TEXT_MAX], interfaces[512];
	const char *verdict = "accept";
	int n;

	if (question->allow)
		n = snprintf(reason, REASON_MAX, "an allow entry lets it through: %s",
			     allow_entry_text(question->allow, entry));
	else if (!question->prefix)
		n = snprintf(reason, REASON_MAX, "its source is in no range by prefix");
	else if (question->policy->mode == MODE_MONITOR)
		n = snprintf(
			reason, REASON_MAX,
			"%s is in range \"%s\", whose policy \"%s\" only monitors; block would "
			"refuse it",
			prefix_format(&question->prefix->prefix, prefix), question->range->name,
			question->policy->name);
	else
		n = snprintf(reason, REASON_MAX,
			     "%s is in range \"%s\", whose policy \"%s\" blocks port 25",
			     prefix_format(&question->prefix->prefix, prefix),
			     question->range->name, question->policy->name);
	if (question->prefix && !question->allow && question->policy->mode == MODE_BLOCK)
		verdict = "refuse";
	if (!question->allow && config_by_interface(question->config)) {
		add_interfaces(question->config, interfaces, sizeof(interfaces));
		snprintf(
			reason + n, REASON_MAX - (size_t)n,
			"; should it come in by one of these interfaces, that one's policy decides: %s",
			interfaces);
	}
	return verdict;
}

static json_t *answer(const struct question *question, int64_t now)
{
	char source[ADDR_TEXT_MAX], destination[ADDR_TEXT_MAX], prefix[PREFIX_TEXT_MAX];
	char reason[REASON_MAX];
	const struct policy *policy = question->policy;
	const char *verdict = judge(question, reason);
	const bool to = question->destination.family != 0;

	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o}", "src",
		addr_format(&question->source, source), "dst",
		string_or_null(to ? addr_format(&question->destination, destination) : NULL),
		"range", string_or_null(question->range ? question->range->name : NULL), "prefix",
		string_or_null(question->prefix ? prefix_format(&question->prefix->prefix, prefix) :
						  NULL),
		"policy", string_or_null(policy ? policy->name : NULL), "mode",
		string_or_null(policy ? policy_mode_word(policy->mode) : NULL), "verdict", verdict,
		"reason", reason, "allow",
		question->allow ? entry_json(question->allow, now) : json_null());
}

void method_explain(struct rpc_call *call, void *ctx)
{
	const struct control *control = ctx;
	const char *destination = rpc_text(call, "dst");
	const int64_t now = intent_clock().real;
	struct question question = {.config = control->config};

	addr_parse(rpc_text(call, "src"), &question.source);
	if (destination)
		addr_parse(destination, &question.destination);
	if (destination && question.source.family != question.destination.family) {
		rpc_fail(
			call, RPC_INVALID_PARAMS,
			"src %s and dst %s are of different families: both must be IPv4 or both IPv6",
			rpc_text(call, "src"), destination);
		return;
	}
	question.prefix = config_find(control->config, &question.source);
	if (question.prefix) {
		question.range = &control->config->ranges[question.prefix->range];
		question.policy = &control->config->policies[question.range->policy];
	}
	question.allow =
		allowlist_match(control->allowlist, &question.source, &question.destination, now);
	rpc_reply(call, answer(&question, now));
}
