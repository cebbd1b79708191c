/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thresholds of a policy as keys of its section. */
#ifndef EDGE25_CONTROL_CONFIG_THRESHOLDS_H
#define EDGE25_CONTROL_CONFIG_THRESHOLDS_H

#include <confuse.h>
#include <stddef.h>

#include "control/config/config.h"
#include "control/config/thresholds.h"

#define THRESHOLDS_MAX 32
#define THRESHOLD_TEXT_MAX 32

/* Key @index, or NULL behind the last one. */
const char *thresholds_key(size_t index);
/* As it would stand in the file. */
void thresholds_text(const struct thresholds *thresholds, size_t index,
		     char text[THRESHOLD_TEXT_MAX]);
void thresholds_preset(struct thresholds *thresholds);
/* From the section of policy @name; what is not there has its preset. */
int thresholds_read(cfg_t *section, const char *name, struct thresholds *thresholds,
		    struct config_error *error);

#endif
