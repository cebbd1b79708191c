// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/config/config_settings.h"
#include "control/config/difference.h"
#include "control/config/reload.h"
#include "control/control.h"
#include "control/incidents/keeper.h"
#include "control/incidents/responder.h"
#include "control/socket/changes.h"
#include "control/work.h"

/* Without a database: names that run keep their numbers, new ones take what is free. */
static void numbers_from(const struct config *config, const struct config *running,
			 uint8_t numbers[POLICIES_MAX])
{
	bool taken[POLICIES_MAX] = {false}, found[POLICIES_MAX] = {false};

	for (size_t i = 0; i < config->numbered_count; i++) {
		for (size_t j = 0; j < running->numbered_count; j++) {
			if (strcmp(config->policies[i].name, running->policies[j].name) != 0)
				continue;
			numbers[i] = running->policies[j].number;
			found[i] = taken[numbers[i]] = true;
		}
	}
	for (size_t i = 0; i < config->numbered_count; i++) {
		if (found[i])
			continue;
		numbers[i] = 0;
		while (taken[numbers[i]])
			numbers[i]++;
		taken[numbers[i]] = true;
	}
}

void reload_numbers(const struct config *config, const struct config *running, struct store *store,
		    uint8_t numbers[POLICIES_MAX])
{
	if (store_numbers(store, config->policies, config->numbered_count, intent_clock().real,
			  numbers) &&
	    running)
		numbers_from(config, running, numbers);
}

/* One that was asked for. */
struct job {
	struct job *next;
	struct rpc_call *call; /* NULL: by signal */
	bool dry_run;
	struct rpc_peer peer; /* who asked; of a call */
};

struct reload {
	struct control *control;
	struct job *first; /* the one in hand, if busy; then those who wait */
	unsigned waiting;
	bool busy, stopping;
	char problem[LOG_LINE_MAX];
	int64_t last; /* seconds since 1970 */
	struct work *work;
	/* of the one in hand */
	struct config *config; /* the new one, or the old one once the new one is in place */
	json_t *difference;
	struct config_error error;
	uint8_t numbers[POLICIES_MAX];
	int result;
};

static void begin(struct reload *reload);

/* --- the end of one --- */

static struct job *take(struct reload *reload)
{
	struct job *job = reload->first;

	reload->first = job->next;
	reload->waiting -= job->call != NULL;
	return job;
}

static void next(struct reload *reload)
{
	free(take(reload));
	config_free(reload->config);
	json_decref(reload->difference);
	reload->config = NULL;
	reload->difference = NULL;
	reload->busy = false;
	begin(reload);
}

static void fail(struct reload *reload, enum rpc_code code, const char *before, const char *text)
{
	struct job *job = reload->first;

	if (!job->dry_run) {
		reload->last = intent_clock().real;
		log_error("reload: nothing was changed: %s%s", before, text);
		snprintf(reload->problem, sizeof(reload->problem),
			 "the last reload failed, and the configuration before it is in force: "
			 "%s%s",
			 before, text);
	}
	if (job->call)
		rpc_fail(job->call, code, "nothing was changed: %s%s", before, text);
	next(reload);
}

/* The lines of the configuration that do nothing, though they are no errors. */
static void warn_ended(const struct config *config, json_t *warnings)
{
	const int64_t now = intent_clock().real;

	for (size_t i = 0; i < config->allow_count; i++) {
		const struct config_allow *allow = &config->allows[i];

		if (allow->expires && allow->expires <= now)
			json_array_append_new(warnings,
					      json_sprintf("allow \"%s\" has ended and lets "
							   "nothing through",
							   allow->name));
	}
}

static void tell(const struct reload *reload, const struct config *new, const char *not_applied)
{
	const struct job *job = reload->first;
	const struct store_actor actor = changes_actor(&job->peer);
	const struct allow_entry nothing = {0};
	char line[LOG_LINE_MAX / 2], text[LOG_LINE_MAX];

	snprintf(text, sizeof(text), "%s: %s%s%s", new->path,
		 difference_line(reload->difference, line, sizeof(line)),
		 not_applied ? "; in force when the engine is back: " : "",
		 not_applied ? not_applied : "");
	changes_record(reload->control, job->call ? &actor : NULL, "reload", &nothing, text);
}

static void succeed(struct reload *reload, const struct config *new, const char *not_applied)
{
	struct job *job = reload->first;
	json_t *result = reload->difference, *warnings = json_array();

	warn_ended(new, warnings);
	if (not_applied)
		json_array_append_new(warnings, json_sprintf("%s: the configuration takes effect "
							     "when the engine is back",
							     not_applied));
	if (!job->dry_run) {
		reload->last = intent_clock().real;
		reload->problem[0] = '\0';
		tell(reload, new, not_applied);
	}
	json_object_set_new(result, "file", json_string(new->path));
	json_object_set_new(result, "dry_run", json_boolean(job->dry_run));
	json_object_set_new(result, "applied", json_boolean(!job->dry_run && !not_applied));
	json_object_set_new(result, "warnings", warnings);
	if (job->call)
		rpc_reply(job->call, json_incref(result));
	next(reload);
}

/* --- the steps of one --- */

/* In the thread: nobody changes the running configuration meanwhile. */
static void load(void *arg)
{
	struct reload *reload = arg;
	const struct config *old = reload->control->config;

	reload->result = config_load(old->path, &reload->config, &reload->error);
	if (reload->result)
		return;
	reload->difference = config_difference(old, reload->config);
	reload->result = reload->difference ?
				 settings_keep(&old->settings, &reload->config->settings) :
				 -ENOMEM;
	if (reload->result)
		snprintf(reload->error.text, sizeof(reload->error.text), "no memory");
}

