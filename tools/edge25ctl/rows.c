// SPDX-License-Identifier: GPL-2.0-or-later
#include "rows.h"

void rows_print(const struct screen *screen, const struct column *columns, row_add *add,
		const json_t *list, unsigned indent)
{
	struct table *table;
	const json_t *object;
	size_t count = 0, i;

	while (columns[count].title)
		count++;
	table = table_new(columns, count, screen->utf8);
	json_array_foreach(list, i, object) add(table, object);
	if (table_print(table, screen, indent))
		text_error("no memory");
	table_free(table);
}
