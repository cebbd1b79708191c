/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those who wait for the engine's answer to a request, each with a deadline. */
#ifndef EDGE25_CONTROL_LINK_WAITS_H
#define EDGE25_CONTROL_LINK_WAITS_H

#include "control/engine/link.h"

struct link_waits;

struct link_waits *link_waits_new(struct ev_loop *loop);
/* Those who still wait are told -ENOTCONN. */
void link_waits_free(struct link_waits *waits);
/* -ENOBUFS: LINK_WAITS_MAX, or no memory. */
int link_waits_add(struct link_waits *waits, uint64_t sequence, double seconds, link_done *done,
		   void *arg);
/* The answer is there. */
void link_waits_end(struct link_waits *waits, uint64_t sequence, const struct message_ack *ack);
/* There will be none. */
void link_waits_fail(struct link_waits *waits, int error);

#endif
