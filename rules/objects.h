/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table's named objects: counters and limits. */
#ifndef EDGE25_RULES_OBJECTS_H
#define EDGE25_RULES_OBJECTS_H

#include "common/plan.h"
#include "rules/batch.h"
#include "rules/dump.h"

/* One that is there stays, with what it counted. */
void counter_create(struct batch *batch, const char *name);
void counter_delete(struct batch *batch, const char *name);

/* All limits, in place of those that are @present. No rule of before may name them: the batch has
 * deleted every rule. */
void limits_put(struct batch *batch, const struct plan_settings *settings,
		const struct name_list *present);

#endif
