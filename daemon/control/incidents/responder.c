// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/log.h"
#include "control/config/times.h"
#include "control/engine/intent.h"
#include "control/incidents/keeper.h"
#include "control/incidents/responder.h"
#include "control/store/store_containment.h"

#define CHANGES_MAX 64  /* hosts in one message; the engine's answer to it lets the next one go */
#define RETRY_SECONDS 5 /* after the engine did not take one */
#define WRITES_MAX 64   /* rows in one transaction */

struct responder {
	struct control *control;
	struct containment *containment;
	uint64_t flight;   /* sequence of the message that is under way; 0: none */
	uint64_t again_ms; /* CLOCK_BOOTTIME: not before then */
	uint64_t lost;
	bool read;           /* what the database has is known */
	struct prefix *gone; /* hosts that the database has still, and need not */
	size_t gone_count;
	size_t gone_writing; /* so many of them, the first, are being taken away */
	char refusal[256];
};

/* --- the engine --- */

static void send_waiting(struct responder *responder);

static void on_engine(void *arg, int error, const struct message_ack *ack)
{
	struct responder *responder = arg;

	(void)ack; /* responder_ack() has seen it */
	responder->flight = 0;
	if (error == -ETIMEDOUT)
		intent_unsure(responder->control->intent);
	if (!error && !responder->refusal[0])
		send_waiting(responder);
}

static size_t collect(struct responder *responder, struct message_change changes[CHANGES_MAX])
{
	struct contained *one = NULL;
	size_t count = 0;

	while (count < CHANGES_MAX && (one = containment_next(responder->containment, one)))
		if (contained_now(one) && !one->applied && !one->sequence)
			changes[count++] = (struct message_change){
				.op = MESSAGE_ADD,
				.element = allow_contained(&one->host, one->until_ms)};
	return count;
}

/* Those that @changes name were told by message @sequence. */
static void note_told(struct responder *responder, const struct message_change *changes,
		      size_t count, uint64_t sequence)
{
	for (size_t i = 0; i < count; i++) {
		const struct allow_element *element = &changes[i].element;
		const struct addr source = addr_from_wire(element->family, element->from_first);
		const struct prefix host = prefix_of(&source, allow_contained_length(element));
		struct contained *one = containment_find(responder->containment, &host);

		if (one)
			one->sequence = sequence;
	}
}

static void send_waiting(struct responder *responder)
{
	struct control *control = responder->control;
	struct message_change changes[CHANGES_MAX];
	uint64_t sequence;
	size_t count;

	if (responder->flight || !link_connected(control->link))
		return;
	count = collect(responder, changes);
	if (!count)
		return;
	sequence = link_send(control->link, MESSAGE_CHANGE, changes, (uint32_t)count, -1);
	if (!sequence)
		return; /* the next connection begins with all of them */
	note_told(responder, changes, count, sequence);
	responder->flight = sequence;
	if (link_wait(control->link, sequence, PLAN_DEADLINE, on_engine, responder))
		responder->flight = 0;
}

void responder_ack(struct responder *responder, uint64_t sequence, const struct message_ack *ack)
{
	const char *why = ack->text[0] ? ack->text : strerror(-ack->error);

	if (!ack->error) {
		containment_taken(responder->containment, sequence);
		responder->refusal[0] = '\0';
		return;
	}
	containment_refused(responder->containment, sequence);
	if (sequence != responder->flight)
		return;
	if (strcmp(responder->refusal, why) != 0)
		log_error("contain: the engine did not take it: %s", why);
	snprintf(responder->refusal, sizeof(responder->refusal), "%s", why);
	responder->again_ms = intent_clock().boot_ms + RETRY_SECONDS * 1000;
	/* A host of a length that no policy has any more, or half of it was done: the whole plan says it. */
	intent_send_plan(responder->control->intent);
}

void responder_down(struct responder *responder)
{
	containment_down(responder->containment);
	responder->refusal[0] = '\0';
}

/* --- the database --- */

static void on_written(void *ctx, int result)
{
	struct responder *responder = ctx;
	const size_t taken = result ? 0 : responder->gone_writing;

	if (result)
		log_error("store: containments are kept in memory: %s",
			  store_problem(responder->control->store));
	responder->gone_count -= taken;
	if (taken)
		memmove(responder->gone, responder->gone + taken,
			responder->gone_count * sizeof(*responder->gone));
	responder->gone_writing = 0;
	containment_written(responder->containment, !result);
}

static bool writable(const struct responder *responder)
{
	const struct store *store = responder->control->store;

	return responder->read && store_ready(store) && !store_problem(store);
}

