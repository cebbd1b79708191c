// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/incidents/forget.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/events/event_forget.h"
#include "control/methods/methods.h"
#include "control/socket/changes.h"
#include "control/store/store_forget.h"
#include "control/work.h"

#define ENGINE_SECONDS 20. /* large sets take the kernel a second each */
#define TRIES 5            /* files that logrotate moves meanwhile are looked at again */
#define ENTRIES_MAX 20     /* that are named; more are a number */

struct forget {
	struct control *control;
	struct work *work;
	struct store_waiter turn; /* to delete from the database */
	bool stopping;
	/* of the host that is being forgotten */
	struct rpc_call *call; /* NULL: none */
	struct rpc_peer peer;
	struct prefix host;
	json_t *warnings;
	size_t elements, records;
	struct store_forgotten stored;
	struct event_forget *files;
	unsigned tries;
};

static void warn(struct forget *forget, json_t *text)
{
	json_array_append_new(forget->warnings, text);
}

/* --- what is kept --- */

static bool names_host(const struct prefix *end, const struct prefix *host)
{
	return end->addr.family && prefix_covers(host, end);
}

static void warn_entries(struct forget *forget)
{
	const struct allowlist *list = forget->control->allowlist;
	size_t count = 0;

	for (size_t i = 0; i < allowlist_count(list); i++) {
		const struct allow_entry *entry = allowlist_at(list, i);

		if (!names_host(&entry->from, &forget->host) &&
		    !names_host(&entry->to, &forget->host))
			continue;
		if (++count > ENTRIES_MAX)
			continue;
		if (entry->id)
			warn(forget, json_sprintf("allow entry %lld names it, and is kept",
						  (long long)entry->id));
		else
			warn(forget,
			     json_sprintf("allow \"%s\" in %s names it", entry->name, entry->file));
	}
	if (count > ENTRIES_MAX)
		warn(forget, json_sprintf("%zu allow entries name it in all, and are kept", count));
}

static void warn_names(struct forget *forget)
{
	struct names_found found;

	if (names_find(forget->control->names, &forget->host.addr, NULL, control_now(), &found))
		warn(forget, json_sprintf("a file of leases or labels names it (%s)",
					  found.source ? found.source : "not known which"));
}

static void warn_rest(struct forget *forget)
{
	const struct event_forget_result *files = event_forget_result(forget->files);

	if (files->problem[0])
		warn(forget, json_sprintf("%s", files->problem));
	if (files->compressed)
		warn(forget, json_sprintf("%zu compressed event files were not looked into",
					  files->compressed));
	warn_entries(forget);
	warn_names(forget);
	warn(forget, json_string("what syslog, the journal, edge25-notify and whoever reads events "
				 "have of it is theirs"));
}

/* --- the reply --- */

static void end(struct forget *forget)
{
	json_decref(forget->warnings);
	event_forget_free(forget->files);
	forget->warnings = NULL;
	forget->files = NULL;
	forget->call = NULL;
}

static void reply(struct forget *forget)
{
	const struct event_forget_result *files = event_forget_result(forget->files);
	const struct store_actor actor = changes_actor(&forget->peer);
	char host[PREFIX_TEXT_MAX];

	warn_rest(forget);
	changes_tell(forget->control, &actor, "forget", "a host");
	rpc_reply(forget->call,
		  json_pack("{s:s, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:O}", "host",
			    prefix_format(&forget->host, host), "removed", "records",
			    (json_int_t)forget->records, "summaries",
			    (json_int_t)forget->stored.summaries, "incidents",
			    (json_int_t)forget->stored.incidents, "containments",
			    (json_int_t)forget->stored.containments, "audit",
			    (json_int_t)forget->stored.audit, "elements",
			    (json_int_t)forget->elements, "lines", (json_int_t)files->lines,
			    "files", (json_int_t)files->files, "warnings", forget->warnings));
	end(forget);
}

/* --- event files --- */

static void look_through(void *ctx)
{
	event_forget_run(((struct forget *)ctx)->files);
}

static void looked_through(void *ctx)
{
	struct forget *forget = ctx;
	bool current, whole;

	if (forget->stopping)
		return;
	whole = event_forget_end(forget->files, &current);
	if (current)
		event_file_reopen(forget->control->event_file);
	if (!whole && ++forget->tries < TRIES) {
		work_start(forget->work, look_through, looked_through, forget);
		return;
	}
	if (!whole)
		warn(forget,
		     json_string("event files were moved each time they were looked through"));
	reply(forget);
}

/* --- memory and database --- */

