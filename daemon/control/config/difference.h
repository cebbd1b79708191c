/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a new configuration changes, by the names that the operator gave: the reply to a reload, as
 * edge25-rpc(7) has it. Pure; linear in the number of prefixes.
 */
#ifndef EDGE25_CONTROL_DIFFERENCE_H
#define EDGE25_CONTROL_DIFFERENCE_H

#include <jansson.h>

#include "control/config/config.h"

/*
 * {"changed", "policies", "ranges", "allow": {"added", "removed", "changed"}, "settings",
 * "summary"}. "changed" says whether anything is to happen now: settings that take effect later are
 * listed and do not count. NULL: no memory.
 */
json_t *config_difference(const struct config *old, const struct config *new);

/* The lines of "summary" as one, cut in words where @size ends: "...; and 12 more". */
const char *difference_line(const json_t *difference, char *text, size_t size);

#endif
