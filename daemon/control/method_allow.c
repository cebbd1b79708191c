// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allow_name.h"
#include "changes.h"
#include "common/log.h"
#include "method_tables.h"
#include "methods.h"
#include "prefix_error.h"
#include "times.h"

const struct rpc_param allow_add_params[] = {
	{"from", RPC_PREFIX, false, "source: the subscriber; any if it is not given", NULL},
	{"to", RPC_DESTINATION, false,
	 "destination: the mail server, or a name, which is followed as its records change; any if it "
	 "is not given",
	 NULL},
	{"expires", RPC_EXPIRY, false, "when it ends; never if it is not given", NULL},
	{"comment", RPC_TEXT, false, "why, and for whom; needed unless require-comment = no", NULL},
	{"watched", RPC_FLAG, false, "guard the source rather than let it go free", NULL},
	{"always", RPC_FLAG, false, "let through also what is contained", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

const struct rpc_param allow_del_params[] = {
	{"id", RPC_ID, false, "the entry's id; or give from and to as they were added", NULL},
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

const struct rpc_field allow_list_result[] = {
	FIELD_OF("entries", FIELD_LIST, entry_fields, ""),
	FIELD("counted", SHAPE_TIME, FIELD_NULL,
	      "when the kernel was asked for their hits; null: not yet"),
	FIELD_END,
};

#define COMMENT_MAX 1025 /* bytes, as rpc_params.c takes them */

/* A change on its way: stored already, but for one that waits for DNS, not yet in the kernel. */
struct change {
	struct control *control;
	struct rpc_call *call;
	struct allow_entry entry;
	struct store_actor actor;
	char user[33];
	bool removal;
	bool silent; /* DNS did not say what its name stands for */
};

/* --- what may be said in a warning --- */

/* May packets from somewhere in @from be in a range? Interface ranges may hold any address. */
static bool may_match(const struct config *config, const struct prefix *from)
{
	if (!from->addr.family || config_by_interface(config))
		return true;
	for (size_t i = 0; i < config->prefix_count; i++)
		if (prefix_covers(&config->prefixes[i].prefix, from) ||
		    prefix_covers(from, &config->prefixes[i].prefix))
			return true;
	return false;
}

static void tell(const struct change *change)
{
	char entry[ALLOW_ENTRY_TEXT_MAX], text[ALLOW_ENTRY_TEXT_MAX + COMMENT_MAX + 32];

	const bool why = change->entry.comment[0];

	snprintf(text, sizeof(text), "%lld: %s%s%s%s", (long long)change->entry.id,
		 allow_entry_text(&change->entry, entry), why ? " (" : "",
		 why ? change->entry.comment : "", why ? ")" : "");
	changes_tell(change->control, &change->actor, change->removal ? "allow.del" : "allow.add",
		     text);
}

static void reply_added(struct change *change, const char *not_applied)
{
	const int64_t now = intent_clock().real;
	json_t *result = entry_json(change->control->allowlist, &change->entry, now),
	       *warnings = json_array();
	char text[PREFIX_TEXT_MAX];

	if (!may_match(change->control->config, &change->entry.from))
		json_array_append_new(warnings,
				      json_sprintf("no range covers %s: this entry matches nothing",
						   prefix_format(&change->entry.from, text)));
	allow_name_warn(change->control, &change->entry, change->silent, warnings);
	if (not_applied)
		json_array_append_new(
			warnings,
			json_sprintf(
				"%s: the entry is stored and takes effect when the engine is back",
				not_applied));
	json_object_set_new(result, "applied", json_boolean(!not_applied));
	json_object_set_new(result, "warnings", warnings);
	rpc_reply(change->call, result);
}

static void reply_removed(struct change *change, const char *not_applied)
{
	json_t *warnings = json_array();

	if (not_applied)
		json_array_append_new(
			warnings,
			json_sprintf(
				"%s: the entry is gone and loses its effect when the engine is back",
				not_applied));
	rpc_reply(change->call, json_pack("{s:[o], s:b, s:o}", "removed",
					  entry_json(change->control->allowlist, &change->entry,
						     intent_clock().real),
					  "applied", !not_applied, "warnings", warnings));
}

/* --- a change that the engine did not take is taken back --- */

static void undo(struct change *change)
{
	struct control *control = change->control;
	int error;

	if (change->removal)
		error = allowlist_add(control->allowlist, &change->entry, "undo", &change->actor);
	else
		error = allowlist_del(control->allowlist, change->entry.id, "undo", &change->actor,
				      NULL);
	if (error)
		log_error("allow: entry %lld cannot be taken back: %s", (long long)change->entry.id,
			  store_problem(control->store) ? store_problem(control->store) :
							  strerror(-error));
	control_expiry_changed(control);
	intent_send_plan(control->intent); /* a change that failed half way is put right as well */
}

static void change_free(struct change *change)
{
	allow_entry_release(&change->entry);
	free(change);
}

static void on_engine(void *arg, int error, const struct message_ack *ack)
{
	struct change *change = arg;
	const char *not_applied = NULL;

	if (error == -ETIMEDOUT) {
		not_applied = "the engine did not answer in time";
		intent_unsure(change->control->intent);
	} else if (error == -ENOBUFS) {
		not_applied = "too many wait for the engine";
		intent_unsure(change->control->intent);
	} else if (error && link_connected(change->control->link) &&
		   intent_refusal(change->control->intent)) {
		not_applied = intent_refusal(change->control->intent);
	} else if (error && error != -ENODATA) {
		not_applied = "the engine is not there";
	}
	if (!error && ack->error) {
		undo(change);
		rpc_fail(change->call, RPC_ENGINE,
			 "the engine could not do it, nothing was changed: %s",
			 ack->text[0] ? ack->text : strerror(-ack->error));
	} else {
		tell(change);
		if (change->removal)
			reply_removed(change, not_applied);
		else
			reply_added(change, not_applied);
	}
	change_free(change);
}

static void pass_on(struct change *change)
{
	int error;

	control_expiry_changed(change->control);
	error = intent_changed(change->control->intent, &change->entry, on_engine, change);
	if (error)
		on_engine(change, error, NULL);
}

static struct change *change_new(struct control *control, struct rpc_call *call)
{
	const struct rpc_peer *peer = rpc_peer(call);
	struct change *change = calloc(1, sizeof(*change));

	if (!change) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return NULL;
	}
	change->control = control;
	change->call = call;
	snprintf(change->user, sizeof(change->user), "%s", peer->user);
	change->actor = (struct store_actor){
		.time = intent_clock().real, .uid = peer->uid, .user = change->user};
	return change;
}

static void fail_store(struct rpc_call *call, const struct control *control, int error)
{
	const char *problem = store_problem(control->store);

	if (error == -ENOSPC)
		rpc_fail(call, RPC_FULL, "the allowlist is full: %d entries", ALLOWLIST_MAX);
	else if (error == -EBUSY)
		rpc_fail(call, RPC_BUSY, "too many names are being looked up: try again");
	else if (error == -E2BIG)
		rpc_fail(call, RPC_FULL,
			 "the allowlist has no room for more names: at most %d, in %d entries",
			 DESTINATION_NAMES_MAX, DESTINATION_ENTRIES_MAX);
	else if (error == -EIO)
		rpc_fail(call, RPC_DATABASE, "the database cannot be written: %s",
			 problem ? problem : "input/output error");
	else
		rpc_fail(call, RPC_INTERNAL_ERROR, "%s", strerror(-error));
}

/* --- allow.add --- */

/* Fills in source and destination, whose words were checked; a name is written to @name. */
static int read_sides(struct rpc_call *call, struct allow_entry *entry, char name[DOMAIN_NAME_MAX])
{
	const char *from = rpc_text(call, "from"), *to = rpc_text(call, "to");
	char error[PREFIX_ERROR_MAX];

	if (!from && !to) {
		rpc_fail(call, RPC_INVALID_PARAMS, "from or to is missing: give at least one");
		return -EINVAL;
	}
	if (from)
		prefix_parse(from, &entry->from);
	if (to)
		destination_read(to, &entry->to, name, error);
	if (to && name[0])
		entry->to_name = name;
	else if (from && to && entry->from.addr.family != entry->to.addr.family) {
		rpc_fail(
			call, RPC_INVALID_PARAMS,
			"from %s and to %s are of different families: both must be IPv4 or both IPv6",
			from, to);
		return -EINVAL;
	}
	return 0;
}

static int read_terms(struct rpc_call *call, const struct control *control,
		      struct allow_entry *entry, int64_t now)
{
	const char *expires = rpc_text(call, "expires"), *comment = rpc_text(call, "comment");
	int error = expires ? expiry_parse(expires, now, &entry->expires) : 0;

	if (error == -ERANGE) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			 "expires: %.64s is not in the future (or too far in it)", expires);
		return error;
	}
	if (error) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			 "expires: %.64s is neither a duration (30s, 10m, 2h, 7d, 1w) nor a date "
			 "(2026-12-01, 2026-12-01T12:00:00Z)",
			 expires);
		return error;
	}
	if (control->config->settings.require_comment && (!comment || !comment[0])) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			 "comment is missing: say why and for whom (require-comment is on)");
		return -EINVAL;
	}
	entry->comment = (char *)(comment ? comment : "");
	return 0;
}

