// SPDX-License-Identifier: GPL-2.0-or-later
/* edge25ctl allow export: what allow import takes back as it is. */
#include <string.h>
#include <unistd.h>

#include "allow_columns.h"
#include "allow_pages.h"
#include "command.h"
#include "csv_out.h"
#include "field.h"

struct out {
	FILE *file;
	bool terminal; /* which would obey what it is told */
	bool any;
};

/* Byte by byte what was asked for; no cell is guarded against a spreadsheet, or it would not come back. */
static void write_field(const struct out *out, const char *text)
{
	const bool quoted = strpbrk(text, ",\"") || *text == ' ';

	if (out->terminal) {
		csv_field(out->file, text, CSV_EXACT);
		return;
	}
	if (quoted)
		fputc('"', out->file);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out->file);
		fputc(*text, out->file);
	}
	if (quoted)
		fputc('"', out->file);
}

static int write_csv(void *ctx, const json_t *entry)
{
	struct out *out = ctx;

	for (enum allow_column column = 0; column < COLUMNS; column++) {
		const char *name = allow_column_name(column);

		if (column)
			fputc(',', out->file);
		write_field(out, column < COLUMN_WATCHED ? field_text(entry, name) :
				 field_true(entry, name) ? "yes" :
							   "");
	}
	fputs("\r\n", out->file);
	return ferror(out->file);
}

static int write_json(void *ctx, const json_t *entry)
{
	struct out *out = ctx;
	json_t *terms = json_object();

	for (enum allow_column column = 0; column < COLUMNS; column++) {
		json_t *value = json_object_get(entry, allow_column_name(column));

		if (value && !json_is_null(value) && !json_is_false(value))
			json_object_set(terms, allow_column_name(column), value);
	}
	fputs(out->any ? ",\n    " : "\n    ", out->file);
	json_dumpf(terms, out->file, JSON_ENSURE_ASCII | JSON_COMPACT);
	json_decref(terms);
	out->any = true;
	return ferror(out->file);
}

enum exit_code command_allow_export(const struct arguments *arguments, const struct screen *screen)
{
	const bool json = arguments->option[OPTION_JSON];
	struct out out = {.file = screen->out, .terminal = isatty(fileno(screen->out))};
	enum exit_code code;

	if (json) {
		fputs("{\n  \"entries\": [", out.file);
	} else {
		for (enum allow_column column = 0; column < COLUMNS; column++)
			fprintf(out.file, "%s%s", column ? "," : "", allow_column_name(column));
		fputs("\r\n", out.file);
	}
	code = allow_pages(arguments, json_pack("{s:s}", "origin", "socket"), -1,
			   json ? write_json : write_csv, &out, NULL);
	if (json && code == EXIT_OK)
		fputs(out.any ? "\n  ]\n}\n" : "]\n}\n", out.file);
	return code;
}
