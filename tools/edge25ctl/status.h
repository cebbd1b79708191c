/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status page. */
#ifndef EDGE25CTL_STATUS_H
#define EDGE25CTL_STATUS_H

#include <jansson.h>

#include "text.h"

/* What the method `status` returned, as a page: problems first. 0 or -ENOMEM. */
int status_print(const struct screen *screen, const json_t *status);

#endif
