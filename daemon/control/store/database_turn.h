/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that need the database, while something is being committed: others are served meanwhile. */
#ifndef EDGE25_CONTROL_DATABASE_TURN_H
#define EDGE25_CONTROL_DATABASE_TURN_H

#include "control/control.h"
#include "control/socket/rpc.h"

/*
 * True: @method is called with @call when the database is free, and has nothing to do now; unless nobody wants
 * the response any more. False: it is free, or there is no memory to wait, and the loop waits.
 */
bool database_turn(struct control *control, void (*method)(struct rpc_call *call, void *ctx),
		   struct rpc_call *call);

#endif
