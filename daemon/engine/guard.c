/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/describe.h"
#include "common/log.h"

#define LOGGED_MAX 10 /* differences; the rest is a number */

struct request {
	uint64_t sequence;
	bool list;
	bool taken; /* the look that runs began after it was asked for */
};

/* What was done since the last look that found nothing. */
enum stage { LOOKED, REPAIRED, MADE_ANEW };

struct guard {
	struct ev_loop *loop;
	ev_timer timer;
	struct inspect *inspect;
	struct guard_handlers handlers;
	const struct table *table;
	struct peer *peer;
	struct request requests[GUARD_REQUESTS_MAX];
	size_t count;
	enum stage stage;
	uint64_t differed;
};

static void send_parts(struct guard *guard, const struct picture *picture, uint64_t sequence)
{
	for (size_t i = 0; i < picture->count; i++) {
		const struct part *part = &picture->parts[i];
		struct message_item item = {.kind = (uint8_t)part->kind,
					    .problem = MESSAGE_PRESENT,
					    .packets = part->packets,
					    .bytes = part->bytes};

		snprintf(item.name, sizeof(item.name), "%s", part->name);
		snprintf(item.found, sizeof(item.found), "%.159s", part->text);
		if (!peer_send(guard->peer, MESSAGE_ITEM, sequence, &item, 1))
			return;
	}
}

static void answer(struct guard *guard, const struct request *request,
		   const struct verification *verification)
{
	struct message_verdict verdict = {.error = -EBUSY,
					  .text = "the table changes too often to be compared"};

	if (verification) {
		const struct differences *differences = verification_differences(verification);

		verdict = *verification_verdict(verification);
		verdict.repairs = verdict.differences && guard->stage != MADE_ANEW;
		if (request->list)
			send_parts(guard, verification_found(verification), request->sequence);
		peer_send(guard->peer, MESSAGE_ITEM, request->sequence, differences->items,
			  differences->count);
	}
	peer_send(guard->peer, MESSAGE_VERDICT, request->sequence, &verdict, 1);
}

/* Those whose question came before the look began; the others have to wait for the next one. */
static void answer_all(struct guard *guard, const struct verification *verification)
{
	size_t left = 0;

	for (size_t i = 0; i < guard->count; i++) {
		const struct request request = guard->requests[i];

		if (request.taken)
			answer(guard, &request, verification);
		else
			guard->requests[left++] = request;
	}
	if (guard->count) /* a peer that was cut off meanwhile has no requests any more */
		guard->count = left;
}

static void look(struct guard *guard)
{
	if (inspect_running(guard->inspect))
		return;
	for (size_t i = 0; i < guard->count; i++)
		guard->requests[i].taken = true;
	if (inspect_start(guard->inspect, guard->table))
		return;
	log_warning("engine: the table cannot be compared with the plan: no memory, or no plan");
	answer_all(guard, NULL);
}

static void say(const struct verification *verification)
{
	const struct message_verdict *verdict = verification_verdict(verification);
	const struct differences *differences = verification_differences(verification);
	char text[DESCRIBE_MAX];

	for (size_t i = 0; i < differences->count && i < LOGGED_MAX; i++)
		log_warning("engine: the kernel's table differs: %s",
			    describe(&differences->items[i], text));
	if (verdict->differences > LOGGED_MAX)
		log_warning("engine: the kernel's table differs in %llu places",
			    (unsigned long long)verdict->differences);
}

static void mend(struct guard *guard)
{
	guard->differed++;
	if (guard->stage == MADE_ANEW) {
		log_error("engine: the kernel's table differs from the plan also when it was made "
			  "anew");
		guard->stage = LOOKED;
		return;
	}
	guard->stage = guard->stage == LOOKED ? REPAIRED : MADE_ANEW;
	if (guard->handlers.repair(guard->stage == MADE_ANEW, guard->handlers.arg))
		look(guard);
	else
		guard->stage = LOOKED; /* it is tried again, and the next look will tell */
}

static void on_done(const struct verification *verification, void *arg)
{
	struct guard *guard = arg;
	const struct message_verdict *verdict = verification ? verification_verdict(verification) :
							       NULL;

	answer_all(guard, verification);
	if (verdict)
		guard->handlers.looked(verdict, guard->handlers.arg);
	if (!verdict || verdict->error) {
		log_warning("engine: the table could not be compared with the plan: %s",
			    verdict ? verdict->text : "it changes too often");
	} else if (verdict->differences) {
		say(verification);
		mend(guard);
	} else {
		if (guard->stage != LOOKED)
			log_notice("engine: the kernel's table is what the plan says again");
		guard->stage = LOOKED;
	}
	if (guard->count)
		look(guard);
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	(void)loop;
	(void)revents;
	look(watcher->data);
}

int guard_open(struct guard **out, struct ev_loop *loop, const struct guard_handlers *handlers)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	int result;

	*out = NULL;
	if (!guard)
		return -ENOMEM;
	guard->loop = loop;
	guard->handlers = *handlers;
	ev_timer_init(&guard->timer, on_timer, 0, 0);
	guard->timer.data = guard;
	result = inspect_open(&guard->inspect, loop, on_done, guard);
	if (result) {
		free(guard);
		return result;
	}
	*out = guard;
	return 0;
}

void guard_close(struct guard *guard)
{
	if (!guard)
		return;
	ev_timer_stop(guard->loop, &guard->timer);
	inspect_close(guard->inspect);
	free(guard);
}

void guard_look(struct guard *guard, const struct table *table)
{
	guard->table = table;
	look(guard);
}

void guard_every(struct guard *guard, const struct table *table, uint32_t seconds)
{
	guard->table = table;
	ev_timer_stop(guard->loop, &guard->timer);
	if (!seconds)
		return;
	ev_timer_set(&guard->timer, seconds, seconds);
	ev_timer_start(guard->loop, &guard->timer);
}

void guard_ask(struct guard *guard, const struct table *table, struct peer *peer,
	       const struct message_verify *request, uint64_t sequence)
{
	struct request *place = &guard->requests[guard->count];
	struct message_verdict busy = {.error = -EBUSY,
				       .text = "too many wait for a comparison already"};

	guard->table = table;
	guard->peer = peer;
	if (guard->count == GUARD_REQUESTS_MAX) {
		peer_send(peer, MESSAGE_VERDICT, sequence, &busy, 1);
		return;
	}
	guard->count++;
	*place = (struct request){.sequence = sequence, .list = request->list};
	look(guard);
}

void guard_forget(struct guard *guard)
{
	guard->count = 0;
}

void guard_changed(struct guard *guard)
{
	inspect_changed(guard->inspect);
}

void guard_retire(struct guard *guard, struct mapping *mapping)
{
	inspect_retire(guard->inspect, mapping);
}

uint64_t guard_differed(const struct guard *guard)
{
	return guard->differed;
}