static int read_way(struct rpc_call *call, const struct control *control, struct allow_entry *entry)
{
	const bool watched = rpc_flag(call, "watched"), always = rpc_flag(call, "always");

	if (watched && always)
		rpc_fail(call, RPC_INVALID_PARAMS, "watched and always: give one of them");
	else if (watched && !entry->from.addr.family)
		rpc_fail(call, RPC_INVALID_PARAMS,
			 "from is missing: watched needs the source that is to be watched");
	else if (watched && !control->config->watched)
		rpc_fail(call, RPC_INVALID_PARAMS,
			 "watched needs a policy with the name " PLAN_WATCHED
			 ": all %d policies have other names",
			 POLICIES_MAX);
	else {
		entry->way = watched ? ALLOW_WATCHED : always ? ALLOW_ALWAYS : ALLOW_FREE;
		return 0;
	}
	return -EINVAL;
}

/* Nothing can fail between the store and the engine: what is stored is on its way. */
static void store_added(struct change *change, const struct resolver_answer *answer)
{
	struct control *control = change->control;
	int error = allowlist_add(control->allowlist, &change->entry, "add", &change->actor);

	if (error) {
		fail_store(change->call, control, error);
		change_free(change);
		return;
	}
	if (answer)
		name_follower_learn(control->name_follower, change->entry.to_name, answer);
	pass_on(change);
}

