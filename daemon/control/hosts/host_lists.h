/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests for hosts, one after the other. A search through a million of them takes a second where names
 * or ranges are asked for: it is done in slices, between which everybody else is served.
 */
#ifndef EDGE25_CONTROL_HOST_LISTS_H
#define EDGE25_CONTROL_HOST_LISTS_H

#include "control/control.h"
#include "control/socket/rpc.h"

struct host_lists;

/* NULL: no memory. */
struct host_lists *host_lists_new(struct control *control);
/* Those who wait are told that control ends. */
void host_lists_free(struct host_lists *lists);

/* Replies to @call, now or later. */
void host_lists_ask(struct host_lists *lists, struct rpc_call *call);

#endif
