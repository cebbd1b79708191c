/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as people read them. */
#ifndef EDGE25CTL_EVENT_H
#define EDGE25CTL_EVENT_H

#include <jansson.h>

#include "text.h"

/* One line for one event: an alert as events.json has it, or whatever else came. */
void event_print(const struct screen *screen, const json_t *event);

/* One line for what a person changed: "2026-... alice (uid 1000) allow.add: ...". */
void change_print(const struct screen *screen, const json_t *change);

#endif