static void flatten(void *arg)
{
	struct reload *reload = arg;

	reload->result = config_number(reload->config, reload->numbers);
}

/* Puts reload->config in place; the one that was there takes its place here. 0 or -ENOMEM. */
static int exchange(struct reload *reload)
{
	struct control *control = reload->control;
	struct config *old = control->config;
	int result = allowlist_configure(control->allowlist, reload->config);

	if (result)
		return result;
	usage_configured(control->usage);
	control->config = reload->config;
	reload->config = old;
	reporter_configure(control->reporter, control->config);
	event_file_bound(control->event_file, control->config->settings.event_file_max);
	keeper_configure(control->keeper);
	responder_configure(control->responder);
	control_expiry_changed(control);
	if (names_configure(control->names, &control->config->settings))
		log_error("reload: names: no memory: the files before are still read");
	return 0;
}

static void ignore_ack(void *arg, int error, const struct message_ack *ack)
{
	(void)arg;
	(void)error;
	(void)ack;
}

/* The engine holds on to the plan before; it is told again, so that both know. */
static void take_back(struct reload *reload, const char *why)
{
	struct control *control = reload->control;

	if (exchange(reload))
		log_error("reload: no memory to take it back");
	intent_configure(control->intent, control->config, ignore_ack, NULL);
	fail(reload, RPC_ENGINE, "the engine could not do it: ", why);
}

static void on_engine(void *arg, int error, const struct message_ack *ack)
{
	struct reload *reload = arg;

	if (!error && ack->error) {
		take_back(reload, ack->text[0] ? ack->text : strerror(-ack->error));
		return;
	}
	if (error == -ETIMEDOUT)
		intent_unsure(reload->control->intent);
	succeed(reload, reload->control->config,
		!error              ? NULL :
		error == -ETIMEDOUT ? "the engine did not answer within 60 s" :
				      "the engine is not there");
}

static void put_in_place(void *arg)
{
	struct reload *reload = arg;
	struct control *control = reload->control;
	int result = reload->result;

	if (!result)
		result = exchange(reload);
	if (result) {
		fail(reload, RPC_INTERNAL_ERROR, "", strerror(-result));
		return;
	}
	result = intent_configure(control->intent, control->config, on_engine, reload);
	if (result == -ENOTCONN)
		on_engine(reload, result, NULL);
	else if (result)
		take_back(reload, strerror(-result));
}

static void on_loaded(void *arg)
{
	struct reload *reload = arg;
	struct control *control = reload->control;

	if (reload->result) {
		fail(reload, RPC_BAD_CONFIGURATION, "", reload->error.text);
		return;
	}
	if (reload->first->dry_run) {
		succeed(reload, reload->config, NULL);
		return;
	}
	reload_numbers(reload->config, control->config, control->store, reload->numbers);
	work_start(reload->work, flatten, put_in_place, reload);
}

static void begin(struct reload *reload)
{
	if (reload->busy || reload->stopping || !reload->first)
		return;
	reload->busy = true;
	work_start(reload->work, load, on_loaded, reload);
}

/* --- who asks --- */

static int add(struct reload *reload, struct rpc_call *call, bool dry_run)
{
	struct job *job = calloc(1, sizeof(*job)), **last = &reload->first;

	if (!job)
		return -ENOMEM;
	*job = (struct job){.call = call, .dry_run = dry_run};
	if (call)
		job->peer = *rpc_peer(call);
	reload->waiting += call != NULL;
	while (*last)
		last = &(*last)->next;
	*last = job;
	begin(reload);
	return 0;
}

int64_t reload_last(const struct reload *reload, bool *good)
{
	*good = !reload->problem[0];
	return reload->last;
}

const char *reload_problem(const struct reload *reload)
{
	return reload->problem[0] ? reload->problem : NULL;
}

void reload_signal(struct reload *reload)
{
	const struct job *job = reload->busy ? reload->first->next : reload->first;

	while (job && (job->call || job->dry_run))
		job = job->next;
	if (!job && add(reload, NULL, false))
		log_error("reload: nothing was changed: no memory");
}

void reload_call(struct reload *reload, struct rpc_call *call, bool dry_run)
{
	if (reload->stopping)
		rpc_fail(call, RPC_INTERNAL_ERROR, "edge25-control is about to end");
	else if (reload->waiting > RELOAD_WAITING_MAX)
		rpc_fail(call, RPC_BUSY, "%d reloads wait already", RELOAD_WAITING_MAX);
	else if (add(reload, call, dry_run))
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
}

/* --- from start to end --- */

struct reload *reload_new(struct control *control)
{
	struct reload *reload = calloc(1, sizeof(*reload));

	if (!reload)
		return NULL;
	reload->control = control;
	reload->last = intent_clock().real;
	reload->work = work_new(control->loop);
	if (!reload->work) {
		free(reload);
		return NULL;
	}
	return reload;
}

void reload_stop(struct reload *reload)
{
	if (!reload)
		return;
	reload->stopping = true;
	work_stop(reload->work);
}

void reload_free(struct reload *reload)
{
	if (!reload)
		return;
	work_free(reload->work);
	while (reload->first) {
		struct job *job = take(reload);

		if (job->call)
			rpc_fail(job->call, RPC_INTERNAL_ERROR,
				 "nothing was changed: edge25-control ends");
		free(job);
	}
	config_free(reload->config);
	json_decref(reload->difference);
	free(reload);
}
