// SPDX-License-Identifier: GPL-2.0-or-later
/* reload */
#include "control/config/reload.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

const struct rpc_param reload_params[] = {
	{"dry_run", RPC_FLAG, false, "say what would change, and change nothing", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const char *const effects[] = {"now", "restart", "remove", NULL};

static const struct rpc_field key_fields[] = {
	FIELD("key", SHAPE_TEXT, 0, ""),
	FIELD("old", SHAPE_TEXT, 0, ""),
	FIELD("new", SHAPE_TEXT, 0, ""),
	FIELD_END,
};

static const struct rpc_field setting_fields[] = {
	FIELDS_OF(key_fields),
	FIELD_WORD("effect", 0, effects,
		   "when: now, when edge25 is started again, or when its table is made anew"),
	FIELD_END,
};

/* Of a policy, range or allow section; which fields there are goes by what changed. */
static const struct rpc_field section_fields[] = {
	FIELD("name", SHAPE_TEXT, 0, ""),
	FIELD("policy", SHAPE_TEXT, FIELD_OPTIONAL, "of a range that was added or removed"),
	FIELD("prefixes", SHAPE_NUMBER, FIELD_OPTIONAL, "likewise"),
	FIELD("interfaces", SHAPE_TEXT, FIELD_LIST | FIELD_OPTIONAL, ""),
	FIELD_OF("keys", FIELD_LIST | FIELD_OPTIONAL, key_fields, "of one that changed"),
	FIELD("prefixes_added", SHAPE_NUMBER, FIELD_OPTIONAL, "to a range that changed"),
	FIELD("prefixes_removed", SHAPE_NUMBER, FIELD_OPTIONAL, ""),
	FIELD("interfaces_added", SHAPE_TEXT, FIELD_LIST | FIELD_OPTIONAL, ""),
	FIELD("interfaces_removed", SHAPE_TEXT, FIELD_LIST | FIELD_OPTIONAL, ""),
	FIELD("entries_added", SHAPE_NUMBER, FIELD_OPTIONAL, "to an allow section that changed"),
	FIELD("entries_removed", SHAPE_NUMBER, FIELD_OPTIONAL, ""),
	FIELD_END,
};

static const struct rpc_field sections_fields[] = {
	FIELD_OF("added", FIELD_LIST, section_fields, ""),
	FIELD_OF("removed", FIELD_LIST, section_fields, "likewise"),
	FIELD_OF("changed", FIELD_LIST, section_fields, "likewise"),
	FIELD_END,
};

const struct rpc_field reload_result[] = {
	FIELD("file", SHAPE_TEXT, 0, ""),
	FIELD("dry_run", SHAPE_FLAG, 0, ""),
	FIELD("applied", SHAPE_FLAG, 0,
	      "the kernel has it; false for a dry run, and while the engine is not there: then the "
	      "next one gets the configuration"),
	FIELD("changed", SHAPE_FLAG, 0, "anything differs that takes effect without a restart"),
	FIELD_OF("policies", 0, sections_fields, "by section"),
	FIELD_OF("ranges", 0, sections_fields, "likewise"),
	FIELD_OF("allow", 0, sections_fields, "likewise"),
	FIELD_OF("settings", FIELD_LIST, setting_fields, ""),
	FIELD("summary", SHAPE_TEXT, FIELD_LIST, "all of that for people"),
	FIELD("warnings", SHAPE_TEXT, FIELD_LIST, "what may not be meant"),
	FIELD_END,
};

void method_reload(struct rpc_call *call, void *control)
{
	reload_call(((struct control *)control)->reload, call, rpc_flag(call, "dry_run"));
}
