// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "event.h"
#include "field.h"
#include "incident.h"
#include "params.h"

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* Ctrl-C ends the watch at any moment: the signals come in only while it waits. */
static int catch_interrupts(sigset_t *waiting)
{
	struct sigaction action = {.sa_handler = interrupt};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, waiting) || sigaction(SIGINT, &action, NULL) ||
	    sigaction(SIGTERM, &action, NULL))
		return -errno;
	sigdelset(waiting, SIGINT);
	sigdelset(waiting, SIGTERM);
	return 0;
}

/* "event,change": an array, which control judges; NULL: not UTF-8. */
static json_t *kinds(const char *text)
{
	json_t *list = json_array();
	size_t length;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		if (json_array_append_new(list, json_stringn(text, length))) {
			json_decref(list);
			return NULL;
		}
		if (!text[length])
			return list;
	}
}

#define FILTERS                                                                           \
	(OPTION_BIT(OPTION_HOST) | OPTION_BIT(OPTION_POLICY) | OPTION_BIT(OPTION_CLASS) | \
	 OPTION_BIT(OPTION_VERDICT))

/* NULL: said on stderr. */
static json_t *filters(const struct arguments *arguments)
{
	const char *text = arguments->option[OPTION_KIND];
	json_t *params = json_object(), *list = text ? kinds(text) : NULL;

	if (text && !list)
		text_error("%s: '%s' is not UTF-8", option_name(OPTION_KIND), text);
	if (list)
		json_object_set_new(params, "kinds", list);
	if ((!text || list) && params_set(arguments, FILTERS, params))
		return params;
	json_decref(params);
	return NULL;
}

static void print_notification(const struct screen *screen, const char *method,
			       const json_t *params)
{
	if (!strcmp(method, "events.lost"))
		text_warning("%lld events were lost on the way here: reading was too slow",
			     (long long)field_number(params, "count"));
	else if (!strcmp(method, "incident"))
		incident_line(screen, params);
	else if (!strcmp(method, "change"))
		change_print(screen, params);
	else
		event_print(screen, params);
}

/* 1: control has said why it ends. */
static int watch_next(struct rpc *rpc, const sigset_t *waiting, bool as_json,
		      const struct screen *screen)
{
	json_t *document;
	const json_t *params, *fault;
	int error = rpc_next(rpc, -1, waiting, &document);

	if (error)
		return error;
	params = json_object_get(document, "params");
	fault = json_object_get(document, "error");
	if (fault)
		text_error("edge25-control: %s", field_text(fault, "message"));
	else if (as_json)
		request_print(document, JSON_COMPACT);
	else if (params)
		print_notification(screen, field_text(document, "method"), params);
	json_decref(document);
	return fault ? 1 : fflush(stdout) ? -EPIPE : 0;
}

static enum exit_code follow(struct rpc *rpc, bool as_json, const struct screen *screen)
{
	sigset_t waiting;
	int error = catch_interrupts(&waiting);

	while (!error && !interrupted)
		error = watch_next(rpc, &waiting, as_json, screen);
	if (!error || (error == -EINTR && interrupted))
		return EXIT_OK;
	if (error == -EPIPE)
		text_error("cannot write to standard output");
	else if (error < 0)
		request_failed(rpc, error);
	return EXIT_TROUBLE;
}

enum exit_code command_watch(const struct arguments *arguments, const struct screen *screen)
{
	json_t *params = filters(arguments), *result;
	enum exit_code code;
	struct rpc rpc;

	if (!params)
		return EXIT_TROUBLE;
	code = request_open(arguments, ACCESS_READ, &rpc);
	if (code == EXIT_OK)
		code = request_call(&rpc, "events.watch", params, &result);
	else
		json_decref(params);
	if (code == EXIT_OK) {
		json_decref(result);
		code = follow(&rpc, arguments->option[OPTION_JSON], screen);
	}
	rpc_close(&rpc);
	return code;
}
