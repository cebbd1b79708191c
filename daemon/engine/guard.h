/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks whether the kernel's table is what the plan says: after it was adopted, now and then, and
 * when control asks. What differs is logged, counted and put back; if that is not enough, the table
 * is made anew. Each step is followed by another look.
 */
#ifndef EDGE25_ENGINE_GUARD_H
#define EDGE25_ENGINE_GUARD_H

#include <ev.h>
#include <stdint.h>

#include "engine/inspect.h"
#include "engine/peer.h"

#define GUARD_REQUESTS_MAX 16 /* of control, which wait for one look */

struct guard;

struct guard_handlers {
	/* Puts the table back, or makes it @anew. False: it could not; the engine tries again. */
	bool (*repair)(bool anew, void *arg);
	/* What a look found, whoever asked for it. */
	void (*looked)(const struct message_verdict *verdict, void *arg);
	void *arg;
};

/* 0 or -ENOMEM. */
int guard_open(struct guard **guard, struct ev_loop *loop, const struct guard_handlers *handlers);
void guard_close(struct guard *guard);

/* A look by itself. */
void guard_look(struct guard *guard, const struct table *table);
/* From now on a look every so many seconds; 0: none. */
void guard_every(struct guard *guard, const struct table *table, uint32_t seconds);
/* Control asks; the answer goes to @peer. */
void guard_ask(struct guard *guard, const struct table *table, struct peer *peer,
	       const struct message_verify *request, uint64_t sequence);
/* Control is gone. */
void guard_forget(struct guard *guard);

/* A change of ours, and the plan that it replaced: see inspect.h. */
void guard_changed(struct guard *guard);
void guard_retire(struct guard *guard, struct mapping *mapping);

/* How often the table was found to differ. */
uint64_t guard_differed(const struct guard *guard);

#endif
