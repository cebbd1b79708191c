/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One notice at a time in the hands of the operator's command: run, run again with ever longer waits
 * if it fails, given up after so many tries.
 */
#ifndef EDGE25_NOTIFY_HAND_H
#define EDGE25_NOTIFY_HAND_H

#include <ev.h>
#include <stdbool.h>

#include "options.h"

enum hand_outcome {
	HAND_TAKEN,
	HAND_GIVEN_UP,
	HAND_KEPT, /* hand_stop() ended it: it is to come again after the next start */
};

struct hand;

/* A notice is done with; the next one may be given from here. */
typedef void hand_done(void *ctx, enum hand_outcome outcome);

/* NULL: no memory. */
struct hand *hand_new(struct ev_loop *loop, const struct options *options, hand_done *done,
		      void *ctx);
void hand_free(struct hand *hand);
/* @notice must live on until it is done. Nothing else may be in hand. */
void hand_give(struct hand *hand, const struct notice *notice);
/* What waits to be tried again is tried now. */
void hand_hurry(struct hand *hand);
/*
 * No more tries. False: no command runs. True: one does, and done() tells when it has ended; it is
 * left a moment for that, but none when this is called again.
 */
bool hand_stop(struct hand *hand);

#endif
