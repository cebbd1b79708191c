// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "control/allow/allow_change.h"
#include "control/allow/allow_name.h"
#include "control/allow/allow_terms.h"
#include "control/allow/allow_warnings.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/store/database_turn.h"

const struct rpc_param allow_add_params[] = {
	ALLOW_TERMS,
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_param allow_del_params[] = {
	{"id", RPC_ID, false, "the entry's id; or give from and to as they were added", NULL},
	{"ids", RPC_IDS, false, "several at once: all of them, or none if one is not there", NULL},
	{"from", RPC_PREFIX, false, "source of the entry", NULL},
	{"to", RPC_DESTINATION, false, "destination of the entry", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_field allow_add_result[] = {
	FIELDS_OF(entry_fields),
	FIELD("applied", SHAPE_FLAG, 0,
	      "the kernel has it; if not, it takes effect when the engine is back"),
	FIELD("warnings", SHAPE_TEXT, FIELD_LIST,
	      "what may not be meant, such as that no range covers the source"),
	FIELD_END,
};

const struct rpc_field allow_del_result[] = {
	FIELD_OF("removed", FIELD_LIST, entry_fields, ""),
	FIELD("applied", SHAPE_FLAG, 0, "the kernel has forgotten it"),
	FIELD("warnings", SHAPE_TEXT, FIELD_LIST, ""),
	FIELD_END,
};

/* --- what the replies have in common --- */

static void not_applied(const struct allow_change *change, const char *problem, const char *then)
{
	if (problem)
		json_array_append_new(change->warnings, json_sprintf("%s: %s", problem, then));
}

/* --- allow.add --- */

static void reply_added(struct allow_change *change, const char *problem)
{
	const struct allow_entry *entry = &change->differences[0].entry;
	json_t *result = entry_json(change->control->allowlist, entry, intent_clock().real);

	allow_change_tell(change, "allow.add", entry);
	allow_name_warn(change->control, entry, change->silent, change->warnings);
	not_applied(change, problem,
		    "the entry is stored and takes effect when the engine is back");
	json_object_set_new(result, "applied", json_boolean(!problem));
	json_object_set(result, "warnings", change->warnings);
	rpc_reply(change->call, result);
}

static void warn(const struct allow_change *change, const struct allow_entry *entry)
{
	struct allow_surroundings around =
		allow_surroundings_of(change->control->config, change->actor.time);
	char text[ALLOW_WARNING_MAX];

	around.indexes[0] = allowlist_index(change->control->allowlist);
	if (allow_warning(&around, entry, text))
		json_array_append_new(change->warnings, json_string(text));
}

/* What DNS says is not there is no entry; what it does not say may be there yet. */
static void on_name(void *arg, int error, const struct resolver_answer *answer)
{
	struct allow_change *change = arg;
	const char *name = change->differences[0].entry.to_name;

	if (error == -ECANCELED) {
		rpc_fail(change->call, RPC_INTERNAL_ERROR,
			 "nothing was changed: edge25-control ends");
	} else if (answer && allow_name_unusable(answer)) {
		rpc_fail(change->call, RPC_NOT_FOUND, "to: %s %s: nothing was changed", name,
			 allow_name_unusable(answer));
	} else {
		change->silent = allow_name_silent(answer);
		allow_change_run(change, answer);
		return;
	}
	allow_change_free(change);
}

void method_allow_add(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const struct allow_entry *same;
	char name[DOMAIN_NAME_MAX];
	struct allow_entry entry = {0};
	struct allow_change *change;
	char error[RPC_MESSAGE_MAX];

	if (database_turn(control, method_allow_add, call))
		return;
	if (allow_terms_read(rpc_params(call), control->config, intent_clock().real, &entry, name,
			     error)) {
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", error);
		return;
	}
	same = allowlist_same(control->allowlist, &entry);
	if (same && same->id) {
		rpc_fail(call, RPC_EXISTS, "there is such an entry already: id %lld",
			 (long long)same->id);
		return;
	}
	change = allow_change_new(control, call, 1, reply_added);
	if (!change)
		return;
	entry.added = change->actor.time;
	entry.uid = change->actor.uid;
	entry.user = change->user;
	if (allow_entry_copy(&change->differences[0].entry, &entry)) {
		allow_change_free(change);
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	change->count = 1;
	warn(change, &change->differences[0].entry);
	if (!allow_name_unknown(control, &entry))
		allow_change_run(change, NULL);
	else if (name_follower_ask(control->name_follower, entry.to_name, on_name, change)) {
		allow_change_free(change);
		rpc_fail(call, RPC_BUSY, "too many names are being looked up: try again");
	}
}

/* --- allow.del --- */

static void reply_removed(struct allow_change *change, const char *problem)
{
	const int64_t now = intent_clock().real;
	json_t *removed = json_array();

	for (size_t i = 0; i < change->count; i++) {
		const struct allow_entry *entry = &change->differences[i].entry;

		allow_change_tell(change, "allow.del", entry);
		json_array_append_new(removed, entry_json(change->control->allowlist, entry, now));
	}
	not_applied(change, problem,
		    change->count == 1 ?
			    "the entry is gone and loses its effect when the engine is back" :
			    "the entries are gone and lose their effect when the engine is "
			    "back");
	rpc_reply(change->call, json_pack("{s:o, s:b, s:O}", "removed", removed, "applied",
					  !problem, "warnings", change->warnings));
}

static const struct allow_entry *entry_by_id(struct rpc_call *call, const struct control *control,
					     int64_t id)
{
	const struct allow_entry *entry = allowlist_by_id(control->allowlist, id);

	if (!entry)
		rpc_fail(call, RPC_NOT_FOUND, "there is no allow entry with id %lld",
			 (long long)id);
	return entry;
}

static const struct allow_entry *entry_by_sides(struct rpc_call *call,
						const struct control *control)
{
	char error[RPC_MESSAGE_MAX], text[ALLOW_ENTRY_TEXT_MAX];
	const struct allow_entry *entry;
	char name[DOMAIN_NAME_MAX];
	struct allow_entry like = {0};

	if (allow_sides_read(rpc_params(call), &like, name, error)) {
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", error);
		return NULL;
	}
	entry = allowlist_same(control->allowlist, &like);
	if (!entry) {
		rpc_fail(call, RPC_NOT_FOUND, "there is no allow entry %s",
			 allow_entry_text(&like, text));
	} else if (!entry->id) {
		rpc_fail(call, RPC_CONFIGURED,
			 "allow \"%s\" stands in the configuration: edit %s and reload",
			 entry->name, entry->file);
		return NULL;
	}
	return entry;
}

static int compare_ids(const void *a, const void *b)
{
	const int64_t left = ((const struct allow_difference *)a)->entry.id;
	const int64_t right = ((const struct allow_difference *)b)->entry.id;

	return (left > right) - (left < right);
}

/* All that is to go; false: @call was told what is wrong. */
static bool gather(struct rpc_call *call, struct allow_change *change, const json_t *ids)
{
	const struct allow_entry *entry = NULL;
	struct allow_difference *differences = change->differences;
	const int64_t id = rpc_id(call, "id");

	if (!ids) {
		entry = id ? entry_by_id(call, change->control, id) :
			     entry_by_sides(call, change->control);
		if (entry)
			differences[change->count++] = (struct allow_difference){
				.step = ALLOW_STEP_REMOVE, .entry.id = entry->id};
		return entry != NULL;
	}
	for (size_t i = 0; i < json_array_size(ids); i++) {
		entry = entry_by_id(call, change->control,
				    json_integer_value(json_array_get(ids, i)));
		if (!entry)
			return false;
		differences[change->count++] =
			(struct allow_difference){.step = ALLOW_STEP_REMOVE, .entry.id = entry->id};
	}
	qsort(differences, change->count, sizeof(*differences), compare_ids);
	for (size_t i = 1; i < change->count; i++) {
		if (differences[i].entry.id != differences[i - 1].entry.id)
			continue;
		rpc_fail(call, RPC_INVALID_PARAMS, "ids: %lld is given twice",
			 (long long)differences[i].entry.id);
		return false;
	}
	return true;
}

void method_allow_del(struct rpc_call *call, void *ctx)
{
	const json_t *ids = json_object_get(rpc_params(call), "ids");
	const bool sides = rpc_text(call, "from") || rpc_text(call, "to");
	struct control *control = ctx;
	struct allow_change *change;

	if (database_turn(control, method_allow_del, call))
		return;
	if ((rpc_id(call, "id") != 0) + (ids != NULL) + sides > 1) {
		rpc_fail(call, RPC_INVALID_PARAMS, "give id, ids, or from and to: one of them");
		return;
	}
	change = allow_change_new(control, call, ids ? json_array_size(ids) : 1, reply_removed);
	if (!change)
		return;
	if (gather(call, change, ids))
		allow_change_run(change, NULL);
	else
		allow_change_free(change);
}
