// SPDX-License-Identifier: GPL-2.0-or-later
/* A difference in words: a line for each section or setting. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "control/config/difference_internal.h"

#define LINE_MAX 1024 /* a comment of an allow block is all that gets long; it is cut */

struct line {
	char text[LINE_MAX];
	size_t length;
	unsigned parts; /* behind the name */
};

__attribute__((format(printf, 2, 3))) static void say(struct line *line, const char *fmt, ...)
{
	size_t room = sizeof(line->text) - line->length;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line->text + line->length, room, fmt, ap);
	va_end(ap);
	line->length += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* What comes between two parts of a line. */
static const char *next(struct line *line)
{
	return line->parts++ ? ", " : ": ";
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "?";
}

static long long number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static void say_count(struct line *line, const json_t *section, const char *member, const char *one,
		      const char *many, const char *after)
{
	long long count = number_of(section, member);

	if (count)
		say(line, "%s%lld %s%s", next(line), count, count == 1 ? one : many, after);
}

static void say_names(struct line *line, const json_t *section, const char *member,
		      const char *after)
{
	const json_t *names = json_object_get(section, member), *name;
	size_t i;

	json_array_foreach(names, i, name)
		say(line, "%sinterface %s%s", next(line), json_string_value(name), after);
}

static void say_keys(struct line *line, const json_t *section)
{
	const json_t *key;
	size_t i;

	json_array_foreach(json_object_get(section, "keys"), i, key)
		say(line, "%s%s %.200s -> %.200s", next(line), text_of(key, "key"),
		    text_of(key, "old"), text_of(key, "new"));
}

/* Text that was cut in the middle of a character is no JSON string. */
static void append(json_t *lines, const char *text)
{
	char safe[LINE_MAX];

	if (json_array_append_new(lines, json_string(text)))
		json_array_append_new(lines, json_string(log_escape(text, safe, sizeof(safe))));
}

/* Members that a kind of section does not have say nothing. */
static void say_section(json_t *lines, const char *kind, const json_t *section, const char *what)
{
	struct line line = {.parts = 0};

	say(&line, "%s \"%s\" %s", kind, text_of(section, "name"), what);
	if (json_object_get(section, "policy"))
		say(&line, "%spolicy %s", next(&line), text_of(section, "policy"));
	say_keys(&line, section);
	say_count(&line, section, "prefixes", "prefix", "prefixes", "");
	say_names(&line, section, "interfaces", "");
	say_count(&line, section, "prefixes_added", "prefix", "prefixes", " added");
	say_count(&line, section, "prefixes_removed", "prefix", "prefixes", " removed");
	say_names(&line, section, "interfaces_added", " added");
	say_names(&line, section, "interfaces_removed", " removed");
	say_count(&line, section, "entries_added", "entry", "entries", " added");
	say_count(&line, section, "entries_removed", "entry", "entries", " removed");
	append(lines, line.text);
}

static void say_sections(json_t *lines, const char *kind, const json_t *sections)
{
	static const char *const lists[] = {"added", "removed", "changed"};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const json_t *section;
		size_t j;

		json_array_foreach(json_object_get(sections, lists[i]), j, section)
			say_section(lines, kind, section, lists[i]);
	}
}

static void say_setting(json_t *lines, const json_t *setting)
{
	const char *effect = text_of(setting, "effect");
	struct line line = {.parts = 0};

	say(&line, "%s %s -> %s%s", text_of(setting, "key"), text_of(setting, "old"),
	    text_of(setting, "new"),
	    strcmp(effect, "restart") == 0 ?
		    ": takes effect when edge25 is started again" :
	    strcmp(effect, "remove") == 0 ?
		    ": takes effect when the table is made anew, after edge25d "
		    "--remove" :
		    "");
	append(lines, line.text);
}

json_t *difference_summary(const json_t *difference)
{
	json_t *lines = json_array();
	const json_t *setting;
	size_t i;

	say_sections(lines, "policy", json_object_get(difference, "policies"));
	say_sections(lines, "range", json_object_get(difference, "ranges"));
	say_sections(lines, "allow", json_object_get(difference, "allow"));
	json_array_foreach(json_object_get(difference, "settings"), i, setting)
		say_setting(lines, setting);
	if (!json_is_true(json_object_get(difference, "changed")))
		json_array_insert_new(lines, 0, json_string("nothing changed"));
	return lines;
}

const char *difference_line(const json_t *difference, char *text, size_t size)
{
	const json_t *lines = json_object_get(difference, "summary"), *line;
	const size_t rest = sizeof("; and 1000000 more");
	size_t n = 0, i;

	text[0] = '\0';
	json_array_foreach(lines, i, line)
	{
		size_t length = strlen(json_string_value(line)) + 2;

		if (n + length + rest > size) {
			snprintf(text + n, size - n, "%sand %zu more", i ? "; " : "",
				 json_array_size(lines) - i);
			break;
		}
		n += (size_t)snprintf(text + n, size - n, "%s%s", i ? "; " : "",
				      json_string_value(line));
	}
	return text;
}
