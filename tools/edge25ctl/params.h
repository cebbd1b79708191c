/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options as the parameters of a request that have their names. */
#ifndef EDGE25CTL_PARAMS_H
#define EDGE25CTL_PARAMS_H

#include <jansson.h>

#include "arguments.h"

/*
 * Sets each option of @mask that was given: a number or a text, or true for one without a value.
 * "--dry-run" is "dry_run". False: said on stderr.
 */
bool params_set(const struct arguments *arguments, uint64_t mask, json_t *params);

#endif
