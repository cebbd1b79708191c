// SPDX-License-Identifier: GPL-2.0-or-later
#include "entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "table.h"

#define ID_TEXT_MAX 128
#define ADDRESSES_TEXT_MAX 80

/* Its number, or the name that the configuration gives it. */
static const char *entry_id(const json_t *entry, char text[ID_TEXT_MAX])
{
	if (json_is_integer(json_object_get(entry, "id")))
		snprintf(text, ID_TEXT_MAX, "%lld", (long long)field_number(entry, "id"));
	else
		snprintf(text, ID_TEXT_MAX, "%s", field_text(entry, "name"));
	return text;
}

static const char *entry_end(const json_t *entry, const char *name)
{
	const char *text = field_text(entry, name);

	return *text ? text : "any";
}

static bool entry_expires(const json_t *entry)
{
	return json_is_number(json_object_get(entry, "remaining"));
}

static const char *entry_left(const json_t *entry, char text[TEXT_DURATION_MAX])
{
	if (!entry_expires(entry))
		return "-";
	return text_duration(field_number(entry, "remaining"), text);
}

static const char *entry_by(const json_t *entry)
{
	const json_t *by = json_object_get(entry, "by");
	const char *user = field_text(by, "user");

	const char *origin = field_text(entry, "origin");

	if (*user)
		return user;
	return !strcmp(origin, "configuration") ? "config" : origin;
}

/* "watched: ", what it does besides letting through, before the comment. */
static const char *entry_way(const json_t *entry)
{
	if (json_is_true(json_object_get(entry, "watched")))
		return "watched: ";
	return json_is_true(json_object_get(entry, "always")) ? "always: " : "";
}

/* What a name stands for: "203.0.113.25, +3 more"; "" where there is no name. */
static const char *entry_addresses(const json_t *entry, char text[ADDRESSES_TEXT_MAX])
{
	const json_t *addresses = json_object_get(entry, "addresses");
	const size_t count = json_array_size(addresses);
	const char *first = json_string_value(json_array_get(addresses, 0));

	if (count > 1)
		snprintf(text, ADDRESSES_TEXT_MAX, "%s, +%zu more", first ? first : "?", count - 1);
	else
		snprintf(text, ADDRESSES_TEXT_MAX, "%s",
			 first     ? first :
			 addresses ? "no address" :
				     "");
	return text;
}

void entry_print(const struct screen *screen, const char *verb, const json_t *entry)
{
	char id[ID_TEXT_MAX];
	char left[TEXT_DURATION_MAX];
	const char *comment = field_text(entry, "comment");
	bool expires = entry_expires(entry);
	char addresses[ADDRESSES_TEXT_MAX];
	const bool named = *entry_addresses(entry, addresses);
	char *line = NULL;

	if (asprintf(&line, "%s %s: %s%s -> %s%s%s%s, %s%s%s%s", verb, entry_id(entry, id),
		     entry_way(entry), entry_end(entry, "from"), entry_end(entry, "to"),
		     named ? " (" : "", addresses, named ? ")" : "",
		     expires ? entry_left(entry, left) : "no expiry", expires ? " left" : "",
		     *comment ? ": " : "", comment) < 0)
		line = NULL;
	screen_safe(screen, STYLE_PLAIN, line ? line : verb);
	fputc('\n', screen->out);
	free(line);
}

int entry_table(const struct screen *screen, const json_t *entries, unsigned indent)
{
	static const struct column columns[] = {
		{.title = "ID", .right = true, .shrink = 12},
		{.title = "FROM", .shrink = 18, .whole = true},
		{.title = "TO", .shrink = 18, .whole = true},
		{.title = "ADDRESSES", .shrink = 22, .drop = 1, .optional = true},
		{.title = "LEFT", .right = true},
		{.title = "EXPIRES", .drop = 4},
		{.title = "BY", .shrink = 8, .drop = 2},
		{.title = "ADDED", .drop = 5},
		{.title = "HITS", .right = true, .drop = 3},
		{.title = "USED", .drop = 6},
		{.title = "COMMENT", .shrink = 16},
	};
	struct table *table =
		table_new(columns, sizeof(columns) / sizeof(columns[0]), screen->utf8);
	char id[ID_TEXT_MAX];
	char left[TEXT_DURATION_MAX];
	char addresses[ADDRESSES_TEXT_MAX];
	const json_t *entry;
	char *comment;
	size_t i;
	int error;

	json_array_foreach(entries, i, entry)
	{
		const char *expires = field_text(entry, "expires");
		const char *used = field_text(entry, "used");

		table_add(table, entry_id(entry, id));
		table_add(table, entry_end(entry, "from"));
		table_add(table, entry_end(entry, "to"));
		table_add(table, entry_addresses(entry, addresses));
		table_add(table, entry_left(entry, left));
		table_add(table, *expires ? expires : "never");
		table_add(table, entry_by(entry));
		table_add(table, field_text(entry, "added"));
		table_add_number(table, field_number(entry, "hits"));
		table_add(table, *used ? used : "never");
		if (asprintf(&comment, "%s%s", entry_way(entry), field_text(entry, "comment")) < 0)
			comment = NULL;
		table_add(table, comment ? comment : "");
		free(comment);
	}
	error = table_print(table, screen, indent);
	table_free(table);
	return error;
}
