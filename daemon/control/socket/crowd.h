/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All who are connected: who is let in, who goes when there are too many or they make us hold too
 * much, and whose turn it is. Time is shared out in small pieces: first comes the user who had least of
 * it lately, of its connections the one that had least. So who floods us waits for everyone else.
 */
#ifndef EDGE25_CONTROL_CROWD_H
#define EDGE25_CONTROL_CROWD_H

#include <ev.h>
#include <jansson.h>

#include "control/socket/rpc.h"

#define CROWD_CLIENTS_MAX 256     /* descriptors are 1024 by default */
#define CROWD_CLIENTS_USER_MAX 64 /* so that one user cannot take them all */
#define CROWD_CHANGES_USER_MAX 16 /* a second, of a user who has so many: one goes, another comes */
#define CROWD_INPUT_MAX (16u << 20)  /* bytes of requests that are not answered yet, in all */
#define CROWD_OUTPUT_MAX (64u << 20) /* bytes of answers that are not taken yet, in all */
#define CROWD_TURNS_SECONDS 0.0002   /* of work, before the rest of the loop has its turn */
#define CROWD_FADE_SECONDS 1.        /* what was used so long ago counts a third */
/*
 * Of a second, for all who are connected, because a process that never rests is made to wait for a
 * processor itself, and others with it. Beyond it only those are served who used less than the second
 * figure, or do not ask for more than a few things at a time: who has a large list to send or to get
 * need not wait.
 */
#define CROWD_SHARE 0.1
#define CROWD_PAUSE_SECONDS \
	0.001 /* after some work for them, so that others get the processor in between */
#define CROWD_SHARE_LIGHT 0.05
#define CROWD_CALLS_USER_MAX 32 /* requests of a user that are under way at a time */
#define CROWD_FEW 2             /* connections of a user that have something to do */

struct crowd;

struct crowd_losses {
	uint64_t refused;   /* connections beyond the bounds */
	uint64_t dropped;   /* clients that were too slow, or made us hold too much */
	uint64_t unwatched; /* events that watchers were too slow for */
};

/* @method_ctx goes to the methods' handlers. NULL: no memory. */
struct crowd *crowd_new(struct ev_loop *loop, const struct rpc_method *methods, void *method_ctx);
void crowd_free(struct crowd *crowd);
/* A new connection, which it takes over. */
void crowd_admit(struct crowd *crowd, int fd, enum rpc_role role);
/* Sends a notification to those who watch and want it. */
void crowd_publish(struct crowd *crowd, enum watch_kind kind, json_t *params);
/* Is there somebody who may want it? */
bool crowd_watched(const struct crowd *crowd, enum watch_kind kind);
struct crowd_losses crowd_losses(const struct crowd *crowd);

#endif
