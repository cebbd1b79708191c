// SPDX-License-Identifier: GPL-2.0-or-later
/* events.watch */
#include "method_tables.h"
#include "methods.h"

const struct rpc_field watch_result[] = {
	FIELD("watching", SHAPE_FLAG, 0, "notifications follow"),
	FIELD_END,
};

void method_watch(struct rpc_call *call, void *control)
{
	(void)control;
	rpc_peer(call)->watching = true;
	rpc_reply(call, json_pack("{s:b}", "watching", 1));
}
