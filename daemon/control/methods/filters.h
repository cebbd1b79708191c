/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters that lists share. Where one is wrong the call has failed and the result is false. */
#ifndef EDGE25_CONTROL_FILTERS_H
#define EDGE25_CONTROL_FILTERS_H

#include "common/addr.h"
#include "control/socket/rpc.h"

/* A number from 1 to @max; @preset if it is not given. */
bool filter_limit(struct rpc_call *call, int64_t preset, int64_t max, int64_t *limit);
/* RPC_PREFIX; family 0: not given. */
void filter_prefix(const struct rpc_call *call, const char *name, struct prefix *prefix);
/* RPC_PAST: seconds since 1970; 0: not given. */
bool filter_past(struct rpc_call *call, const char *name, int64_t now, int64_t *seconds);

/* Is one in the other, or nothing @wanted? A @side of no family is in none. */
bool filter_touches(const struct prefix *side, const struct prefix *wanted);

#endif
