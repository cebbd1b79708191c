/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status page. */
#ifndef EDGE25CTL_STATUS_H
#define EDGE25CTL_STATUS_H

#include <jansson.h>

#include "text.h"

/* What the method `status` returned, as a page: problems first. 0 or -ENOMEM. */
int status_print(const struct screen *screen, const json_t *status);

/* Of that page: open incidents and contained hosts; nothing where there are none. 0 or -ENOMEM. */
int status_incidents_print(const struct screen *screen, const json_t *status);
/* "2 infected, 1 suspect", of an object with a number for each class. */
void status_classes(const json_t *counts, char *text, size_t size);

#endif
