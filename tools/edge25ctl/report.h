/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report that is read once a week. */
#ifndef EDGE25CTL_REPORT_H
#define EDGE25CTL_REPORT_H

#include <jansson.h>

#include "text.h"

/* What the method `report` returned, as a page. 0 or -ENOMEM. */
int report_print(const struct screen *screen, const json_t *report);

/* The same as CSV: a record for each thing that the report has. */
void report_csv(FILE *out, const json_t *report);

#endif
