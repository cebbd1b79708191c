// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/allow/allow_change.h"
#include "control/socket/changes.h"

#define COMMENT_MAX 1025 /* bytes, as rpc_params.c takes them */

struct allow_change *allow_change_new(struct control *control, struct rpc_call *call, size_t room,
				      allow_change_reply *reply)
{
	const struct rpc_peer *peer = rpc_peer(call);
	struct allow_change *change = calloc(1, sizeof(*change));

	if (change) {
		change->differences = calloc(room + 1, sizeof(*change->differences));
		change->warnings = json_array();
	}
	if (!change || !change->differences || !change->warnings) {
		allow_change_free(change);
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return NULL;
	}
	change->control = control;
	change->call = call;
	change->reply = reply;
	snprintf(change->user, sizeof(change->user), "%s", peer->user);
	change->actor = changes_actor(peer);
	change->actor.user = change->user;
	return change;
}

void allow_change_free(struct allow_change *change)
{
	if (!change)
		return;
	allow_differences_release(change->differences, change->count);
	free(change->differences);
	json_decref(change->warnings);
	free(change);
}

void allow_change_tell(const struct allow_change *change, const char *method,
		       const struct allow_entry *entry)
{
	char ends[ALLOW_ENTRY_TEXT_MAX], text[ALLOW_ENTRY_TEXT_MAX + COMMENT_MAX + 32];
	const bool why = entry->comment && entry->comment[0];

	snprintf(text, sizeof(text), "%lld: %s%s%s%s", (long long)entry->id,
		 allow_entry_text(entry, ends), why ? " (" : "", why ? entry->comment : "",
		 why ? ")" : "");
	changes_tell(change->control, &change->actor, method, text);
}

/* The list may have changed meanwhile: what cannot be taken back any more has been overtaken. */
static void undo(struct allow_change *change)
{
	struct control *control = change->control;
	size_t kept = 0;
	int error;

	for (size_t i = 0; i < change->count; i++) {
		struct allow_difference *difference = &change->differences[i];

		allow_difference_invert(difference);
		if (allowlist_can(control->allowlist, difference))
			change->differences[kept++] = *difference;
		else
			allow_entry_release(&difference->entry);
	}
	change->count = kept;
	error = allowlist_commit(control->allowlist, change->differences, kept, "undo",
				 &change->actor);
	if (error)
		log_error("allow: %zu entries cannot be taken back: %s", kept,
			  store_problem(control->store) ? store_problem(control->store) :
							  strerror(-error));
	control_expiry_changed(control);
	intent_send_plan(control->intent); /* a change that failed half way is put right as well */
}

/* Taken back, and said. */
static void fail_change(struct allow_change *change, const char *who, const char *why)
{
	char text[512];

	snprintf(text, sizeof(text), "%s", why); /* which may be gone when it is taken back */
	undo(change);
	rpc_fail(change->call, RPC_ENGINE, "%snothing was changed: %s", who, text);
	allow_change_free(change);
}

static void on_engine(void *arg, int error, const struct message_ack *ack)
{
	struct allow_change *change = arg;
	struct intent *intent = change->control->intent;
	const char *problem = NULL;

	if (error == -ETIMEDOUT) {
		problem = "the engine did not answer in time";
		intent_unsure(intent);
	} else if (error == -ENOBUFS) {
		problem = "too many wait for the engine";
		intent_unsure(intent);
	} else if (error && link_connected(change->control->link) && intent_refusal(intent)) {
		problem = intent_refusal(intent);
	} else if (error && error != -ENODATA) {
		problem = "the engine is not there";
	}
	if (!error && ack->error) {
		fail_change(change, "the engine could not do it, ",
			    ack->text[0] ? ack->text : strerror(-ack->error));
		return;
	}
	change->reply(change, problem);
	allow_change_free(change);
}

static void fail_store(struct allow_change *change, int error)
{
	const char *problem = store_problem(change->control->store);

	if (error == -ENOSPC)
		rpc_fail(change->call, RPC_FULL, "the allowlist is full: %d entries",
			 ALLOWLIST_MAX);
	else if (error == -E2BIG)
		rpc_fail(change->call, RPC_FULL,
			 "the allowlist has no room for more names: at most %d, in %d entries",
			 DESTINATION_NAMES_MAX, DESTINATION_ENTRIES_MAX);
	else if (error == -EEXIST)
		rpc_fail(change->call, RPC_EXISTS, "there is such an entry already");
	else if (error == -EIO)
		rpc_fail(change->call, RPC_DATABASE, "the database cannot be written: %s",
			 problem ? problem : "input/output error");
	else
		rpc_fail(change->call, RPC_INTERNAL_ERROR, "%s", strerror(-error));
	allow_change_free(change);
}

static void on_stored(void *ctx, int error)
{
	struct allow_change *change = ctx;
	struct control *control = change->control;

	if (error) {
		fail_store(change, error);
		return;
	}
	if (change->learnt)
		name_follower_learn(control->name_follower, change->differences[0].entry.to_name,
				    &change->answer);
	control_expiry_changed(control);
	error = intent_changed(control->intent, change->differences, change->count, on_engine,
			       change);
	if (error == -ENOMEM)
		fail_change(change, "",
			    intent_refusal(control->intent) ? intent_refusal(control->intent) :
							      strerror(ENOMEM));
	else if (error)
		on_engine(change, error, NULL);
}

void allow_change_run(struct allow_change *change, const struct resolver_answer *answer)
{
	const struct store_then then = {.done = on_stored, .ctx = change};

	change->learnt = answer != NULL;
	if (answer)
		change->answer = *answer;
	allowlist_commit_later(change->control->allowlist, change->differences, change->count,
			       &change->actor, &then);
}
