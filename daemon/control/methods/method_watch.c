// SPDX-License-Identifier: GPL-2.0-or-later
/* events.watch */
#include <stdio.h>

#include "control/methods/filters.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

static const char *const verdict_words[] = {"refused", "passed", NULL};

const struct rpc_param watch_params[] = {
	{"kinds", RPC_WORDS, false, "which notifications; all if it is not given",
	 watch_kind_words},
	{"host", RPC_PREFIX, false, "only of this host, or of those in this prefix", NULL},
	{"policy", RPC_TEXT, false, "only of hosts with this policy", NULL},
	{"class", RPC_WORD, false, "only of hosts that were of this class then", class_words},
	{"verdict", RPC_WORD, false, "only of what was refused, or of what passed", verdict_words},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_field watch_result[] = {
	FIELD("watching", SHAPE_FLAG, 0, "notifications follow"),
	FIELD_END,
};

void method_watch(struct rpc_call *call, void *ctx)
{
	const struct control *control = ctx;
	const char *policy = rpc_text(call, "policy");
	struct watch_filter filter = {.kinds = rpc_words(call, "kinds", watch_kind_words)};

	if (policy && !config_policy_find(control->config, policy)) {
		rpc_fail(call, RPC_NOT_FOUND, "there is no policy %.64s", policy);
		return;
	}
	filter_prefix(call, "host", &filter.host);
	snprintf(filter.policy, sizeof(filter.policy), "%s", policy ? policy : "");
	filter.class = rpc_text(call, "class") ?
			       class_words[rpc_word(call, "class", class_words, 0)] :
			       NULL;
	filter.verdict = (enum watch_verdict)(rpc_word(call, "verdict", verdict_words, -1) + 1);
	rpc_peer(call)->watch = filter;
	rpc_reply(call, json_pack("{s:b}", "watching", 1));
}
