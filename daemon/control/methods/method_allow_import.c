// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/allow/allow_change.h"
#include "control/allow/allow_import.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/socket/changes.h"
#include "control/socket/rpc_params.h"
#include "control/store/database_turn.h"

const struct rpc_param allow_import_params[] = {
	{"entries", RPC_OBJECTS, true,
	 "a part of the list, or all of it: each with the parameters of allow.add, and with line, its number "
	 "for messages",
	 NULL},
	{"more", RPC_FLAG, false,
	 "other parts follow on this connection: nothing is changed before the last one", NULL},
	{"staged", RPC_NUMBER, false,
	 "how many entries were sent before on this connection: another number is an error", NULL},
	{"replace", RPC_FLAG, false,
	 "with the last part: what is not in the list is removed; the configuration's entries stay",
	 NULL},
	{"dry_run", RPC_FLAG, false, "with the last part: say what would change", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_field done_fields[] = {
	FIELD("added", SHAPE_NUMBER, 0, ""),
	FIELD("removed", SHAPE_NUMBER, 0, ""),
	FIELD("changed", SHAPE_NUMBER, 0, "another end, comment or way: the id and the hits stay"),
	FIELD("unchanged", SHAPE_NUMBER, 0, ""),
	FIELD("ended", SHAPE_NUMBER, 0, "left out: they have ended already"),
	FIELD("dry_run", SHAPE_FLAG, 0, "nothing was changed"),
	FIELD("applied", SHAPE_FLAG, 0,
	      "the kernel has it; false for a dry run, and while the engine is not there"),
	FIELD("warnings", SHAPE_TEXT, FIELD_LIST, "what may not be meant, the first 20"),
	FIELD_END,
};

const struct rpc_field allow_import_result[] = {
	FIELD("staged", SHAPE_NUMBER, 0, "entries that were sent so far"),
	FIELDS_IF_ANY(done_fields),
	FIELD_END,
};

static json_t *result_json(const struct allow_counts *counts, size_t staged)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "staged", (json_int_t)staged, "added",
			 (json_int_t)counts->added, "removed", (json_int_t)counts->removed,
			 "changed", (json_int_t)counts->changed, "unchanged",
			 (json_int_t)counts->unchanged, "ended", (json_int_t)counts->ended);
}

static void reply(struct rpc_call *call, json_t *result, json_t *warnings, bool dry_run,
		  bool applied)
{
	json_object_set_new(result, "dry_run", json_boolean(dry_run));
	json_object_set_new(result, "applied", json_boolean(applied));
	json_object_set(result, "warnings", warnings);
	rpc_reply(call, result);
}

/* DNS is asked once they are there. */
static void warn_of_names(const struct allow_change *change)
{
	size_t count = 0;

	for (size_t i = 0; i < change->count; i++)
		count += change->differences[i].step != ALLOW_STEP_REMOVE &&
			 !allowlist_says(change->control->allowlist, &change->differences[i].entry);
	if (count)
		json_array_append_new(change->warnings,
				      json_sprintf("%zu entries have names without addresses: they "
						   "match nothing until DNS says some",
						   count));
}

static void reply_done(struct allow_change *change, const char *problem)
{
	const struct allow_counts *counts = &change->counts;
	const struct allow_entry nothing = {0};
	char text[128];

	snprintf(text, sizeof(text), "%zu entries added, %zu removed, %zu changed, %zu unchanged",
		 counts->added, counts->removed, counts->changed, counts->unchanged);
	changes_record(change->control, &change->actor, "allow.import", &nothing, text);
	warn_of_names(change);
	if (problem)
		json_array_append_new(
			change->warnings,
			json_sprintf("%s: the list is stored and takes effect when the engine is "
				     "back",
				     problem));
	reply(change->call, result_json(counts, change->staged), change->warnings, false, !problem);
}

static void fail_wrong(struct rpc_call *call, json_t *errors, size_t wrong)
{
	const json_t *first = json_array_get(errors, 0);
	char message[RPC_MESSAGE_MAX + 128];
	int n;

	n = snprintf(message, sizeof(message), "nothing was changed: line %lld: %s",
		     (long long)json_integer_value(json_object_get(first, "line")),
		     json_string_value(json_object_get(first, "message")));
	if (wrong > 1)
		snprintf(message + n, sizeof(message) - (size_t)n, "; %zu other lines are wrong",
			 wrong - 1);
	rpc_fail_with(call, RPC_INVALID_PARAMS, message,
		      json_pack("{s:o, s:I}", "errors", errors, "more",
				(json_int_t)(wrong - json_array_size(errors))));
}

/* The whole list is there. */
static void finish(struct rpc_call *call, struct control *control, struct allow_import *import)
{
	const bool replace = rpc_flag(call, "replace"), dry_run = rpc_flag(call, "dry_run");
	struct allow_change *change;
	json_t *errors;
	size_t wrong = allow_import_wrong(import, &errors);

	if (wrong) {
		json_incref(errors);
		allow_import_end(rpc_peer(call));
		fail_wrong(call, errors, wrong);
		return;
	}
	change = allow_change_new(control, call, 0, reply_done);
	if (!change)
		return; /* the rest goes with the connection */
	json_decref(change->warnings);
	change->warnings = allow_import_warnings(import, replace);
	change->staged = allow_import_count(import);
	free(change->differences);
	change->differences = NULL;
	if (allow_import_compare(import, replace, &change->actor, &change->differences,
				 &change->counts)) {
		allow_change_free(change);
		allow_import_end(rpc_peer(call));
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	change->count = change->counts.added + change->counts.removed + change->counts.changed;
	allow_import_end(rpc_peer(call));
	if (!dry_run && change->count) {
		allow_change_run(change, NULL);
		return;
	}
	reply(call, result_json(&change->counts, change->staged), change->warnings, dry_run,
	      !dry_run && intent_in_force(control->intent));
	allow_change_free(change);
}

static void fail_part(struct rpc_call *call, int error)
{
	if (error == -EBUSY)
		rpc_fail(call, RPC_BUSY, "%d imports are under way: try again later",
			 ALLOW_IMPORTS_MAX);
	else if (error == -ETIME)
		rpc_fail(call, RPC_BUSY,
			 "nothing was changed: no part came for %d s, and another import took the "
			 "place",
			 ALLOW_IMPORT_REST);
	else if (error == -ENOSPC)
		rpc_fail(call, RPC_FULL, "nothing was changed: the allowlist holds %d entries",
			 ALLOWLIST_MAX);
	else
		rpc_fail(call, RPC_INTERNAL_ERROR, "nothing was changed: no memory");
}

void method_allow_import(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	struct rpc_peer *peer = rpc_peer(call);
	struct allow_import *import;
	size_t before;
	int error;

	if (database_turn(control, method_allow_import, call))
		return;
	error = allow_import_of(control, peer, &import);
	before = error ? 0 : allow_import_count(import);
	if (!error && rpc_number(call, "staged", (int64_t)before) != (int64_t)before) {
		allow_import_end(peer);
		rpc_fail(call, RPC_INVALID_PARAMS,
			 "nothing was changed: staged: %zu entries were sent before on this "
			 "connection",
			 before);
		return;
	}
	if (!error)
		error = allow_import_add(import, json_object_get(rpc_params(call), "entries"));
	if (error) {
		allow_import_end(peer);
		fail_part(call, error);
	} else if (rpc_flag(call, "more")) {
		rpc_reply(call,
			  json_pack("{s:I}", "staged", (json_int_t)allow_import_count(import)));
		return;
	} else {
		finish(call, control, import);
	}
}