/* What DNS says is not there is no entry; what it does not say may be there yet. */
static void on_name(void *arg, int error, const struct resolver_answer *answer)
{
	struct change *change = arg;
	const char *name = change->entry.to_name;

	if (error == -ECANCELED) {
		rpc_fail(change->call, RPC_INTERNAL_ERROR,
			 "nothing was changed: edge25-control ends");
	} else if (answer && allow_name_unusable(answer)) {
		rpc_fail(change->call, RPC_NOT_FOUND, "to: %s %s: nothing was changed", name,
			 allow_name_unusable(answer));
	} else {
		change->silent = allow_name_silent(answer);
		store_added(change, answer);
		return;
	}
	change_free(change);
}

void method_allow_add(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const struct allow_entry *same;
	char name[DOMAIN_NAME_MAX];
	struct allow_entry entry = {0};
	struct change *change;
	int error;

	if (read_sides(call, &entry, name) ||
	    read_terms(call, control, &entry, intent_clock().real) ||
	    read_way(call, control, &entry))
		return;
	same = allowlist_same(control->allowlist, &entry);
	if (same && same->id) {
		rpc_fail(call, RPC_EXISTS, "there is such an entry already: id %lld",
			 (long long)same->id);
		return;
	}
	change = change_new(control, call);
	if (!change)
		return;
	entry.added = change->actor.time;
	entry.uid = change->actor.uid;
	entry.user = change->user;
	error = allow_entry_copy(&change->entry, &entry);
	if (!error && allow_name_unknown(control, &entry))
		error = name_follower_ask(control->name_follower, entry.to_name, on_name, change);
	else if (!error)
		store_added(change, NULL);
	if (error) {
		fail_store(call, control, error);
		change_free(change);
	}
}

/* --- allow.del --- */

static const struct allow_entry *find_entry(struct rpc_call *call, const struct control *control)
{
	const struct allow_entry *entry;
	struct allow_entry like = {0};
	char text[ALLOW_ENTRY_TEXT_MAX], name[DOMAIN_NAME_MAX];

	if (rpc_id(call, "id") && (rpc_text(call, "from") || rpc_text(call, "to"))) {
		rpc_fail(call, RPC_INVALID_PARAMS, "give id, or from and to, not both");
		return NULL;
	}
	if (rpc_id(call, "id")) {
		entry = allowlist_by_id(control->allowlist, rpc_id(call, "id"));
		if (!entry)
			rpc_fail(call, RPC_NOT_FOUND, "there is no allow entry with id %lld",
				 (long long)rpc_id(call, "id"));
		return entry;
	}
	if (read_sides(call, &like, name))
		return NULL;
	entry = allowlist_same(control->allowlist, &like);
	if (!entry)
		rpc_fail(call, RPC_NOT_FOUND, "there is no allow entry %s",
			 allow_entry_text(&like, text));
	return entry;
}

void method_allow_del(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const struct allow_entry *entry = find_entry(call, control);
	struct change *change;
	int error;

	if (!entry)
		return;
	if (!entry->id) {
		rpc_fail(call, RPC_CONFIGURED,
			 "allow \"%s\" stands in the configuration: edit %s and reload",
			 entry->name, entry->file);
		return;
	}
	change = change_new(control, call);
	if (!change)
		return;
	change->removal = true;
	error = allowlist_del(control->allowlist, entry->id, "del", &change->actor, &change->entry);
	if (error) {
		fail_store(call, control, error);
		change_free(change);
		return;
	}
	pass_on(change);
}

/* --- allow.list --- */

struct listing {
	struct control *control;
	struct rpc_call *call;
};

/* Their hits are as fresh as the kernel could say in time. */
static void list(void *arg, int error, const struct message_ack *ack)
{
	struct listing *listing = arg;
	const struct control *control = listing->control;
	const int64_t now = intent_clock().real;
	json_t *entries = json_array();

	(void)error;
	(void)ack;
	for (size_t i = 0; i < allowlist_count(control->allowlist); i++) {
		const struct allow_entry *entry = allowlist_at(control->allowlist, i);

		if (!entry->expires || entry->expires > now)
			json_array_append_new(entries, entry_json(control->allowlist, entry, now));
	}
	rpc_reply(listing->call, json_pack("{s:o, s:o}", "entries", entries, "counted",
					   time_or_null(usage_read_at(control->usage))));
	free(listing);
}

void method_allow_list(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	struct listing *listing = calloc(1, sizeof(*listing));

	if (!listing) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	*listing = (struct listing){.control = control, .call = call};
	if (usage_ask(control->link, list, listing))
		list(listing, 0, NULL);
}
