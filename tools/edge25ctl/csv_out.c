// SPDX-License-Identifier: GPL-2.0-or-later
#include "csv_out.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

#define NAME_MAX_BYTES 64 /* of the first half of "by.user" */

void csv_field(FILE *out, const char *text, enum csv_texts texts)
{
	/* Control characters are written as \xNN, so no record has more than one line. */
	char *safe = text_safe(text, true);
	const bool guarded = texts == CSV_GUARDED && *text && strchr("=+-@", *text);
	const bool quoted = safe && (strpbrk(safe, ",\"") || *safe == ' ');

	fprintf(out, "%s%s", quoted ? "\"" : "", guarded ? "'" : "");
	for (const char *p = safe; p && *p; p++)
		fprintf(out, "%s%c", *p == '"' ? "\"" : "", *p);
	fputs(quoted ? "\"" : "", out);
	free(safe);
}

static const json_t *member(const json_t *row, const char *column)
{
	const char *dot = strchr(column, '.');
	char first[NAME_MAX_BYTES];

	if (!dot || (size_t)(dot - column) >= sizeof(first))
		return json_object_get(row, column);
	memcpy(first, column, (size_t)(dot - column));
	first[dot - column] = '\0';
	return json_object_get(json_object_get(row, first), dot + 1);
}

static void print_list(FILE *out, const json_t *list, enum csv_texts texts)
{
	char *text = NULL;
	size_t size = 0, i;
	FILE *joined = open_memstream(&text, &size);
	const json_t *one;

	if (!joined)
		return;
	json_array_foreach(list, i, one) fprintf(joined, "%s%s", i ? "; " : "",
						 json_is_string(one) ? json_string_value(one) : "");
	if (!fclose(joined))
		csv_field(out, text, texts);
	free(text);
}

static void print_value(FILE *out, const json_t *value, enum csv_texts texts)
{
	if (json_is_string(value))
		csv_field(out, json_string_value(value), texts);
	else if (json_is_integer(value))
		fprintf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%g", json_real_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "true" : "false", out);
	else if (json_is_array(value))
		print_list(out, value, texts);
}

void csv_header(FILE *out, const char *const *columns)
{
	for (size_t column = 0; columns[column]; column++) {
		fputs(column ? "," : "", out);
		csv_field(out, columns[column], CSV_EXACT);
	}
	fputs("\r\n", out);
}

void csv_rows(FILE *out, const json_t *rows, const char *const *columns, enum csv_texts texts)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		for (size_t column = 0; columns[column]; column++) {
			fputs(column ? "," : "", out);
			print_value(out, member(row, columns[column]), texts);
		}
		fputs("\r\n", out);
	}
}

void csv_print(FILE *out, const json_t *rows, const char *const *columns, enum csv_texts texts)
{
	csv_header(out, columns);
	csv_rows(out, rows, columns, texts);
}