/* @later: by the store's thread, and true says only that it was begun. */
static bool write_list(struct responder *responder, struct contained *const *list, size_t count,
		       bool later)
{
	const struct store_then then = {.done = on_written, .ctx = responder};
	struct store *store = responder->control->store;
	int result;

	store_settle(store);
	if (!writable(responder))
		return false;
	for (size_t i = 0; i < count; i++)
		list[i]->writing = true;
	responder->gone_writing = responder->gone_count;
	result = store_containment_write(store, list, count, responder->gone, responder->gone_count,
					 later ? &then : NULL);
	if (!later)
		on_written(responder, result);
	return !result;
}

/* The database need not have it any more; what it keeps without memory for this is read, and goes, later. */
static void gone(struct responder *responder, const struct prefix *host)
{
	struct prefix *all;

	if (!responder->read)
		return;
	all = array_room(responder->gone, responder->gone_count, sizeof(*responder->gone));
	if (!all)
		return;
	responder->gone = all;
	all[responder->gone_count++] = *host;
	keeper_soon(responder->control->keeper);
}

static void act(struct contained *one, const char *action, const struct rpc_peer *peer)
{
	one->action = action;
	one->acted = intent_clock().real;
	one->actor_uid = peer ? peer->uid : 0;
	snprintf(one->actor, sizeof(one->actor), "%s", peer ? peer->user : "");
}

bool responder_write(struct responder *responder)
{
	struct contained *list[WRITES_MAX], *one = NULL;
	size_t count = 0;

	while (count < WRITES_MAX && (one = containment_next(responder->containment, one)))
		if (one->unwritten)
			list[count++] = one;
	return (count || responder->gone_count) && write_list(responder, list, count, true) &&
	       count == WRITES_MAX;
}

/* --- what follows --- */

static void tell_incident(struct responder *responder, const struct contained *one)
{
	struct control *control = responder->control;
	struct incident *incident = incidents_find(control->incidents, &one->host);

	if (!incident)
		return;
	incident->action = INCIDENT_CONTAINED;
	incident->contained_until = one->released ? one->released : one->until;
	keeper_urgent(control->keeper, incident);
}

/* The host begins anew: old evidence shall not contain it again. */
static void clean_slate(struct responder *responder, const struct contained *one)
{
	struct host *host = tracker_find_prefix(responder->control->tracker, &one->host);

	if (host)
		tracker_renew(responder->control->tracker, host);
}

static void log_contained(const struct contained *one)
{
	char host[PREFIX_TEXT_MAX], duration[32];

	prefix_format(&one->host, host);
	duration_format(one->seconds, duration, sizeof(duration));
	if (one->automatic)
		log_notice("contain: %s is cut off from port 25 for %s: it is infected%s", host,
			   duration, one->times > 1 ? ", again" : "");
	else
		log_notice("contain: %s is cut off from port 25 for %s by %s", host, duration,
			   one->user);
}

/* --- by themselves --- */

static bool to_be_contained(const struct responder *responder, const struct host *host,
			    struct host_facts *facts)
{
	const struct policy *policy = config_policy(responder->control->config, host->policy);

	if (host->class != CLASS_INFECTED || !policy || policy->mode != MODE_GUARD)
		return false;
	/* an address of many households is never cut off by itself; one that may be forged neither */
	return host_facts(responder->control->tracker, host, facts) && facts->believed &&
	       !facts->shared;
}

static void first_reason(const struct responder *responder, const struct host *host,
			 char comment[CONTAINED_COMMENT_MAX])
{
	char lines[HOST_REASONS_MAX][HOST_REASON_MAX];
	size_t count = host_reasons(responder->control->tracker, host, lines);

	snprintf(comment, CONTAINED_COMMENT_MAX, "%s", count ? lines[0] : "");
}

void responder_consider(struct responder *responder, const struct host *host)
{
	struct control *control = responder->control;
	const struct prefix prefix = host_prefix(host);
	struct host_facts facts;
	const struct policy *policy;
	struct contained *one;

	if (!to_be_contained(responder, host, &facts))
		return;
	one = containment_find(responder->containment, &prefix);
	if (one && contained_now(one))
		return;
	policy = config_policy(control->config, host->policy);
	one = containment_begin(responder->containment, &prefix,
				facts.last_source.family ? &facts.last_source : &prefix.addr,
				config_thresholds(control->config, policy), intent_clock());
	if (!one) {
		if (!responder->lost++)
			log_error("contain: all %d places are taken", CONTAINED_MAX);
		return;
	}
	snprintf(one->policy, sizeof(one->policy), "%s", policy->name);
	first_reason(responder, host, one->comment);
	/* The kernel first: a disk takes longer, and may not be there. */
	send_waiting(responder);
	log_contained(one);
	act(one, "contained", NULL);
	keeper_soon(control->keeper);
	tell_incident(responder, one);
}

/* --- by hand --- */

static int send_change(struct responder *responder, const struct contained *one, uint8_t op,
		       uint64_t *sequence)
{
	const struct message_change change = {
		.op = op, .element = allow_contained(&one->host, one->until_ms)};
	struct link *link = responder->control->link;

	if (!link_connected(link))
		return -ENOTCONN;
	*sequence = link_send(link, MESSAGE_CHANGE, &change, 1, -1);
	return *sequence ? 0 : -ENOTCONN;
}

