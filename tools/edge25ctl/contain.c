// SPDX-License-Identifier: GPL-2.0-or-later
#include "contain.h"

#include <stdlib.h>

#include "command.h"
#include "field.h"
#include "table.h"

/* Who did it: a user, or edge25 itself, and how often that. */
static const char *by_text(const json_t *contained, char text[TEXT_NUMBER_MAX + 16])
{
	const char *user = field_text(json_object_get(contained, "by"), "user");
	const long long times = field_number(contained, "times");

	if (*user || !field_true(contained, "automatic"))
		return user;
	if (times < 2)
		return "edge25";
	snprintf(text, TEXT_NUMBER_MAX + 16, "edge25, %lld times", times);
	return text;
}

int contained_table(const struct screen *screen, const json_t *contained, unsigned indent)
{
	static const struct column columns[] = {
		{.title = "HOST", .shrink = 18, .whole = true},
		{.title = "LEFT", .right = true},
		{.title = "UNTIL", .drop = 2},
		{.title = "BY", .shrink = 8},
		{.title = "STATE", .optional = true},
		{.title = "COMMENT", .shrink = 16, .drop = 1},
	};
	struct table *table =
		table_new(columns, sizeof(columns) / sizeof(columns[0]), screen->utf8);
	char text[TEXT_NUMBER_MAX + 16];
	const json_t *one;
	size_t i;
	int error;

	json_array_foreach(contained, i, one)
	{
		table_add(table, field_text(one, "host"));
		table_add_duration(table, field_number(one, "remaining"));
		table_add(table, field_text(one, "until"));
		table_add(table, by_text(one, text));
		table_add(table, field_true(one, "applied") ? "" : "waits for the engine");
		table_add(table, field_text(one, "comment"));
	}
	error = table_print(table, screen, indent);
	table_free(table);
	return error;
}

static void contain_print(const struct screen *screen, const json_t *result)
{
	char left[TEXT_DURATION_MAX], text[512];
	const bool applied = field_true(result, "applied");

	snprintf(text, sizeof(text), "%s %s for %s, until %s", field_text(result, "host"),
		 applied ? "is contained" : "will be contained",
		 text_duration(field_number(result, "remaining"), left),
		 field_text(result, "until"));
	screen_safe(screen, STYLE_PLAIN, text);
	fputc('\n', screen->out);
}

static void release_print(const struct screen *screen, const json_t *result)
{
	char text[512];

	snprintf(text, sizeof(text), "%s %s",
		 field_text(json_object_get(result, "released"), "host"),
		 field_true(result, "applied") ? "is released" : "will be released");
	screen_safe(screen, STYLE_PLAIN, text);
	fputc('\n', screen->out);
}

enum exit_code command_contain(const struct arguments *arguments, const struct screen *screen)
{
	return request_change(arguments, screen, "contain",
			      json_pack("{s:s, s:s*, s:s*}", "host", arguments->operand[0], "for",
					arguments->option[OPTION_FOR], "comment",
					arguments->option[OPTION_COMMENT]),
			      contain_print);
}

enum exit_code command_release(const struct arguments *arguments, const struct screen *screen)
{
	return request_change(arguments, screen, "release",
			      json_pack("{s:s}", "host", arguments->operand[0]), release_print);
}
