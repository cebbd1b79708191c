// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/config/prefix_error.h"
#include "control/config/times.h"
#include "control/methods/filters.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

#define LIST_PRESET 1000 /* entries in a reply, some 400 KB */
#define LIST_MAX 5000    /* which the loop writes in some 30 ms */

static const char *const origins[] = {"socket", "configuration", NULL};
static const char *const ways[] = {"free", "watched", "always", NULL};
enum order { ORDER_ID, ORDER_EXPIRES, ORDER_USED, ORDER_HITS, ORDER_ADDED };
static const char *const order_words[] = {
	[ORDER_ID] = "id",     [ORDER_EXPIRES] = "expires", [ORDER_USED] = "used",
	[ORDER_HITS] = "hits", [ORDER_ADDED] = "added",     NULL};

const struct rpc_param allow_list_params[] = {
	{"from", RPC_PREFIX, false, "only entries whose source holds this or lies in it", NULL},
	{"to", RPC_DESTINATION, false,
	 "only entries whose destination holds this or lies in it, or that have this name", NULL},
	{"comment", RPC_TEXT, false, "only those with this text in the comment, in any case", NULL},
	{"user", RPC_TEXT, false, "only those that this user added", NULL},
	{"origin", RPC_WORD, false, "where it stands", origins},
	{"way", RPC_WORD, false, "what it does", ways},
	{"expiring", RPC_DURATION, false, "only those that end within this time", NULL},
	{"never_used", RPC_DURATION, false,
	 "only those that are older than this and let nothing through yet; those of the configuration, "
	 "whose age is not known, count as older",
	 NULL},
	{"order", RPC_WORD, false,
	 "by what: id (preset), expires (the next first), used (the longest ago first), hits (the "
	 "most first), added (the newest first)",
	 order_words},
	{"after", RPC_NUMBER, false, "only those with higher ids; none of the configuration", NULL},
	{"offset", RPC_NUMBER, false, "leave out so many first", NULL},
	{"limit", RPC_NUMBER, false, "at most so many: 1000, and never more than 5000", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_field allow_list_result[] = {
	FIELD_OF("entries", FIELD_LIST, entry_fields, ""),
	FIELD("total", SHAPE_NUMBER, 0, "how many there are of these, with those left out"),
	FIELD("counted", SHAPE_TIME, FIELD_NULL,
	      "when the kernel was asked for their hits; null: not yet"),
	FIELD_END,
};

struct filter {
	int64_t now, expiring, never_used, after;
	struct prefix from, to;
	const char *comment, *user;
	char to_name[DOMAIN_NAME_MAX];
	const struct allowlist *list;
	int origin, way;
};

/* A name is asked for by itself, or by an address that it stands for. */
static bool goes_to(const struct filter *filter, const struct allow_entry *entry)
{
	const struct destination_name *name;

	if (filter->to_name[0])
		return entry->to_name && strcmp(entry->to_name, filter->to_name) == 0;
	if (!entry->to_name || !filter->to.addr.family)
		return filter_touches(&entry->to, &filter->to);
	name = destination_names_find(allowlist_names(filter->list), entry->to_name);
	for (size_t i = 0; name && i < name->count; i++)
		if (prefix_contains(&filter->to, &name->addresses[i].addr))
			return true;
	return false;
}

static bool passes(const struct filter *filter, const struct allow_entry *entry)
{
	if (entry->expires && entry->expires <= filter->now)
		return false;
	if (filter->after >= 0 && entry->id <= filter->after)
		return false;
	if (filter->origin >= 0 && filter->origin != (entry->id == 0))
		return false;
	if (filter->way >= 0 && filter->way != entry->way)
		return false;
	if (filter->expiring && (!entry->expires || entry->expires > filter->expiring))
		return false;
	if (filter->never_used && (entry->hits || entry->added > filter->never_used))
		return false;
	if (filter->user && (!entry->user || strcmp(entry->user, filter->user) != 0))
		return false;
	if (filter->comment && !strcasestr(entry->comment ? entry->comment : "", filter->comment))
		return false;
	return filter_touches(&entry->from, &filter->from) && goes_to(filter, entry);
}

/* 0 or -1, and @call was told. */
static int read_duration(struct rpc_call *call, const char *name, uint64_t *seconds)
{
	const char *text = rpc_text(call, name);

	*seconds = 0;
	if (!text || duration_parse(text, seconds) == 0)
		return 0;
	rpc_fail(call, RPC_INVALID_PARAMS, "%s: %.64s is no duration (30s, 10m, 2h, 7d, 1w)", name,
		 text);
	return -1;
}

static int read_filter(const struct control *control, struct rpc_call *call, struct filter *filter)
{
	char error[PREFIX_ERROR_MAX];
	const char *to = rpc_text(call, "to");
	uint64_t expiring, never_used;

	if (read_duration(call, "expiring", &expiring) ||
	    read_duration(call, "never_used", &never_used))
		return -1;
	*filter = (struct filter){
		.list = control->allowlist,
		.now = intent_clock().real,
		.after = rpc_number(call, "after", -1),
		.comment = rpc_text(call, "comment"),
		.user = rpc_text(call, "user"),
		.origin = rpc_word(call, "origin", origins, -1),
		.way = rpc_word(call, "way", ways, -1),
	};
	if (rpc_text(call, "expiring"))
		filter->expiring = filter->now + (int64_t)expiring;
	if (rpc_text(call, "never_used"))
		filter->never_used = filter->now - (int64_t)never_used;
	filter_prefix(call, "from", &filter->from);
	if (to)
		destination_read(to, &filter->to, filter->to_name, error);
	return 0;
}

/* --- order: what is equal stays by id --- */

static int by_number(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_id(const void *a, const void *b)
{
	const struct allow_entry *left = *(struct allow_entry *const *)a;
	const struct allow_entry *right = *(struct allow_entry *const *)b;

	return by_number(left->id, right->id);
}

static int by_expiry(const void *a, const void *b)
{
	const struct allow_entry *left = *(struct allow_entry *const *)a;
	const struct allow_entry *right = *(struct allow_entry *const *)b;
	int order = by_number(left->expires ? left->expires : INT64_MAX,
			      right->expires ? right->expires : INT64_MAX);

	return order ? order : by_id(a, b);
}

static int by_use(const void *a, const void *b)
{
	const struct allow_entry *left = *(struct allow_entry *const *)a;
	const struct allow_entry *right = *(struct allow_entry *const *)b;
	int order = by_number(left->used, right->used);

	return order ? order : by_id(a, b);
}

static int by_hits(const void *a, const void *b)
{
	const struct allow_entry *left = *(struct allow_entry *const *)a;
	const struct allow_entry *right = *(struct allow_entry *const *)b;
	int order = (left->hits < right->hits) - (left->hits > right->hits);

	return order ? order : by_id(a, b);
}

static int by_age(const void *a, const void *b)
{
	const struct allow_entry *left = *(struct allow_entry *const *)a;
	const struct allow_entry *right = *(struct allow_entry *const *)b;
	int order = by_number(right->added, left->added);

	return order ? order : by_id(a, b);
}

static int (*const orders[])(const void *, const void *) = {[ORDER_ID] = NULL,
							    [ORDER_EXPIRES] = by_expiry,
							    [ORDER_USED] = by_use,
							    [ORDER_HITS] = by_hits,
							    [ORDER_ADDED] = by_age};

static void list(const struct control *control, struct rpc_call *call)
{
	const int64_t offset = rpc_number(call, "offset", 0);
	const int order = rpc_word(call, "order", order_words, ORDER_ID);
	int64_t limit = rpc_number(call, "limit", LIST_PRESET);
	const struct allow_entry **found;
	struct filter filter;
	json_t *entries;
	size_t total = 0;

	if (read_filter(control, call, &filter))
		return;
	found = calloc(allowlist_count(control->allowlist) + 1, sizeof(*found));
	if (!found) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	for (size_t i = 0; i < allowlist_count(control->allowlist); i++) {
		const struct allow_entry *entry = allowlist_at(control->allowlist, i);

		if (passes(&filter, entry))
			found[total++] = entry;
	}
	if (orders[order])
		qsort(found, total, sizeof(*found), orders[order]);
	if (limit > LIST_MAX)
		limit = LIST_MAX;
	entries = json_array();
	for (size_t i = (size_t)offset; i < total && (int64_t)json_array_size(entries) < limit; i++)
		json_array_append_new(entries,
				      entry_json(control->allowlist, found[i], filter.now));
	free(found);
	rpc_reply(call, json_pack("{s:o, s:I, s:o}", "entries", entries, "total", (json_int_t)total,
				  "counted", time_or_null(usage_read_at(control->usage))));
}

struct listing {
	const struct control *control;
	struct rpc_call *call;
};

/* Their hits are as fresh as the kernel could say in time. */
static void on_usage(void *arg, int error, const struct message_ack *ack)
{
	struct listing *listing = arg;

	(void)error;
	(void)ack;
	list(listing->control, listing->call);
	free(listing);
}

void method_allow_list(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	/* Of several pages the first one asks the kernel. */
	const bool first = !rpc_number(call, "offset", 0) && !rpc_number(call, "after", 0);
	struct listing *listing = first ? calloc(1, sizeof(*listing)) : NULL;

	if (listing)
		*listing = (struct listing){.control = control, .call = call};
	if (listing && usage_ask(control->link, on_usage, listing) == 0)
		return;
	free(listing);
	list(control, call);
}
