/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is looked at to say whether edge25 does its work, each check with its result in words. A
 * problem is something that is wrong now, or was within the last hour where it costs answers; it makes
 * status unhealthy. A warning is over, or is meant so: it is shown and no more.
 */
#ifndef EDGE25_CONTROL_HEALTH_H
#define EDGE25_CONTROL_HEALTH_H

#include <jansson.h>

#include "control/control.h"

enum health_state { HEALTH_OK, HEALTH_WARNING, HEALTH_PROBLEM };

extern const char *const health_words[]; /* by enum health_state, NULL at the end */

/* Every check there may be, NULL at the end. */
extern const char *const health_names[];

/* [{name, state, text}], in the order in which a person reads them. @fresh: did the engine answer just now? */
json_t *health_checks(const struct control *control, bool fresh);
/* Of these, [{name, text}] of the problems; empty: healthy. */
json_t *health_problems(const json_t *checks);

/* Is there a range that port 25 may be refused for, and has the kernel been told of it? */
bool health_enforcing(const struct control *control);

#endif
