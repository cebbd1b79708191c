// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/methods/explain.h"
#include "control/methods/explain_internal.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

/* What waits for the engine at a time: more would fill the queue that changes need, too. */
#define WAITING_MAX 64
#define DEADLINE 3. /* seconds; the engine may have a large plan in hand */

const struct rpc_param explain_params[] = {
	{"src", RPC_ADDRESS, true, "a subscriber's address", NULL},
	{"dst", RPC_ADDRESS, false,
	 "a mail server's address; if it is not given, one that no entry names", NULL},
	{"interface", RPC_TEXT, false, "by which its packets come in; unknown if it is not given",
	 NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

struct waiting {
	struct waiting *next;
	struct explainer *explainer;
	struct rpc_call *call;
	uint64_t sequence; /* of the LOOKUP; 0: none is on its way */
	bool again;        /* it was asked anew, as the configuration had changed */
	struct explain_asked asked;
};

struct explainer {
	struct control *control;
	struct waiting *waiting;
	unsigned count;
};

struct explainer *explainer_new(struct control *control)
{
	struct explainer *explainer = calloc(1, sizeof(*explainer));

	if (explainer)
		explainer->control = control;
	return explainer;
}

void explainer_free(struct explainer *explainer)
{
	free(explainer);
}

/* --- asking --- */

static const char *interface_of(const struct waiting *waiting)
{
	return rpc_text(waiting->call, "interface");
}

static int view_of(const struct waiting *waiting, struct explain_view *view)
{
	struct addr source, destination = {0};
	const char *text = rpc_text(waiting->call, "dst");

	addr_parse(rpc_text(waiting->call, "src"), &source);
	if (text)
		addr_parse(text, &destination);
	return explain_view_open(view, waiting->explainer->control, &source, &destination,
				 interface_of(waiting));
}

/* What to ask about: the way that was said, or none, and then those by which another range decides. */
static uint32_t lookups_of(const struct explain_view *view,
			   struct message_lookup lookups[MESSAGE_LOOKUPS_MAX])
{
	uint32_t count = 1;

	memset(lookups, 0, MESSAGE_LOOKUPS_MAX * sizeof(*lookups));
	for (uint32_t i = 0; i < MESSAGE_LOOKUPS_MAX; i++) {
		lookups[i].source = view->source;
		lookups[i].destination = view->destination;
	}
	if (view->interface)
		memcpy(lookups[0].interface, view->interface, strlen(view->interface));
	for (size_t i = 0; i < view->other_count && count < MESSAGE_LOOKUPS_MAX; i++)
		if (explain_interface(view, i, lookups[count].interface))
			count++;
	return count;
}

static void waiting_free(struct waiting *waiting)
{
	struct waiting **at = &waiting->explainer->waiting;

	while (*at != waiting)
		at = &(*at)->next;
	*at = waiting->next;
	waiting->explainer->count--;
	free(waiting);
}

static void reply(struct waiting *waiting, const struct explain_view *view, const char *error)
{
	const char *why = waiting->asked.found[0].outcome.text;

	rpc_reply(waiting->call, explain_answer(&waiting->asked, view, error ? error : why));
}

static void on_answer(void *arg, int error, const struct message_ack *ack);

/* NULL, or why the engine cannot be asked. */
static const char *ask(struct waiting *waiting, const struct explain_view *view)
{
	struct link *link = waiting->explainer->control->link;

	waiting->asked.count = lookups_of(view, waiting->asked.lookups);
	memset(waiting->asked.found, 0, waiting->asked.count * sizeof(waiting->asked.found[0]));
	if (waiting->explainer->count > WAITING_MAX)
		return "the engine is asked too many questions at once";
	waiting->sequence =
		link_send(link, MESSAGE_LOOKUP, waiting->asked.lookups, waiting->asked.count, -1);
	if (waiting->sequence && !link_wait(link, waiting->sequence, DEADLINE, on_answer, waiting))
		return NULL;
	waiting->sequence = 0;
	return "the engine is not connected";
}

/* A reload may have come between question and answer: then it is asked again, once. */
static bool overtaken(const struct waiting *waiting, const struct explain_view *view)
{
	struct message_lookup lookups[MESSAGE_LOOKUPS_MAX];

	return lookups_of(view, lookups) != waiting->asked.count ||
	       memcmp(lookups, waiting->asked.lookups, sizeof(lookups)) != 0;
}

static void on_answer(void *arg, int error, const struct message_ack *ack)
{
	struct waiting *waiting = arg;
	const char *why = !error              ? NULL :
			  error == -ETIMEDOUT ? "the engine is too busy to answer" :
						"the engine is not connected";
	struct explain_view view;

	(void)ack;
	waiting->sequence = 0;
	if (view_of(waiting, &view)) {
		rpc_fail(waiting->call, RPC_INTERNAL_ERROR, "no memory");
	} else {
		if (!error && !waiting->again && overtaken(waiting, &view)) {
			waiting->again = true;
			why = ask(waiting, &view);
			if (!why) {
				explain_view_close(&view);
				return;
			}
		}
		reply(waiting, &view, why);
	}
	explain_view_close(&view);
	waiting_free(waiting);
}

void explainer_finding(struct explainer *explainer, uint64_t sequence,
		       const struct message_finding *finding)
{
	for (struct waiting *waiting = explainer->waiting; waiting; waiting = waiting->next)
		if (waiting->sequence == sequence && finding->index < waiting->asked.count)
			explain_found_add(&waiting->asked.found[finding->index], finding);
}

static bool valid(struct rpc_call *call)
{
	const char *source = rpc_text(call, "src"), *destination = rpc_text(call, "dst");
	const char *interface = rpc_text(call, "interface");

	if (destination && !strchr(source, ':') != !strchr(destination, ':')) {
		rpc_fail(
			call, RPC_INVALID_PARAMS,
			"src %s and dst %s are of different families: both must be IPv4 or both IPv6",
			source, destination);
		return false;
	}
	if (interface && (!interface_valid(interface) || interface_wildcard(interface))) {
		rpc_fail(call, RPC_INVALID_PARAMS, "interface %.64s is not the name of one",
			 interface);
		return false;
	}
	return true;
}

void method_explain(struct rpc_call *call, void *ctx)
{
	struct explainer *explainer = ((struct control *)ctx)->explainer;
	struct explain_view view;
	struct waiting *waiting;
	const char *why;

	if (!valid(call))
		return;
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	waiting->explainer = explainer;
	waiting->call = call;
	waiting->next = explainer->waiting;
	explainer->waiting = waiting;
	explainer->count++;
	if (view_of(waiting, &view)) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		waiting_free(waiting);
		return;
	}
	why = ask(waiting, &view);
	if (why) {
		reply(waiting, &view, why);
		waiting_free(waiting);
	}
	explain_view_close(&view);
}
