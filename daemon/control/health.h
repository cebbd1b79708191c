/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong now (problems) and what was lost so far (losses), each with its name and in words. */
#ifndef EDGE25_CONTROL_HEALTH_H
#define EDGE25_CONTROL_HEALTH_H

#include <jansson.h>

#include "control.h"

/* [{name, text}]; empty: healthy. @fresh: did the engine answer just now? */
json_t *health_problems(const struct control *control, bool fresh);
/* [{name, count, text}] of all that is not 0. */
json_t *health_losses(const struct control *control);

#endif
