/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/lookup.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/chains.h"
#include "rules/lookup_internal.h"
#include "rules/route.h"
#include "rules/table_internal.h"

#define TRIES 5 /* a table that changes as often while one packet is followed */

struct lookup {
	const struct table *table;
	lookup_answer *answer;
	void *arg;
	struct view *view; /* NULL: to be read */
	struct route *route;
	uint32_t mask;    /* our bits of the mark */
	uint8_t blocking; /* the policy that alone blocks, or MESSAGE_NO_POLICY */
};

/* One packet on its way. */
struct walk {
	struct lookup *lookup;
	struct machine_world world;
	struct machine_packet packet;
	struct findings findings;
	struct message_finding outcome;
	struct machine_result result;
	bool asked;
};

int lookup_open(struct lookup **out, const struct table *table, lookup_answer *answer, void *arg)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	int result = lookup ? route_open(&lookup->route) : -ENOMEM;
	const struct policy *blocking;

	*out = NULL;
	if (result) {
		free(lookup);
		return result;
	}
	lookup->table = table;
	lookup->answer = answer;
	lookup->arg = arg;
	lookup->mask = table->installed ? table->plan.header->settings.mark_mask :
					  MARK_MASK_DEFAULT;
	blocking = table->installed ? plan_only_blocking(&table->plan) : NULL;
	lookup->blocking = blocking ? (uint8_t)blocking->number : MESSAGE_NO_POLICY;
	*out = lookup;
	return 0;
}

void lookup_close(struct lookup *lookup)
{
	if (!lookup)
		return;
	view_close(lookup->view);
	route_close(lookup->route);
	free(lookup);
}

/* --- the world of the machine --- */

static int world_chain(void *arg, const char *name, struct machine_chain *chain)
{
	const struct walk *walk = arg;

	return view_chain(walk->lookup->view, name, chain);
}

static int world_find(void *arg, const char *name, const void *key, size_t room,
		      struct machine_element *element)
{
	struct walk *walk = arg;
	const struct view_set *set = view_set(walk->lookup->view, name);
	struct found found;
	int result;

	if (!set || set->length > room)
		return -EOPNOTSUPP;
	result = find_element(walk->lookup->table->netlink, name, set->flags, key, set->length,
			      &found);
	if (result)
		return result;
	findings_element(&walk->findings, name, set->length, &found);
	memcpy(element->data, found.data, found.data_length);
	element->data_length = found.data_length;
	element->verdict = found.verdict;
	memcpy(element->chain, found.chain, sizeof(element->chain));
	return 0;
}

static bool world_local(void *arg, const struct addr *address)
{
	const struct walk *walk = arg;

	return route_local(walk->lookup->route, address);
}

static bool world_routed(void *arg, const struct machine_packet *packet)
{
	const struct walk *walk = arg;

	return route_leads(walk->lookup->route, &packet->source, packet->interface);
}

static void world_entered(void *arg, const char *chain)
{
	struct walk *walk = arg;

	findings_chain(&walk->findings, chain);
}

/* --- base chains, one after the other --- */

/* The packet stands in the queue: what answer does it come back with? */
static void ask(struct walk *walk)
{
	const struct lookup *lookup = walk->lookup;
	struct mark mark = mark_decode(walk->packet.mark, lookup->mask);
	enum mark_action action;

	if (mark.action != MARK_QUESTION) /* told only: it comes back as it was */
		return;
	walk->asked = true;
	walk->outcome.policy = (uint8_t)mark.policy;
	action = lookup->answer(lookup->arg, mark.policy, &walk->packet.source,
				&walk->packet.destination);
	walk->outcome.answered = action != MARK_QUESTION;
	mark.action = action;
	walk->packet.mark = (walk->packet.mark & ~lookup->mask) | mark_encode(mark, lookup->mask);
}

static int pass(struct walk *walk, uint32_t hook)
{
	const struct view_base *bases;
	size_t count = view_bases(walk->lookup->view, &bases), passed = 0;
	struct machine_result result;
	int error;

	for (size_t i = 0; i < count; i++) {
		if (bases[i].hook != hook)
			continue;
		error = machine_run(&walk->world, &walk->packet, bases[i].name, bases[i].accepts,
				    &result);
		/* one that had nothing to say of it does not tell where it ended */
		if (error || !passed++ || result.rule || result.end != MACHINE_ACCEPTED)
			walk->result = result;
		if (error)
			return error;
		if (result.end == MACHINE_QUEUED)
			ask(walk);
		else if (result.end != MACHINE_ACCEPTED)
			break;
	}
	if (!passed)
		walk->findings.way = MESSAGE_BY_NO_TABLE;
	return 0;
}

