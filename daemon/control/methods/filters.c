// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/methods/filters.h"

#include "control/config/times.h"

bool filter_limit(struct rpc_call *call, int64_t preset, int64_t max, int64_t *limit)
{
	*limit = rpc_number(call, "limit", preset);
	if (*limit >= 1 && *limit <= max)
		return true;
	rpc_fail(call, RPC_INVALID_PARAMS, "limit: expected a number from 1 to %lld",
		 (long long)max);
	return false;
}

void filter_prefix(const struct rpc_call *call, const char *name, struct prefix *prefix)
{
	const char *text = rpc_text(call, name);

	*prefix = (struct prefix){0};
	if (text)
		prefix_parse(text, prefix);
}

bool filter_past(struct rpc_call *call, const char *name, int64_t now, int64_t *seconds)
{
	const char *text = rpc_text(call, name);

	*seconds = 0;
	if (!text || past_parse(text, now, seconds) == 0)
		return true;
	rpc_fail(call, RPC_INVALID_PARAMS,
		 "%s: %s is neither a duration (30m, 24h, 7d, counted back from now) nor a date "
		 "(2026-12-01, 2026-12-01T12:00:00Z)",
		 name, text);
	return false;
}

bool filter_touches(const struct prefix *side, const struct prefix *wanted)
{
	if (!wanted->addr.family)
		return true;
	return side->addr.family && prefix_overlap(side, wanted);
}
