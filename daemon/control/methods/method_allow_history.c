// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "common/allow.h"
#include "control/config/times.h"
#include "control/methods/filters.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/store/database_turn.h"
#include "control/store/store_audit.h"

#define HISTORY_PRESET 100
#define HISTORY_MAX 1000
#define HISTORY_LOOK 20000 /* lines that are read for one reply, in some 30 ms */

const struct rpc_param allow_history_params[] = {
	{"entry", RPC_ID, false, "only what became of this entry", NULL},
	{"from", RPC_PREFIX, false, "only lines whose source holds this or lies in it", NULL},
	{"to", RPC_PREFIX, false, "only lines whose destination holds this or lies in it", NULL},
	{"user", RPC_TEXT, false, "only what this user did", NULL},
	{"before", RPC_ID, false, "only lines before this one", NULL},
	{"limit", RPC_NUMBER, false, "at most so many: 100, and never more than 1000", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_field line_fields[] = {
	FIELD("line", SHAPE_NUMBER, 0, "its number"),
	FIELD("time", SHAPE_TIME, 0, ""),
	FIELD("action", SHAPE_TEXT, 0,
	      "add, del, change, expire; undo: the engine did not take it; contain, release; "
	      "or the method that changed something"),
	FIELD("entry", SHAPE_NUMBER, FIELD_NULL, "the id; null for what is no entry"),
	FIELD("from", SHAPE_TEXT, FIELD_NULL, "source, or the host that it was about"),
	FIELD("to", SHAPE_TEXT, FIELD_NULL, "destination"),
	FIELD("expires", SHAPE_TIME, FIELD_NULL, ""),
	FIELD("comment", SHAPE_TEXT, 0, "of the entry, or what was done"),
	FIELD("watched", SHAPE_FLAG, 0, ""),
	FIELD("always", SHAPE_FLAG, 0, ""),
	FIELD_OF("by", 0, by_fields, "who did it; no user: it came by itself"),
	FIELD_END,
};

const struct rpc_field allow_history_result[] = {
	FIELD_OF("lines", FIELD_LIST, line_fields, "the newest first"),
	FIELD("next", SHAPE_NUMBER, FIELD_NULL,
	      "before for what follows; null: nothing does. There may be less than limit before that"),
	FIELD_END,
};

struct search {
	struct prefix from, to;
	const char *user;
	json_t *lines;
	size_t limit, looked;
	int64_t next; /* the last that was looked at, when there may be more */
};

static json_t *line_json(const struct audit_line *line)
{
	const struct allow_entry *entry = &line->entry;
	json_t *json = json_object();

	json_object_set_new(json, "line", json_integer(line->id));
	json_object_set_new(json, "time", time_or_null(line->time));
	json_object_set_new(json, "action", json_string(line->action));
	json_object_set_new(json, "entry", entry->id ? json_integer(entry->id) : json_null());
	json_object_set_new(json, "from", side_or_null(&entry->from));
	json_object_set_new(json, "to",
			    entry->to_name ? json_string(entry->to_name) :
					     side_or_null(&entry->to));
	json_object_set_new(json, "expires", time_or_null(entry->expires));
	json_object_set_new(json, "comment", json_string(entry->comment));
	json_object_set_new(json, "watched", json_boolean(entry->way == ALLOW_WATCHED));
	json_object_set_new(json, "always", json_boolean(entry->way == ALLOW_ALWAYS));
	json_object_set_new(json, "by",
			    json_pack("{s:I, s:s}", "uid", (json_int_t)line->actor.uid, "user",
				      line->actor.user));
	return json;
}

static int look(void *ctx, const struct audit_line *line)
{
	struct search *search = ctx;

	if (search->looked++ == HISTORY_LOOK || json_array_size(search->lines) == search->limit)
		return 1;
	search->next = line->id;
	if ((!search->user || strcmp(search->user, line->actor.user) == 0) &&
	    filter_touches(&line->entry.from, &search->from) &&
	    filter_touches(&line->entry.to, &search->to))
		json_array_append_new(search->lines, line_json(line));
	return 0;
}

void method_allow_history(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const int64_t limit = rpc_number(call, "limit", HISTORY_PRESET);
	struct search search = {
		.user = rpc_text(call, "user"),
		.limit = (size_t)(limit > HISTORY_MAX ? HISTORY_MAX : limit),
		.next = rpc_id(call, "before"),
	};
	int result;

	if (database_turn(control, method_allow_history, call))
		return;
	filter_prefix(call, "from", &search.from);
	filter_prefix(call, "to", &search.to);
	search.lines = json_array();
	result = store_audit_read(control->store, rpc_id(call, "before"), rpc_id(call, "entry"),
				  look, &search);
	if (result < 0) {
		json_decref(search.lines);
		rpc_fail(call, RPC_DATABASE, "the database cannot be read: %s",
			 store_problem(control->store) ? store_problem(control->store) : "?");
		return;
	}
	rpc_reply(call, json_pack("{s:o, s:o}", "lines", search.lines, "next",
				  result ? json_integer(search.next) : json_null()));
}
