// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "csv_out.h"
#include "field.h"
#include "number.h"
#include "params.h"
#include "table.h"

#define LINES_PRESET 100
#define LINES_REPLY 1000
#define MINUTE_MAX 17
#define FILTERS (OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_USER))

static const char *const history_csv[] = {"line",    "time",    "action",  "entry",   "from",
					  "to",      "expires", "comment", "watched", "always",
					  "by.user", "by.uid",  NULL};

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Goes on until there are @limit lines, or no more. */
static enum exit_code gather(const struct arguments *arguments, json_t *params, int64_t limit,
			     json_t *lines)
{
	struct rpc rpc;
	enum exit_code code = request_open(arguments, ACCESS_READ, &rpc);
	bool more = true;

	while (code == EXIT_OK && more) {
		const int64_t left = limit - (int64_t)json_array_size(lines);
		json_t *result;

		json_object_set_new(params, "limit", json_integer(smaller(left, LINES_REPLY)));
		code = request_call(&rpc, "allow.history", json_incref(params), &result);
		if (code != EXIT_OK)
			break;
		json_array_extend(lines, json_object_get(result, "lines"));
		json_object_set(params, "before", json_object_get(result, "next"));
		more = json_is_integer(json_object_get(result, "next")) &&
		       (int64_t)json_array_size(lines) < limit;
		json_decref(result);
	}
	rpc_close(&rpc);
	return code;
}

/* "2026-11-22 16:41" */
static const char *minute(const char *time, char text[MINUTE_MAX])
{
	if (strlen(time) < MINUTE_MAX)
		return time;
	snprintf(text, MINUTE_MAX, "%.10s %.5s", time, time + 11);
	return text;
}

static void add_row(struct table *table, const json_t *line)
{
	const char *from = field_text(line, "from"), *to = field_text(line, "to");
	const bool entry = json_is_integer(json_object_get(line, "entry"));
	const json_t *by = json_object_get(line, "by");
	char time[MINUTE_MAX];

	table_add(table, minute(field_text(line, "time"), time));
	table_add(table, field_text(line, "action"));
	if (entry)
		table_add_number(table, field_number(line, "entry"));
	else
		table_add(table, "");
	table_add(table, *from || !entry ? from : "any");
	table_add(table, *to || !entry ? to : "any");
	table_add(table, field_text(by, "user"));
	table_add(table, field_text(line, "comment"));
}

static void print(const struct screen *screen, const json_t *result)
{
	static const struct column columns[] = {
		{.title = "TIME UTC"},
		{.title = "ACTION"},
		{.title = "ENTRY", .right = true, .optional = true},
		{.title = "FROM", .shrink = 18, .whole = true, .optional = true},
		{.title = "TO", .shrink = 18, .whole = true, .optional = true},
		{.title = "BY", .shrink = 8},
		{.title = "COMMENT", .shrink = 16},
	};
	const json_t *lines = json_object_get(result, "lines"), *line;
	struct table *table =
		table_new(columns, sizeof(columns) / sizeof(columns[0]), screen->utf8);
	size_t i;

	json_array_foreach(lines, i, line) add_row(table, line);
	if (!json_array_size(lines))
		fputs("nothing was changed\n", screen->out);
	else if (table_print(table, screen, 0))
		text_error("no memory");
	table_free(table);
}

enum exit_code command_allow_history(const struct arguments *arguments, const struct screen *screen)
{
	json_t *params, *lines, *result;
	json_int_t limit, id = 0;
	enum exit_code code;

	if (!number_option(arguments, OPTION_LIMIT, LINES_PRESET, &limit) ||
	    (arguments->operands && !number_operand(arguments, 0, &id)))
		return EXIT_TROUBLE;
	params = json_object();
	if (id)
		json_object_set_new(params, "entry", json_integer(id));
	if (!params_set(arguments, FILTERS, params)) {
		json_decref(params);
		return EXIT_TROUBLE;
	}
	lines = json_array();
	code = gather(arguments, params, limit, lines);
	json_decref(params);
	result = json_pack("{s:o}", "lines", lines);
	if (code == EXIT_OK)
		request_show_list(arguments, screen, result, print, "lines", history_csv);
	json_decref(result);
	return code;
}