static void forget_memory(struct forget *forget)
{
	struct control *control = forget->control;
	struct incident *incident = NULL;
	struct contained *contained = NULL;
	struct host *host = NULL, *next;
	struct prefix prefix;

	for (host = tracker_next(control->tracker, NULL); host; host = next) {
		next = tracker_next(control->tracker, host);
		prefix = host_prefix(host);
		if (!prefix_overlap(&forget->host, &prefix))
			continue;
		tracker_forget(control->tracker, host);
		forget->records++;
	}
	while ((incident = incidents_next(control->incidents, incident)))
		if (prefix_overlap(&forget->host, &incident->host))
			incidents_forget(control->incidents, incident);
	while ((contained = containment_next(control->containment, contained)))
		if (prefix_overlap(&forget->host, &contained->host))
			containment_forget(control->containment, contained);
}

static void on_vacuumed(void *ctx, int error)
{
	struct forget *forget = ctx;

	if (error)
		warn(forget,
		     json_sprintf("the database cannot be written anew, and may hold traces: %s",
				  store_problem(forget->control->store)));
	work_start(forget->work, look_through, looked_through, forget);
}

static void on_deleted(void *ctx, int error)
{
	struct forget *forget = ctx;
	struct store *store = forget->control->store;
	const struct store_then then = {.done = on_vacuumed, .ctx = forget};

	if (!error) {
		store_vacuum(store, &then);
		return;
	}
	rpc_fail(forget->call, RPC_DATABASE, "the database and the event files have it still: %s",
		 error == -ENOMEM ? "no memory" : store_problem(store));
	end(forget);
}

/* Nothing of the host is being written now. */
static void on_turn(void *ctx)
{
	struct forget *forget = ctx;
	const struct store_actor actor = changes_actor(&forget->peer);
	const struct store_then then = {.done = on_deleted, .ctx = forget};

	store_settle(forget->control->store);
	forget_memory(forget);
	store_forget(forget->control->store, &forget->host, &actor, &forget->stored, &then);
}

static void warn_engine(struct forget *forget, int error, const struct message_ack *ack)
{
	if (error)
		warn(forget,
		     json_sprintf("%s: the kernel has counts and answers until they expire",
				  error == -ETIMEDOUT ? "the engine did not answer in time" :
							"the engine is not there"));
	else if (ack->error)
		warn(forget, json_sprintf("the kernel has counts and answers until they expire: %s",
					  ack->text[0] ? ack->text : strerror(-ack->error)));
	else
		forget->elements = ack->kernel_changed;
}

/* What the engine said before is all that it said of what it has forgotten. */
static void on_engine(void *arg, int error, const struct message_ack *ack)
{
	struct forget *forget = arg;

	if (forget->stopping)
		return;
	warn_engine(forget, error, ack);
	store_wait(forget->control->store, &forget->turn);
}

/* --- calls --- */

void forget_call(struct forget *forget, struct rpc_call *call, const struct prefix *host)
{
	struct message_forget message = {.host = *host};
	uint64_t sequence;
	int result;

	if (forget->call) {
		rpc_fail(call, RPC_BUSY, "another host is being forgotten: try again");
		return;
	}
	forget->files = event_forget_new(forget->control->config->settings.log_dir, host);
	forget->warnings = json_array();
	if (!forget->files || !forget->warnings) {
		end(forget);
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	forget->call = call;
	forget->peer = *rpc_peer(call);
	forget->host = *host;
	forget->elements = forget->records = 0;
	forget->tries = 0;
	sequence = link_send(forget->control->link, MESSAGE_FORGET, &message, 1, -1);
	result = sequence ? link_wait(forget->control->link, sequence, ENGINE_SECONDS, on_engine,
				      forget) :
			    -ENOTCONN;
	if (result)
		on_engine(forget, result, NULL);
}

struct forget *forget_new(struct control *control)
{
	struct forget *forget = calloc(1, sizeof(*forget));

	if (!forget)
		return NULL;
	forget->control = control;
	forget->turn = (struct store_waiter){.turn = on_turn, .ctx = forget};
	forget->work = work_new(control->loop);
	if (forget->work)
		return forget;
	free(forget);
	return NULL;
}

void forget_stop(struct forget *forget)
{
	if (!forget)
		return;
	forget->stopping = true;
	work_stop(forget->work);
}

void forget_free(struct forget *forget)
{
	if (!forget)
		return;
	store_settle(forget->control->store);
	store_wait_no_more(forget->control->store, &forget->turn);
	work_free(forget->work);
	if (forget->call)
		rpc_fail(forget->call, RPC_INTERNAL_ERROR,
			 "not all of it was done: edge25-control ends");
	end(forget);
	free(forget);
}
