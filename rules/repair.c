/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another program took the table away or changed it: first the emergency's rules, which take a
 * millisecond; then everything, which takes seconds for a million prefixes.
 */
#include <errno.h>

#include "rules/names.h"
#include "rules/table_internal.h"

int table_watch_fd(const struct table *table)
{
	return table->watch ? watch_fd(table->watch) : -1;
}

bool table_watch(struct table *table, struct table_intruder *intruder)
{
	return table->watch && watch_read(table->watch, intruder);
}

/* Counters stay where only rules or elements were changed. */
static void note_loss(struct table *table, bool anew)
{
	struct inventory inventory;

	if (!table->installed || inventory_read(table->netlink, &inventory))
		return;
	if (anew || !name_list_has(&inventory.counters, COUNTER_SUBMISSION))
		table->lost++;
	inventory_release(&inventory);
}

int table_repair(struct table *table, bool anew, uint64_t now, struct table_error *error)
{
	const struct plan kept = table->plan;
	struct plan_header header;
	struct plan plan = kept;
	struct usage ended = {0};
	bool changed;
	int result;

	if (!kept.header)
		return table_fail(error, -EINVAL, "repair before the first plan");
	/* the plan as single changes have left it */
	header = *kept.header;
	header.allows = (uint32_t)table->allow_count;
	plan.header = &header;
	plan.allows = table->allows;
	note_loss(table, anew);
	table->installed = false;
	if (anew) /* else it is read before the sets are filled again */
		usage_read(table->netlink, &ended, NULL);
	result = table_emergency(table, anew, error);
	if (!result)
		table_note_ended(table, &ended, table->birth);
	usage_release(&ended);
	if (!result)
		result = table_apply(table, &plan, now, &changed, error);
	table->plan = kept;
	return result;
}
