/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contained hosts as people read them. */
#ifndef EDGE25CTL_CONTAIN_H
#define EDGE25CTL_CONTAIN_H

#include <jansson.h>

#include "text.h"

/* A table of containments; 0 or -ENOMEM. */
int contained_table(const struct screen *screen, const json_t *contained, unsigned indent);

#endif
