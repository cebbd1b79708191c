// SPDX-License-Identifier: GPL-2.0-or-later
/* log.reopen */
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/socket/changes.h"

const struct rpc_field log_reopen_result[] = {
	FIELD("file", SHAPE_TEXT, 0, "that events are written to now"),
	FIELD_END,
};

void method_log_reopen(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	const struct store_actor actor = changes_actor(rpc_peer(call));

	if (event_file_reopen(control->event_file)) {
		rpc_fail(call, RPC_LOG, "%s", event_file_problem(control->event_file));
		return;
	}
	changes_tell(control, &actor, "log.reopen", event_file_path(control->event_file));
	rpc_reply(call, json_pack("{s:s}", "file", event_file_path(control->event_file)));
}
