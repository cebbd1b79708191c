// SPDX-License-Identifier: GPL-2.0-or-later
/* incidents.list, incidents.show, incidents.close */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "control/incidents/incidents.h"
#include "control/incidents/keeper.h"
#include "control/methods/filters.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/socket/changes.h"
#include "control/store/database_turn.h"
#include "control/store/store_incidents.h"

#define LIMIT_PRESET 100
#define LIMIT_MAX 1000 /* some 2 MB of reply, and some ten milliseconds */

static const char *const states[] = {"open", "closed", "all", NULL};
enum state { STATE_OPEN, STATE_CLOSED, STATE_ALL };
static const char *const orders[] = {"change", "worst", "newest", NULL};
enum order { ORDER_CHANGE, ORDER_WORST, ORDER_NEWEST };

const struct rpc_param incidents_list_params[] = {
	{"state", RPC_WORD, false, "which; all if it is not given", states},
	{"class", RPC_WORD, false, "only those of this class", incident_class_words},
	{"prefix", RPC_PREFIX, false,
	 "only those of hosts in this prefix, or whose prefix has this address", NULL},
	{"policy", RPC_TEXT, false, "only those of hosts that this policy decided about", NULL},
	{"since", RPC_PAST, false, "only those whose host was seen then or later", NULL},
	{"until", RPC_PAST, false, "only those that were opened before", NULL},
	{"after", RPC_NUMBER, false, "only those whose change is above this one", NULL},
	{"order", RPC_WORD, false,
	 "by change, oldest first (so if it is not given); the worst first, open ones before all; or "
	 "those whose host was seen last first (newest)",
	 orders},
	{"limit", RPC_NUMBER, false, "at most so many; 100 if it is not given, at most 1000", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_param incidents_show_params[] = {
	{"id", RPC_ID, true, "the incident's id", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const char *const given_states[] = {"open", "closed", NULL};
static const char *const actions[] = {"none", "watched", "refused", "contained", NULL};

const struct rpc_field evidence_fields[] = {
	FIELD("time", SHAPE_TIME, 0, ""),
	FIELD("src_ip", SHAPE_TEXT, FIELD_NULL, "the host's first address in IPv6"),
	FIELD("src_port", SHAPE_NUMBER, 0, ""),
	FIELD("dest_ip", SHAPE_TEXT, FIELD_NULL, "as log-destinations says"),
	FIELD("dest_port", SHAPE_NUMBER, 0, ""),
	FIELD("answered", SHAPE_FLAG, 0, "a handshake was completed"),
	FIELD_END,
};

const struct rpc_field incident_fields[] = {
	FIELD("id", SHAPE_NUMBER, 0, ""),
	FIELD("change", SHAPE_NUMBER, 0,
	      "greater with each change of any incident, also over restarts: whoever asks again after "
	      "the last one that it saw misses none. Without a database the numbers go on from the "
	      "milliseconds since 1970"),
	FIELD_WORD("state", 0, given_states, ""),
	FIELD("host", SHAPE_TEXT, 0, "its address, or its prefix in IPv6"),
	FIELD_WORD("class", 0, incident_class_words,
		   "of the host while the incident is open; what was infected stays so"),
	FIELD("reasons", SHAPE_TEXT, FIELD_LIST, "in words and figures"),
	FIELD("policy", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("range", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("interface", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("mac", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("name", SHAPE_TEXT, FIELD_NULL, "of the machine"),
	FIELD_WORD("name_source", FIELD_NULL, incident_name_sources, "who says so"),
	FIELD("verified", SHAPE_FLAG, 0, "its address can be believed"),
	FIELD("shared", SHAPE_FLAG, 0, "many households share its address"),
	FIELD("opened", SHAPE_TIME, 0, ""),
	FIELD("closed", SHAPE_TIME, FIELD_NULL, ""),
	FIELD("first_seen", SHAPE_TIME, FIELD_NULL, ""),
	FIELD("last_seen", SHAPE_TIME, FIELD_NULL, ""),
	FIELD("attempts", SHAPE_NUMBER, 0, "since the day before it was opened"),
	FIELD("destinations", SHAPE_NUMBER, 0, "likewise"),
	FIELD_WORD(
		"action", 0, actions,
		"the most that was done: nothing (the policy monitors), watched (it guards, and let "
		"it pass), refused, contained"),
	FIELD("contained_until", SHAPE_TIME, FIELD_NULL, ""),
	FIELD_OF("evidence", FIELD_LIST | FIELD_OPTIONAL, evidence_fields,
		 "a sample of the attempts, the first of a day"),
	FIELD_END,
};

const struct rpc_field incidents_list_result[] = {
	FIELD_OF("incidents", FIELD_LIST, incident_fields, ""),
	FIELD("last", SHAPE_NUMBER, 0, "the newest change there is"),
	FIELD("more", SHAPE_FLAG, 0, "others were asked for, too, and are beyond the limit"),
	FIELD_END,
};

/* --- incidents.list --- */

struct list {
	struct incident **all; /* copies of stored ones, and those in memory */
	size_t count;
	struct store_incidents_wanted wanted;
	enum state state;
};

static bool wanted(const struct list *list, const struct incident *incident)
{
	const struct store_incidents_wanted *wanted = &list->wanted;
	const bool open = !incident->closed;

	return incident->id && incident->change > wanted->after &&
	       (!wanted->class || incident->class == wanted->class) &&
	       (!wanted->policy || !strcmp(incident->policy, wanted->policy)) &&
	       filter_touches(&incident->host, &wanted->prefix) &&
	       incident->last_seen >= wanted->since &&
	       (!wanted->until || incident->opened < wanted->until) &&
	       (list->state == STATE_ALL || open == (list->state == STATE_OPEN));
}

static int append(struct list *list, struct incident *incident)
{
	struct incident **all = array_room(list->all, list->count, sizeof(*all));

	if (!all)
		return -ENOMEM;
	list->all = all;
	list->all[list->count++] = incident;
	return 0;
}

static void release(struct list *list, const struct incidents *incidents)
{
	for (size_t i = 0; i < list->count; i++) {
		if (incidents_holds(incidents, list->all[i]))
			continue;
		incident_release(list->all[i]);
		free(list->all[i]);
	}
	free(list->all);
}

static int take_stored(void *ctx, struct incident *stored)
{
	struct list *list = ctx;
	struct incident *copy = malloc(sizeof(*copy));
	int result = -ENOMEM;

	if (copy) {
		*copy = *stored;
		result = append(list, copy);
	}
	if (result) {
		incident_release(stored);
		free(copy);
	}
	return result;
}

static int by_change(const void *a, const void *b)
{
	const struct incident *p = *(struct incident *const *)a, *q = *(struct incident *const *)b;

	return (p->change > q->change) - (p->change < q->change);
}

static int by_last_seen(const void *a, const void *b)
{
	const struct incident *p = *(struct incident *const *)a, *q = *(struct incident *const *)b;

	if (p->last_seen != q->last_seen)
		return (p->last_seen < q->last_seen) - (p->last_seen > q->last_seen);
	return by_change(b, a);
}

static int by_badness(const void *a, const void *b)
{
	const struct incident *p = *(struct incident *const *)a, *q = *(struct incident *const *)b;

	if (!p->closed != !q->closed)
		return p->closed ? 1 : -1;
	if (!p->closed && p->class != q->class)
		return q->class - p->class;
	return by_last_seen(a, b);
}

/* By enum order. */
static int (*const compare[])(const void *a, const void *b) = {by_change, by_badness, by_last_seen};

/* Of those that are closed one more than @limit, which says that there are more. */
static int gather(const struct control *control, struct list *list, size_t limit)
{
	struct incident *incident = NULL;
	int result = 0;

	while (!result && (incident = incidents_next(control->incidents, incident)))
		if (wanted(list, incident))
			result = append(list, incident);
	if (result || list->state == STATE_OPEN || !store_ready(control->store))
		return result;
	return store_incidents_closed(control->store, &list->wanted, limit + 1, take_stored, list);
}

static json_t *list_json(const struct control *control, const struct list *list, size_t limit)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count && i < limit; i++)
		json_array_append_new(array, incident_json(list->all[i]));
	return json_pack("{s:o, s:I, s:b}", "incidents", array, "last",
			 (json_int_t)incidents_last_change(control->incidents), "more",
			 list->count > limit);
}

static void fail(struct rpc_call *call, const struct control *control, int error)
{
	const char *problem = store_problem(control->store);

	if (error == -EIO)
		rpc_fail(call, RPC_DATABASE, "the database cannot be read: %s",
			 problem ? problem : "input/output error");
	else
		rpc_fail(call, RPC_INTERNAL_ERROR, "%s", strerror(-error));
}

void method_incidents_list(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const int64_t now = intent_clock().real;
	const enum order order = (enum order)rpc_word(call, "order", orders, ORDER_CHANGE);
	const int class = rpc_word(call, "class", incident_class_words, -1);
	struct list list = {
		.wanted = {.after = rpc_number(call, "after", 0),
			   .class = class < 0 ? 0 : (unsigned)(CLASS_MISCONFIGURED + class),
			   .policy = rpc_text(call, "policy"),
			   .latest = order != ORDER_CHANGE},
		.state = (enum state)rpc_word(call, "state", states, STATE_ALL),
	};
	int64_t limit;
	int result;

	/* open ones, too: what is numbered and not on the disk is not told */
	if (database_turn(control, method_incidents_list, call))
		return;
	filter_prefix(call, "prefix", &list.wanted.prefix);
	if (!filter_limit(call, LIMIT_PRESET, LIMIT_MAX, &limit) ||
	    !filter_past(call, "since", now, &list.wanted.since) ||
	    !filter_past(call, "until", now, &list.wanted.until))
		return;
	result = gather(control, &list, (size_t)limit);
	if (result) {
		fail(call, control, result);
	} else {
		if (list.count)
			qsort(list.all, list.count, sizeof(*list.all), compare[order]);
		rpc_reply(call, list_json(control, &list, (size_t)limit));
	}
	release(&list, control->incidents);
}

/* --- incidents.show, incidents.close --- */

static int reply_stored(void *ctx, struct incident *stored)
{
	struct rpc_call **call = ctx;

	rpc_reply(*call, incident_json(stored));
	incident_release(stored);
	*call = NULL;
	return 0;
}

void method_incidents_show(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const int64_t id = rpc_id(call, "id");
	const struct incident *incident = incidents_by_id(control->incidents, id);
	struct rpc_call *unanswered = call;
	int result = 0;

	if (incident) {
		rpc_reply(call, incident_json(incident));
		return;
	}
	if (database_turn(control, method_incidents_show, call))
		return;
	if (store_ready(control->store))
		result = store_incidents_find(control->store, id, reply_stored, &unanswered);
	if (!unanswered)
		return;
	if (result)
		fail(call, control, result);
	else
		rpc_fail(call, RPC_NOT_FOUND, "there is no incident %lld", (long long)id);
}

void method_incidents_close(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const int64_t id = rpc_id(call, "id");
	struct incident *incident = incidents_by_id(control->incidents, id);
	const struct store_actor actor = changes_actor(rpc_peer(call));
	char host[PREFIX_TEXT_MAX], text[PREFIX_TEXT_MAX + 40];
	struct allow_entry closed = {0};

	if (database_turn(control, method_incidents_close, call))
		return;
	if (!incident || incident->closed) {
		rpc_fail(call, RPC_NOT_FOUND, "there is no open incident %lld", (long long)id);
		return;
	}
	keeper_close(control->keeper, incident);
	closed.id = id;
	closed.from = incident->host;
	snprintf(text, sizeof(text), "incident %lld of %s", (long long)id,
		 prefix_format(&incident->host, host));
	changes_record(control, &actor, "incidents.close", &closed, text);
	rpc_reply(call, incident_json(incident));
}
