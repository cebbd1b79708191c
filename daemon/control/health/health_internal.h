/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between health.c and health_storage.c. Nobody else includes it. */
#ifndef EDGE25_CONTROL_HEALTH_INTERNAL_H
#define EDGE25_CONTROL_HEALTH_INTERNAL_H

#include "control/health/health.h"

/* Adds what was looked at under @name. */
__attribute__((format(printf, 4, 5))) void
health_check(json_t *checks, const char *name, enum health_state state, const char *fmt, ...);
/* The database, the disks, events.json. */
void health_storage(const struct control *control, json_t *checks);

#endif
