/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Families of metrics as OpenMetrics text. */
#ifndef EDGE25CTL_OPENMETRICS_H
#define EDGE25CTL_OPENMETRICS_H

#include <jansson.h>
#include <stdio.h>

/*
 * What the method `metrics` replied; nothing in it is trusted to be what it should. The end mark is there,
 * so a text that was cut off is told from a whole one.
 */
void openmetrics_write(FILE *out, const json_t *families);

#endif
