// SPDX-License-Identifier: GPL-2.0-or-later
/* incidents.list, incidents.show, incidents.close */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "incidents.h"
#include "keeper.h"
#include "method_schemas.h"
#include "methods.h"
#include "store_incidents.h"

#define LIMIT_PRESET 100
#define LIMIT_MAX 1000 /* some 2 MB of reply, and some ten milliseconds */

static const char *const states[] = {"open", "closed", "all", NULL};
enum state { STATE_OPEN, STATE_CLOSED, STATE_ALL };
static const char *const orders[] = {"change", "worst", NULL};
enum order { ORDER_CHANGE, ORDER_WORST };
static const char *const classes[] = {"misconfigured", "suspect", "infected", NULL};

const struct rpc_param incidents_list_params[] = {
	{"state", RPC_WORD, false, "which; all if it is not given", states},
	{"class", RPC_WORD, false, "only those of this class", classes},
	{"after", RPC_NUMBER, false, "only those whose change is above this one", NULL},
	{"order", RPC_WORD, false,
	 "by change, oldest first (so if it is not given), or the worst first, open ones before all",
	 orders},
	{"limit", RPC_NUMBER, false, "at most so many; 100 if it is not given, at most 1000", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_param incidents_show_params[] = {
	{"id", RPC_ID, true, "the incident's id", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

#define INCIDENT_PROPERTIES                                                                       \
	"\"id\":" NUMBER ",\"change\":" NUMBER ",\"state\":{\"enum\":[\"open\",\"closed\"]}"      \
	",\"host\":" STRING ",\"class\":{\"enum\":[\"misconfigured\",\"suspect\",\"infected\"]}"  \
	",\"reasons\":" STRINGS ",\"policy\":" STRING_OR_NULL ",\"range\":" STRING_OR_NULL        \
	",\"interface\":" STRING_OR_NULL ",\"mac\":" STRING_OR_NULL ",\"name\":" STRING_OR_NULL   \
	",\"name_source\":" STRING_OR_NULL ",\"verified\":" BOOLEAN ",\"shared\":" BOOLEAN        \
	",\"opened\":" TIME ",\"closed\":" TIME_OR_NULL ",\"first_seen\":" TIME_OR_NULL           \
	",\"last_seen\":" TIME_OR_NULL ",\"attempts\":" NUMBER ",\"destinations\":" NUMBER        \
	",\"action\":{\"enum\":[\"none\",\"watched\",\"refused\",\"contained\"]}"                 \
	",\"contained_until\":" TIME_OR_NULL ",\"evidence\":" NAMED(                              \
		"\"time\":" TIME ",\"src_ip\":" STRING_OR_NULL ",\"src_port\":" NUMBER            \
		",\"dest_ip\":" STRING_OR_NULL ",\"dest_port\":" NUMBER ",\"answered\":" BOOLEAN, \
		"\"time\",\"src_ip\",\"src_port\",\"dest_ip\",\"dest_port\",\"answered\"")
#define INCIDENT_REQUIRED                                                                    \
	"\"id\",\"change\",\"state\",\"host\",\"class\",\"reasons\",\"policy\",\"range\","   \
	"\"interface\",\"mac\",\"name\",\"name_source\",\"verified\",\"shared\",\"opened\"," \
	"\"closed\",\"first_seen\",\"last_seen\",\"attempts\",\"destinations\",\"action\","  \
	"\"contained_until\",\"evidence\""
#define INCIDENT                                                    \
	"{\"type\":\"object\",\"properties\":{" INCIDENT_PROPERTIES \
	"},\"required\":[" INCIDENT_REQUIRED "],\"additionalProperties\":false}"

const char incidents_list_result[] =
	"{\"type\":\"object\",\"properties\":{\"incidents\":{\"type\":\"array\",\"items\":" INCIDENT
	"},\"last\":" NUMBER "},\"required\":[\"incidents\",\"last\"],"
	"\"additionalProperties\":false}";
const char incident_result[] = INCIDENT;

/* --- incidents.list --- */

struct list {
	struct incident **all; /* copies of stored ones, and those in memory */
	size_t count, room;
	int class; /* of classes[]; -1: any */
	int64_t after;
	enum state state;
};

static bool wanted(const struct list *list, const struct incident *incident)
{
	const bool open = !incident->closed;

	return incident->id && incident->change > list->after &&
	       (list->class < 0 || incident->class == CLASS_MISCONFIGURED + list->class) &&
	       (list->state == STATE_ALL || open == (list->state == STATE_OPEN));
}

static int append(struct list *list, struct incident *incident)
{
	size_t room = list->room ? 2 * list->room : 64;
	struct incident **all;

	if (list->count == list->room) {
		all = realloc(list->all, room * sizeof(*all));
		if (!all)
			return -ENOMEM;
		list->all = all;
		list->room = room;
	}
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

static int by_badness(const void *a, const void *b)
{
	const struct incident *p = *(struct incident *const *)a, *q = *(struct incident *const *)b;

	if (!p->closed != !q->closed)
		return p->closed ? 1 : -1;
	if (!p->closed && p->class != q->class)
		return q->class - p->class;
	if (p->last_seen != q->last_seen)
		return (p->last_seen < q->last_seen) - (p->last_seen > q->last_seen);
	return by_change(&q, &p);
}

static int gather(const struct control *control, struct list *list, enum order order, size_t limit)
{
	const unsigned class = (unsigned)(list->class < 0 ? 0 : CLASS_MISCONFIGURED + list->class);
	struct incident *incident = NULL;
	int result = 0;

	while (!result && (incident = incidents_next(control->incidents, incident)))
		if (wanted(list, incident))
			result = append(list, incident);
	if (result || list->state == STATE_OPEN || !store_ready(control->store))
		return result;
	if (order == ORDER_WORST)
		return store_incidents_latest(control->store, class, list->after, limit,
					      take_stored, list);
	return store_incidents_closed(control->store, class, list->after, limit, take_stored, list);
}

static json_t *list_json(const struct control *control, const struct list *list, size_t limit)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count && i < limit; i++)
		json_array_append_new(array, incident_json(list->all[i]));
	return json_pack("{s:o, s:I}", "incidents", array, "last",
			 (json_int_t)incidents_last_change(control->incidents));
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
	const struct control *control = ctx;
	const int64_t limit = rpc_number(call, "limit", LIMIT_PRESET);
	const enum order order = (enum order)rpc_word(call, "order", orders, ORDER_CHANGE);
	struct list list = {
		.class = rpc_word(call, "class", classes, -1),
		.after = rpc_number(call, "after", 0),
		.state = (enum state)rpc_word(call, "state", states, STATE_ALL),
	};
	int result;

	if (limit < 1 || limit > LIMIT_MAX) {
		rpc_fail(call, RPC_INVALID_PARAMS, "limit: expected a number from 1 to %d",
			 LIMIT_MAX);
		return;
	}
	result = gather(control, &list, order, (size_t)limit);
	if (result) {
		fail(call, control, result);
	} else {
		if (list.count)
			qsort(list.all, list.count, sizeof(*list.all),
			      order == ORDER_WORST ? by_badness : by_change);
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
	const struct control *control = ctx;
	const int64_t id = rpc_id(call, "id");
	const struct incident *incident = incidents_by_id(control->incidents, id);
	struct rpc_call *unanswered = call;
	int result = 0;

	if (incident) {
		rpc_reply(call, incident_json(incident));
		return;
	}
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

	if (!incident || incident->closed) {
		rpc_fail(call, RPC_NOT_FOUND, "there is no open incident %lld", (long long)id);
		return;
	}
	keeper_close(control->keeper, incident);
	rpc_reply(call, incident_json(incident));
}
