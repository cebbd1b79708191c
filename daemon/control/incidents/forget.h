/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host is removed from everything that edge25 keeps: the kernel's sets that packets fill, what is known
 * of it in memory, the database and the event files; one host at a time. What an allow entry says of it is
 * the operator's, and stays.
 */
#ifndef EDGE25_CONTROL_FORGET_H
#define EDGE25_CONTROL_FORGET_H

#include "control/control.h"

struct forget;

/* control->link and the parts before it are there. NULL: no memory. */
struct forget *forget_new(struct control *control);
/* Whoever waits is told that the rest is not done; before the link goes. */
void forget_stop(struct forget *forget);
void forget_free(struct forget *forget);

/* Replies later: with what was removed, by part, and what is kept. */
void forget_call(struct forget *forget, struct rpc_call *call, const struct prefix *host);

#endif