int responder_contain(struct responder *responder, const struct responder_order *order,
		      link_done *done, void *arg)
{
	uint64_t sequence;
	struct contained *one = containment_put(responder->containment, &order->host,
						&order->source, order->seconds, intent_clock());
	int result;

	if (!one)
		return -ENOSPC;
	one->uid = order->peer->uid;
	snprintf(one->user, sizeof(one->user), "%s", order->peer->user);
	snprintf(one->comment, sizeof(one->comment), "%s", order->comment);
	snprintf(one->policy, sizeof(one->policy), "%s", order->policy ? order->policy : "");
	result = send_change(responder, one, MESSAGE_ADD, &sequence);
	if (!result)
		one->sequence = sequence;
	log_contained(one);
	act(one, "contain", order->peer);
	keeper_soon(responder->control->keeper);
	tell_incident(responder, one);
	if (!result)
		result = link_wait(responder->control->link, sequence, PLAN_DEADLINE, done, arg);
	return result;
}

int responder_release(struct responder *responder, struct contained *contained,
		      const struct rpc_peer *peer, link_done *done, void *arg)
{
	char host[PREFIX_TEXT_MAX];
	uint64_t sequence;
	int result = send_change(responder, contained, MESSAGE_DEL, &sequence);

	containment_end(contained, intent_clock().real);
	log_notice("contain: %s is released by %s", prefix_format(&contained->host, host),
		   peer->user);
	act(contained, "release", peer);
	keeper_soon(responder->control->keeper);
	clean_slate(responder, contained);
	tell_incident(responder, contained);
	if (!result)
		result = link_wait(responder->control->link, sequence, PLAN_DEADLINE, done, arg);
	return result;
}

bool responder_stored(struct responder *responder, struct contained *contained)
{
	store_settle(responder->control->store);
	return !contained->unwritten || write_list(responder, &contained, 1, false);
}

/* --- time --- */

static void on_over(void *ctx, struct contained *one, bool forgotten)
{
	struct responder *responder = ctx;
	struct control *control = responder->control;
	char host[PREFIX_TEXT_MAX];
	uint64_t sequence;

	if (forgotten) {
		gone(responder, &one->host);
		return;
	}
	/* The kernel's element ends by itself, a little earlier or, after the machine slept, later. */
	send_change(responder, one, MESSAGE_DEL, &sequence);
	log_notice("contain: %s is released: its time is over", prefix_format(&one->host, host));
	act(one, "released", NULL);
	keeper_soon(control->keeper);
	clean_slate(responder, one);
	tell_incident(responder, one);
}

void responder_pass(struct responder *responder)
{
	const struct allow_clock now = intent_clock();

	containment_pass(responder->containment, now, on_over, responder);
	if (now.boot_ms >= responder->again_ms)
		send_waiting(responder);
}

void responder_clock(struct responder *responder)
{
	containment_clock(responder->containment, intent_clock());
}

static unsigned length_of(void *ctx, const struct contained *contained)
{
	struct responder *responder = ctx;
	const struct config *config = responder->control->config;
	const struct policy *policy = config_policy_of(config, &contained->source);

	for (size_t i = 0; !policy && i < config->policy_count; i++)
		if (strcmp(config->policies[i].name, contained->policy) == 0)
			policy = &config->policies[i];
	if (!policy || policy->host_prefix6 == contained->host.length)
		return 0;
	gone(responder, &contained->host); /* where it stands as it was */
	return policy->host_prefix6;
}

void responder_configure(struct responder *responder)
{
	containment_lengths(responder->containment, length_of, responder);
}

/* --- from start to end --- */

static void recall(void *ctx, const struct contained *stored)
{
	struct responder *responder = ctx;

	containment_recall(responder->containment, stored, intent_clock());
}

void responder_database(struct responder *responder)
{
	struct store *store = responder->control->store;

	if (!responder->read && store_ready(store) &&
	    !store_containment_read(store, recall, responder)) {
		responder->read = true;
		responder_configure(responder); /* host-prefix6 may have changed meanwhile */
	}
}

struct responder *responder_new(struct control *control)
{
	struct responder *responder = calloc(1, sizeof(*responder));

	if (!responder)
		return NULL;
	responder->control = control;
	responder->containment = control->containment;
	responder_database(responder);
	return responder;
}

void responder_free(struct responder *responder)
{
	if (!responder)
		return;
	while (responder_write(responder))
		store_settle(responder->control->store);
	store_settle(responder->control->store);
	free(responder->gone);
	free(responder);
}

const char *responder_refusal(const struct responder *responder)
{
	return responder->refusal[0] ? responder->refusal : NULL;
}

uint64_t responder_lost(const struct responder *responder)
{
	return responder->lost;
}
