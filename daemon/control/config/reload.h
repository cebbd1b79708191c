/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new configuration in place of the running one: whole, or not at all. The file is read, compared
 * and flattened by a thread of its own, because a million prefixes take a second and the loop has
 * others to serve; what changes control's state is done by the loop. One reload after the other.
 */
#ifndef EDGE25_CONTROL_RELOAD_H
#define EDGE25_CONTROL_RELOAD_H

#include <ev.h>
#include <stdbool.h>

#include "control/config/config.h"
#include "control/socket/rpc.h"
#include "control/store/store.h"

#define RELOAD_WAITING_MAX \
	16 /* of people; one by signal stands for all that come before it begins */

struct control;
struct reload;

/* Gives the policies their numbers, from the database or, without it, as they are in @running. */
void reload_numbers(const struct config *config, const struct config *running, struct store *store,
		    uint8_t numbers[POLICIES_MAX]);

/* NULL: no memory. */
struct reload *reload_new(struct control *control);
/* Begins nothing any more: who waits for his turn is told so. */
void reload_stop(struct reload *reload);
/* After link_free(), which ends one that waits for the engine. */
void reload_free(struct reload *reload);

/* Why the last one failed, for status; NULL: it did not, or there was none. */
const char *reload_problem(const struct reload *reload);

/* When the configuration was last read, or was to be: CLOCK_REALTIME, seconds. @good: it is in force. */
int64_t reload_last(const struct reload *reload, bool *good);

/* SIGHUP: what changed, or why nothing did, is logged. */
void reload_signal(struct reload *reload);
/* The reply comes when the kernel has the new table; done also when the client has gone. */
void reload_call(struct reload *reload, struct rpc_call *call, bool dry_run);

#endif
