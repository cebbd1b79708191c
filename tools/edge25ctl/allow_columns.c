// SPDX-License-Identifier: GPL-2.0-or-later
#include "allow_columns.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const names[COLUMNS] = {
	[COLUMN_FROM] = "from",       [COLUMN_TO] = "to",           [COLUMN_EXPIRES] = "expires",
	[COLUMN_COMMENT] = "comment", [COLUMN_WATCHED] = "watched", [COLUMN_ALWAYS] = "always"};

const char *allow_column_name(enum allow_column column)
{
	return names[column];
}

int allow_columns_read(struct allow_columns *columns, const struct csv_in *csv, char *error,
		       size_t size)
{
	bool there[COLUMNS] = {0};

	columns->count = csv->count;
	for (size_t i = 0; i < csv->count; i++) {
		enum allow_column column = 0;

		while (column < COLUMNS && strcmp(names[column], csv->field[i]) != 0)
			column++;
		if (column == COLUMNS)
			snprintf(error, size,
				 "no column has the name '%.64s': the header has some of "
				 "from,to,expires,comment,watched,always",
				 csv->field[i]);
		else if (there[column])
			snprintf(error, size, "column %s is there twice", names[column]);
		if (column == COLUMNS || there[column])
			return -EINVAL;
		there[column] = true;
		columns->column[i] = column;
	}
	if (there[COLUMN_FROM] || there[COLUMN_TO])
		return 0;
	snprintf(error, size, "expected a header with from or to, such as from,to,expires,comment");
	return -EINVAL;
}

/* 1 or 0; -1: neither. */
static int flag_of(const char *text)
{
	static const char *const on[] = {"yes", "true", "1"}, *const off[] = {"no", "false", "0"};

	for (size_t i = 0; i < 3; i++) {
		if (strcasecmp(text, on[i]) == 0)
			return 1;
		if (strcasecmp(text, off[i]) == 0)
			return 0;
	}
	return -1;
}

static int put(json_t *entry, enum allow_column column, const char *text, char *error, size_t size)
{
	int flag;

	if (!*text)
		return 0;
	if (column < COLUMN_WATCHED)
		return json_object_set_new(entry, names[column], json_string(text));
	flag = flag_of(text);
	if (flag >= 0)
		return json_object_set_new(entry, names[column], json_boolean(flag));
	snprintf(error, size, "%s: '%.64s' is neither yes nor no", names[column], text);
	return -EINVAL;
}

json_t *allow_columns_entry(const struct allow_columns *columns, const struct csv_in *csv,
			    char *error, size_t size)
{
	json_t *entry = NULL;
	int result = csv->count == columns->count ? 0 : -EINVAL;

	snprintf(error, size, "no memory");
	if (result)
		snprintf(error, size,
			 "%zu fields, and the header has %zu (a comma in a field? "
			 "then put the field in quotes)",
			 csv->count, columns->count);
	else
		entry = json_pack("{s:I}", "line", (json_int_t)csv->line);
	for (size_t i = 0; i < csv->count && entry && !result; i++)
		result = put(entry, columns->column[i], csv->field[i], error, size);
	if (!result)
		return entry;
	json_decref(entry);
	return NULL;
}
