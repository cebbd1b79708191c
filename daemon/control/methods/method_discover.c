// SPDX-License-Identifier: GPL-2.0-or-later
/* rpc.discover */
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/socket/rpc_params.h"

static const struct rpc_field info_fields[] = {
	FIELD("title", SHAPE_TEXT, 0, ""),
	FIELD("version", SHAPE_TEXT, 0, "of edge25"),
	FIELD_END,
};

const struct rpc_field discover_result[] = {
	FIELD("openrpc", SHAPE_TEXT, 0, "the version of that standard"),
	FIELD_OF("info", 0, info_fields, ""),
	FIELD("methods", SHAPE_ANY, FIELD_LIST,
	      "as OpenRPC describes them, and x-role, the socket that a method needs: monitor or "
	      "control"),
	FIELD("x-notifications", SHAPE_ANY, FIELD_LIST,
	      "what events.watch brings: name, summary, and the schema of params"),
	FIELD_END,
};

static json_t *method_json(const struct rpc_method *method)
{
	json_t *params = json_array();

	for (const struct rpc_param *param = method->params; param && param->name; param++)
		json_array_append_new(params, json_pack("{s:s, s:s, s:b, s:o}", "name", param->name,
							"summary", param->summary, "required",
							param->required, "schema",
							rpc_param_schema(param)));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:s, s:o}}", "name", method->name, "summary",
			 method->summary, "x-role",
			 method->role == ROLE_CONTROL ? "control" : "monitor", "paramStructure",
			 "by-name", "params", params, "result", "name", "result", "schema",
			 rpc_fields_schema(method->result));
}

/* Made once: it takes milliseconds, and never changes. */
void method_discover(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	json_t *list, *notifications;

	if (!control->discovered) {
		list = json_array();
		notifications = json_array();
		for (const struct rpc_kind *kind = rpc_notifications; kind->name; kind++)
			json_array_append_new(notifications,
					      json_pack("{s:s, s:s, s:o}", "name", kind->name,
							"summary", kind->summary, "params",
							rpc_fields_schema(kind->fields)));
		for (const struct rpc_method *method = rpc_methods(call); method->name; method++)
			json_array_append_new(list, method_json(method));
		control->discovered =
			rpc_write(json_pack("{s:s, s:{s:s, s:s}, s:o, s:o}", "openrpc", "1.2.6",
					    "info", "title", "edge25", "version", EDGE25_VERSION,
					    "methods", list, "x-notifications", notifications));
	}
	rpc_reply_written(call, control->discovered);
}
