// SPDX-License-Identifier: GPL-2.0-or-later
/* Words that several tables know. */
#include <stddef.h>

#include "control/methods/method_tables.h"

const struct rpc_field by_fields[] = {
	FIELD("uid", SHAPE_NUMBER, 0, "of the process that asked, as the kernel told it"),
	FIELD("user", SHAPE_TEXT, 0, "its name at that time"),
	FIELD_END,
};

const struct rpc_kind rpc_kinds[] = {
	{"allow entry", "One entry of the allowlist.", entry_fields},
	{"host", "One host as it is now.", host_fields},
	{"incident",
	 "A host that is infected, suspect or misconfigured, from the first sign until it was quiet for "
	 "incident-quiet.",
	 incident_fields},
	{"containment", "A host that is cut off from port 25 for a while.", containment_fields},
	{NULL, NULL, NULL},
};
