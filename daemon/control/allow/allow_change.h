/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of the allowlist on its way: stored, then told to the engine, then answered; taken back whole when
 * the engine refuses it.
 */
#ifndef EDGE25_CONTROL_ALLOW_CHANGE_H
#define EDGE25_CONTROL_ALLOW_CHANGE_H

#include "control/allow/allow_import.h"
#include "control/control.h"
#include "control/socket/rpc.h"

struct allow_change;

/*
 * Replies, and tells who watches (allow_change_tell()). @problem: the kernel does not have it yet, and why;
 * else NULL.
 */
typedef void allow_change_reply(struct allow_change *change, const char *problem);

struct allow_change {
	struct control *control;
	struct rpc_call *call;
	struct store_actor actor;
	char user[33];
	struct allow_difference *differences; /* with room for as many as were asked for */
	size_t count;
	allow_change_reply *reply;
	json_t *warnings;           /* of what is asked for, in the reply */
	struct allow_counts counts; /* of an import, and how many entries it had */
	size_t staged;
	bool learnt;
	struct resolver_answer answer; /* of DNS, when that was asked for the name of the entry */
	bool silent;                   /* DNS did not say what the name of the entry stands for */
};

/* NULL: no memory, and @call was told. */
struct allow_change *allow_change_new(struct control *control, struct rpc_call *call, size_t room,
				      allow_change_reply *reply);
void allow_change_free(struct allow_change *change);
/* Takes over @change, and ends its call, now or later. @answer: what DNS said of its one name, or NULL. */
void allow_change_run(struct allow_change *change, const struct resolver_answer *answer);
/* A line of the log and a notification: what @method did to @entry. */
void allow_change_tell(const struct allow_change *change, const char *method,
		       const struct allow_entry *entry);

#endif
