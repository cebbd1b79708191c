/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts are cut off from port 25 and released: by themselves, when the tracker calls one infected that is
 * guarded and can be believed; and by hand. The kernel is told first: what an infected host sends until
 * then cannot be called back, and its containment does not depend on a disk. The database follows with the
 * next turn of the loop, by the store's thread; what it does not take it gets later.
 *
 * While a message about containments is under way those that follow wait and go together, so that an
 * outbreak is a few messages.
 */
#ifndef EDGE25_CONTROL_RESPONDER_H
#define EDGE25_CONTROL_RESPONDER_H

#include "control/control.h"

struct responder;

/* control->tracker, incidents, keeper and link are there. NULL: no memory. */
struct responder *responder_new(struct control *control);
void responder_free(struct responder *responder);

/* Something about @host has changed: it is contained now if it is to be. */
void responder_consider(struct responder *responder, const struct host *host);

/* What somebody wants. */
struct responder_order {
	struct prefix host; /* as the policy of its range says */
	struct addr source; /* an address of it */
	const char *policy; /* or NULL */
	uint64_t seconds;
	const char *comment;
	const struct rpc_peer *peer;
};
/*
 * 0: @done is called later with the engine's word, -ENOTCONN or -ETIMEDOUT; -ENOTCONN: it is contained or
 * released as soon as there is an engine, and @done is not called; -ENOSPC; -ENOENT: it is not contained.
 * The database follows.
 */
int responder_contain(struct responder *responder, const struct responder_order *order,
		      link_done *done, void *arg);
int responder_release(struct responder *responder, struct contained *contained,
		      const struct rpc_peer *peer, link_done *done, void *arg);
/* Does the database have it as it is? If not yet, it is written now; the loop waits. */
bool responder_stored(struct responder *responder, struct contained *contained);

/* Call it every second or so: ends what is over, tries again what did not work. */
void responder_pass(struct responder *responder);
/* Writes some of what the database is owed, in one transaction; true: there is more. */
bool responder_write(struct responder *responder);
void responder_ack(struct responder *responder, uint64_t sequence, const struct message_ack *ack);
void responder_down(struct responder *responder);
/* The configuration is another one; before the plan that follows. */
void responder_configure(struct responder *responder);
/* The clock was set. */
void responder_clock(struct responder *responder);
/* The database is there again, or can be written again. */
void responder_database(struct responder *responder);
/* What the engine said against it, or NULL. */
const char *responder_refusal(const struct responder *responder);
/* Hosts that were to be contained by themselves and found no room. */
uint64_t responder_lost(const struct responder *responder);

#endif
