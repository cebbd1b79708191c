/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What we want the engine to do: the plan made of configuration, allowlist and containments, sent on
 * every connection and whenever it changes, and single changes of exact allow elements in between.
 */
#ifndef EDGE25_CONTROL_INTENT_H
#define EDGE25_CONTROL_INTENT_H

#include "control/allow/allowlist.h"
#include "control/config/config.h"
#include "control/engine/link.h"
#include "control/incidents/containment.h"

#define INTENT_DEADLINE 5.0 /* seconds that a client waits for the engine's word on a change */
#define PLAN_DEADLINE \
	60.0 /* the same for a whole plan: a million prefixes take seconds, on a router more */

struct intent;

/* All must live on; config may be replaced by intent_configure(). */
struct intent *intent_new(struct link *link, const struct config *config,
			  const struct allowlist *list, struct containment *containment);
void intent_free(struct intent *intent);
/*
 * The plan has to be made anew from this configuration. It is sent at once, and @done called later
 * with the engine's ACK, -ENOTCONN or -ETIMEDOUT. -ENOTCONN: there is no engine; the next one gets
 * it. -ENOMEM; -ENOBUFS: it was sent, and too many wait to be told.
 */
int intent_configure(struct intent *intent, const struct config *config, link_done *done,
		     void *arg);
/* Sends the whole plan. The sequence number, or 0. */
uint64_t intent_send_plan(struct intent *intent);

/*
 * The allowlist has changed by @differences, as allowlist_commit() left them; tells the engine by one CHANGE
 * or a new plan and calls done: error 0 with the engine's ACK, -ENOTCONN or -ETIMEDOUT. Always called
 * later, never from inside. -ENOTCONN: there is no engine; -ENOMEM: a plan cannot be made of it,
 * intent_refusal() says why; -ENOBUFS: it was sent, and too many wait to be told; -ENODATA: there is
 * nothing to tell, names have no addresses.
 */
int intent_changed(struct intent *intent, const struct allow_difference *differences, size_t count,
		   link_done *done, void *arg);

/* The same for entries without names, together: all or nothing. More than those of one message are a plan. */
#define INTENT_CHANGES_MAX 256
int intent_changed_all(struct intent *intent, const struct allow_entry *entries, size_t count,
		       link_done *done, void *arg);

/* A plan that was refused, or could not be made, is sent once more: a change was taken back, or time has
 * passed. */
void intent_again(struct intent *intent);
/* Nobody knows what became of a change: the whole plan goes out when the engine next says something. */
void intent_unsure(struct intent *intent);

/* Hand over the engine's ACKs and the loss of the connection. */
void intent_ack(struct intent *intent, uint64_t sequence, const struct message_ack *ack);
void intent_down(struct intent *intent);

/* Has the engine that is there a plan of ours in force? */
bool intent_in_force(const struct intent *intent);
/* Has any engine had one since we started? The kernel's table outlives the engine. */
bool intent_was_in_force(const struct intent *intent);
/* What the engine said against the plan, or NULL. */
const char *intent_refusal(const struct intent *intent);

/* Both clocks now. */
struct allow_clock intent_clock(void);

#endif
