// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "event.h"
#include "field.h"
#include "incident.h"

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

static int watch_next(struct rpc *rpc, const sigset_t *waiting, bool as_json,
		      const struct screen *screen)
{
	json_t *document;
	const json_t *params;
	int error = rpc_next(rpc, -1, waiting, &document);

	if (error)
		return error;
	params = json_object_get(document, "params");
	if (as_json && params)
		request_print(params, JSON_COMPACT);
	else if (!strcmp(field_text(document, "method"), "events.lost"))
		text_warning("%lld events were lost on the way here: reading was too slow",
			     (long long)field_number(params, "count"));
	else if (params && !strcmp(field_text(document, "method"), "incident"))
		incident_line(screen, params);
	else if (params)
		event_print(screen, params);
	json_decref(document);
	return fflush(stdout) ? -EPIPE : 0;
}

enum exit_code command_watch(const struct arguments *arguments, const struct screen *screen)
{
	sigset_t waiting;
	json_t *result;
	struct rpc rpc;
	enum exit_code code = request_open(arguments, ACCESS_READ, &rpc);
	int error;

	if (code == EXIT_OK)
		code = request_call(&rpc, "events.watch", NULL, &result);
	if (code == EXIT_OK) {
		json_decref(result);
		error = catch_interrupts(&waiting);
		while (!error && !interrupted)
			error = watch_next(&rpc, &waiting, arguments->option[OPTION_JSON], screen);
		if (error && error != -EINTR)
			code = request_failed(&rpc, error);
	}
	rpc_close(&rpc);
	return code;
}
