/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of objects as a table. */
#ifndef EDGE25CTL_ROWS_H
#define EDGE25CTL_ROWS_H

#include <jansson.h>

#include "table.h"

/* Adds a cell for each column. */
typedef void row_add(struct table *table, const json_t *object);

/* @columns end with a title that is NULL. What cannot be printed for want of memory is said on stderr. */
void rows_print(const struct screen *screen, const struct column *columns, row_add *add,
		const json_t *list, unsigned indent);

#endif
