// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/store/database_turn.h"

#include <stdlib.h>

struct waiting {
	struct store_waiter waiter;
	struct control *control;
	void (*method)(struct rpc_call *call, void *ctx);
	struct rpc_call *call;
};

static void on_turn(void *ctx)
{
	struct waiting *waiting = ctx;

	if (rpc_peer(waiting->call))
		waiting->method(waiting->call, waiting->control);
	else
		rpc_fail(waiting->call, RPC_INTERNAL_ERROR, "nobody waits for it any more");
	free(waiting);
}

bool database_turn(struct control *control, void (*method)(struct rpc_call *call, void *ctx),
		   struct rpc_call *call)
{
	struct waiting *waiting = store_busy(control->store) ? calloc(1, sizeof(*waiting)) : NULL;

	if (!waiting)
		return false;
	*waiting = (struct waiting){.waiter = {.turn = on_turn, .ctx = waiting},
				    .control = control,
				    .method = method,
				    .call = call};
	store_wait(control->store, &waiting->waiter);
	return true;
}