static enum message_way way_of(const struct walk *walk)
{
	const struct machine_result *result = &walk->result;

	if (walk->asked)
		return MESSAGE_BY_QUESTION;
	if (walk->findings.way)
		return walk->findings.way;
	/* the router's own packets to itself have no chain of their own for it */
	if (!strcmp(result->chain, CHAIN_ROUTER_SMTP) && result->end == MACHINE_ACCEPTED)
		return MESSAGE_BY_LOCAL;
	return result->rule ? MESSAGE_BY_OTHER : MESSAGE_BY_NOTHING;
}

static void conclude(struct walk *walk)
{
	static const enum message_refusal refusals[] = {
		[MACHINE_DROPPED] = MESSAGE_DROPPED,
		[MACHINE_RESET] = MESSAGE_RESET,
		[MACHINE_UNREACHABLE] = MESSAGE_UNREACHABLE,
	};
	struct message_finding *outcome = &walk->outcome;
	const enum machine_end end = walk->result.end;
	const bool accepted = end == MACHINE_ACCEPTED || end == MACHINE_QUEUED;

	outcome->outcome = accepted ? MESSAGE_ACCEPT : MESSAGE_REFUSE;
	if (!accepted)
		outcome->refusal = (uint8_t)refusals[end];
	if (walk->asked) {
		outcome->answer = outcome->outcome;
		outcome->outcome = MESSAGE_ASK;
	}
	outcome->way = (uint8_t)way_of(walk);
	outcome->rule = walk->result.rule;
	snprintf(outcome->place, sizeof(outcome->place), "%.43s", walk->result.chain);
}

static void begin(struct walk *walk, struct lookup *lookup, const struct message_lookup *wanted,
		  struct message_finding *findings)
{
	*walk = (struct walk){
		.lookup = lookup,
		.world = {.chain = world_chain,
			  .find = world_find,
			  .local = world_local,
			  .routed = world_routed,
			  .entered = world_entered,
			  .arg = walk},
		.packet = {.source = wanted->source, .destination = wanted->destination},
		.findings = {.records = findings,
			     .mask = lookup->mask,
			     .blocking = lookup->blocking},
		.outcome = {.kind = MESSAGE_OUTCOME, .policy = MESSAGE_NO_POLICY},
	};
	/* zeros behind the name: it is a key */
	memcpy(walk->packet.interface, wanted->interface,
	       strnlen(wanted->interface, sizeof(wanted->interface) - 1));
}

static int follow(struct walk *walk)
{
	struct lookup *lookup = walk->lookup;
	int result = lookup->view ? 0 : view_open(&lookup->view, lookup->table->netlink);

	if (result)
		return result;
	walk->outcome.router = !walk->packet.interface[0] &&
			       route_local(lookup->route, &walk->packet.source);
	if (view_in_force(lookup->view))
		result = pass(walk, walk->outcome.router ? NF_INET_LOCAL_OUT : NF_INET_PRE_ROUTING);
	else
		walk->findings.way = MESSAGE_BY_NO_TABLE;
	if (!result && view_stale(lookup->view))
		result = -EINTR;
	if (result) {
		view_close(lookup->view);
		lookup->view = NULL;
	}
	return result;
}

size_t lookup_run(struct lookup *lookup, const struct message_lookup *wanted,
		  struct message_finding findings[LOOKUP_FINDINGS_MAX])
{
	struct walk walk;
	int result = -EINTR;

	for (int tries = 0; result == -EINTR && tries < TRIES; tries++) {
		begin(&walk, lookup, wanted, findings);
		result = follow(&walk);
	}
	if (!result)
		conclude(&walk);
	else
		snprintf(walk.outcome.text, sizeof(walk.outcome.text), "%.94s",
			 walk.result.why[0] ? walk.result.why :
			 result == -EINTR   ? "the table changes too often" :
					      strerror(-result));
	findings[walk.findings.count] = walk.outcome;
	return walk.findings.count + 1;
}
