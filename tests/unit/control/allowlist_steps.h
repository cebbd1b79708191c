/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of one step. */
#ifndef EDGE25_UNIT_ALLOWLIST_STEPS_H
#define EDGE25_UNIT_ALLOWLIST_STEPS_H

#include "control/allow/allowlist.h"

/* Stores a copy of @entry; its id is filled in. Errors as of allowlist_commit(). */
static inline int allowlist_add(struct allowlist *list, struct allow_entry *entry,
				const char *action, const struct store_actor *actor)
{
	struct allow_difference difference = {.step = ALLOW_STEP_ADD, .entry = *entry};
	int result = allowlist_commit(list, &difference, 1, action, actor);

	entry->id = difference.entry.id;
	return result;
}

/* Removes a stored entry; with @removed, hands it over instead of releasing it. */
static inline int allowlist_del(struct allowlist *list, int64_t id, const char *action,
				const struct store_actor *actor, struct allow_entry *removed)
{
	struct allow_difference difference = {.step = ALLOW_STEP_REMOVE, .entry.id = id};
	int result = allowlist_commit(list, &difference, 1, action, actor);

	if (result)
		return result;
	if (removed)
		*removed = difference.entry;
	else
		allow_entry_release(&difference.entry);
	return 0;
}

#endif
