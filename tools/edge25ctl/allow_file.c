// SPDX-License-Identifier: GPL-2.0-or-later
#include "allow_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allow_columns.h"
#include "csv_in.h"
#include "text.h"

#define SAID_MAX 20
#define PLACE_MAX 512

struct allow_file {
	const char *name;
	char *text;
	size_t length;
	struct csv_in csv;
	struct allow_columns columns;
	json_t *json; /* of a JSON file: its entries; else NULL */
	size_t next;  /* the first of them that was not handed out */
	size_t wrong;
};

const char *allow_file_place(const struct allow_file *file, json_int_t line, char *text,
			     size_t size)
{
	const char *name = strcmp(file->name, "-") ? file->name : "standard input";

	snprintf(text, size, file->json ? "%s: entry %lld" : "%s:%lld", name, (long long)line);
	return text;
}

static void say(struct allow_file *file, uint64_t line, const char *what)
{
	char place[PLACE_MAX];

	if (file->wrong++ < SAID_MAX)
		text_error("%s: %s", allow_file_place(file, (json_int_t)line, place, sizeof(place)),
			   what);
}

/* --- reading --- */

static int read_all(struct allow_file *file, FILE *in)
{
	size_t room = 0;

	while (!feof(in) && !ferror(in)) {
		if (room - file->length < 2) {
			char *text;

			room = room ? 2 * room : 65536;
			text = room > 2u * ALLOW_FILE_MAX ? NULL : realloc(file->text, room);
			if (!text)
				return room > 2u * ALLOW_FILE_MAX ? -EFBIG : -ENOMEM;
			file->text = text;
		}
		file->length += fread(file->text + file->length, 1, room - file->length - 1, in);
	}
	file->text[file->length] = '\0';
	return ferror(in) ? -EIO : 0;
}

static int read_file(struct allow_file *file)
{
	FILE *in = strcmp(file->name, "-") ? fopen(file->name, "re") : stdin;
	int error = in ? read_all(file, in) : -errno;

	if (in && in != stdin)
		fclose(in);
	if (error)
		text_error("cannot read %s: %s",
			   strcmp(file->name, "-") ? file->name : "standard input",
			   strerror(-error));
	return error;
}

/* --- CSV --- */

static int start_csv(struct allow_file *file)
{
	char error[256];
	int got;

	csv_in_end(&file->csv);
	csv_in_start(&file->csv, file->text, file->length);
	got = csv_in_next(&file->csv);
	if (got == 1) {
		if (!allow_columns_read(&file->columns, &file->csv, error, sizeof(error)))
			return 0;
		say(file, file->csv.line, error);
	} else if (got == 0) {
		text_error("%s is empty: expected a header such as from,to,expires,comment",
			   strcmp(file->name, "-") ? file->name : "standard input");
	} else {
		say(file, file->csv.line, got == -ENOMEM ? "no memory" : file->csv.error);
	}
	return -EINVAL;
}

/* A record, or NULL: *got is 0 at the end, else what is wrong was said. */
static json_t *next_record(struct allow_file *file, int *got)
{
	char error[256];
	json_t *entry;

	*got = csv_in_next(&file->csv);
	if (*got < 0)
		say(file, file->csv.line, *got == -ENOMEM ? "no memory" : file->csv.error);
	if (*got != 1)
		return NULL;
	entry = allow_columns_entry(&file->columns, &file->csv, error, sizeof(error));
	if (!entry)
		say(file, file->csv.line, error);
	return entry;
}

/* Once over all lines, so that nothing is sent of a file that cannot be read. */
static int check_csv(struct allow_file *file)
{
	int got = 1;

	if (start_csv(file))
		return -EINVAL;
	while (got) {
		json_decref(next_record(file, &got));
		if (got == -ENOMEM)
			return got;
	}
	return file->wrong ? -EINVAL : start_csv(file);
}

/* --- JSON --- */

/* What allow list --json and allow export --json say of an entry and import does not take. */
static bool is_passed_over(const char *name)
{
	static const char *const names[] = {"id",   "name", "remaining", "origin",    "added",
					    "hits", "used", "by",        "addresses", NULL};

	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_configured(const json_t *entry)
{
	const char *origin = json_string_value(json_object_get(entry, "origin"));

	return origin && strcmp(origin, "configuration") == 0;
}

/* Leaves what allow.import takes; unknown members stay, and control says so. */
static void strip(json_t *entry)
{
	const char *name;
	json_t *value;
	void *tmp;

	json_object_foreach_safe(entry, tmp, name, value)
	{
		if (json_is_null(value) || is_passed_over(name))
			json_object_del(entry, name);
	}
}

static int read_json(struct allow_file *file)
{
	json_error_t error;
	json_t *whole = json_loadb(file->text, file->length, JSON_REJECT_DUPLICATES, &error);
	json_t *entries = json_is_object(whole) ? json_object_get(whole, "entries") : whole, *entry;
	size_t i;

	file->json = json_array();
	if (!whole)
		text_error("%s:%d: not JSON: %s", file->name, error.line, error.text);
	else if (!json_is_array(entries))
		text_error("%s: expected an array of entries, or an object with one that has the "
			   "name \"entries\"",
			   file->name);
	if (!json_is_array(entries) || !file->json) {
		json_decref(whole);
		return -EINVAL;
	}
	json_array_foreach(entries, i, entry)
	{
		if (!json_is_object(entry)) {
			say(file, i + 1, "expected an object");
			continue;
		}
		if (is_configured(entry))
			continue;
		strip(entry);
		json_object_set_new(entry, "line", json_integer((json_int_t)i + 1));
		json_array_append(file->json, entry);
	}
	json_decref(whole);
	return file->wrong ? -EINVAL : 0;
}

static bool looks_like_json(const struct allow_file *file)
{
	const char *text = file->text;

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	text += strspn(text, " \t\r\n");
	return *text == '{' || *text == '[';
}

/* --- */

struct allow_file *allow_file_open(const char *name)
{
	struct allow_file *file = calloc(1, sizeof(*file));
	int error;

	if (!file) {
		text_error("no memory");
		return NULL;
	}
	file->name = name;
	error = read_file(file);
	if (!error)
		error = looks_like_json(file) ? read_json(file) : check_csv(file);
	if (!error)
		return file;
	if (file->wrong > SAID_MAX)
		text_error("and %zu other lines are wrong", file->wrong - SAID_MAX);
	if (file->wrong)
		text_error("nothing was changed");
	allow_file_close(file);
	return NULL;
}

void allow_file_close(struct allow_file *file)
{
	if (!file)
		return;
	csv_in_end(&file->csv);
	json_decref(file->json);
	free(file->text);
	free(file);
}

/* The next entry; NULL at the end. */
static json_t *next_entry(struct allow_file *file)
{
	int got;

	if (!file->json)
		return next_record(file, &got);
	return json_incref(json_array_get(file->json, file->next++));
}

/* What it takes in a request at most. */
static size_t bytes_of(const json_t *entry)
{
	const size_t bytes = json_dumpb(entry, NULL, 0, JSON_COMPACT);

	return bytes + 1;
}

json_t *allow_file_part(struct allow_file *file, bool *more)
{
	json_t *part = json_array(), *entry = NULL;
	size_t bytes = 0;

	while (part && bytes < ALLOW_FILE_PART && (entry = next_entry(file))) {
		bytes += bytes_of(entry);
		if (json_array_append_new(part, entry)) {
			json_decref(part);
			return NULL;
		}
	}
	*more = entry != NULL;
	return part;
}
