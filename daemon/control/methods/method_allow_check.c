// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "control/methods/filters.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

#define CHECK_MAX 100 /* entries that are shown */

const struct rpc_param allow_check_params[] = {
	{"src", RPC_PREFIX, false, "source, an address or prefix; any if it is not given", NULL},
	{"dst", RPC_PREFIX, false, "destination, likewise", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_field allow_check_result[] = {
	FIELD("covered", SHAPE_FLAG, 0, "all of it, by one entry at least"),
	FIELD_OF("entries", FIELD_LIST, entry_fields,
		 "that cover it, the one that decides first; at most 100"),
	FIELD("partly", SHAPE_NUMBER, 0, "how many others let a part of it through"),
	FIELD_END,
};

struct check {
	int64_t now;
	struct prefix from, to;
	const struct allow_entry **found;
	size_t count;
};

static bool ended(const struct allow_entry *entry, int64_t now)
{
	return entry->expires && entry->expires <= now;
}

static int take(void *ctx, const struct allow_entry *entry)
{
	struct check *check = ctx;

	if (!ended(entry, check->now))
		check->found[check->count++] = entry;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct allow_entry *left = *(struct allow_entry *const *)a;
	const struct allow_entry *right = *(struct allow_entry *const *)b;

	if (allow_entry_before(left, right) != allow_entry_before(right, left))
		return allow_entry_before(left, right) ? -1 : 1;
	return (left->id > right->id) - (left->id < right->id);
}

static bool meets(const struct prefix *a, const struct prefix *b)
{
	return !a->addr.family || !b->addr.family || prefix_overlap(a, b);
}

static bool of_family(const struct prefix *a, const struct prefix *b)
{
	return !a->addr.family || !b->addr.family || a->addr.family == b->addr.family;
}

/* Those whose destination is a name are counted where any will do. */
static size_t count_partly(const struct control *control, const struct check *check)
{
	size_t count = 0;

	for (size_t i = 0; i < allowlist_count(control->allowlist); i++) {
		const struct allow_entry *entry = allowlist_at(control->allowlist, i);

		count += !ended(entry, check->now) && of_family(&entry->from, &check->to) &&
			 of_family(&entry->to, &check->from) && meets(&entry->from, &check->from) &&
			 (entry->to_name ? !check->to.addr.family : meets(&entry->to, &check->to));
	}
	for (size_t i = 0; i < check->count; i++)
		count -= !check->found[i]->to_name;
	return count;
}

void method_allow_check(struct rpc_call *call, void *ctx)
{
	const struct control *control = ctx;
	const char *from = rpc_text(call, "src"), *to = rpc_text(call, "dst");
	struct check check = {.now = intent_clock().real};
	json_t *entries;
	size_t partly;

	if (!from && !to) {
		rpc_fail(call, RPC_INVALID_PARAMS, "src or dst is missing: give at least one");
		return;
	}
	filter_prefix(call, "src", &check.from);
	filter_prefix(call, "dst", &check.to);
	if (from && to && check.from.addr.family != check.to.addr.family) {
		rpc_fail(
			call, RPC_INVALID_PARAMS,
			"src %s and dst %s are of different families: both must be IPv4 or both IPv6",
			from, to);
		return;
	}
	check.found = calloc(allowlist_count(control->allowlist) + 1, sizeof(*check.found));
	if (!check.found) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	allowlist_covering(control->allowlist, &check.from, &check.to, take, &check);
	qsort(check.found, check.count, sizeof(*check.found), compare);
	entries = json_array();
	for (size_t i = 0; i < check.count && i < CHECK_MAX; i++)
		json_array_append_new(entries,
				      entry_json(control->allowlist, check.found[i], check.now));
	partly = count_partly(control, &check);
	free(check.found);
	rpc_reply(call, json_pack("{s:b, s:o, s:I}", "covered", check.count > 0, "entries", entries,
				  "partly", (json_int_t)partly));
}
