/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of an entry may not be meant: that it can never match, or changes nothing. */
#ifndef EDGE25_CONTROL_ALLOW_WARNINGS_H
#define EDGE25_CONTROL_ALLOW_WARNINGS_H

#include "control/allow/allow_index.h"
#include "control/config/config.h"

#define ALLOW_WARNING_MAX 1024

/* What it is held against; an index that is NULL, or the entry itself, is passed over. */
struct allow_surroundings {
	const struct config *config;
	uint32_t every_policy, interface_policies; /* of all ranges; of those by interface alone */
	const struct allow_index *indexes[2];
	bool configured_only; /* of the first one: the rest is to go */
	int64_t now;
};

/* With the masks of @config, and without an index. */
struct allow_surroundings allow_surroundings_of(const struct config *config, int64_t now);

/* True: @text says what. One thing is enough. */
bool allow_warning(const struct allow_surroundings *around, const struct allow_entry *entry,
		   char text[ALLOW_WARNING_MAX]);

#endif
