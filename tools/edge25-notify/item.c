// SPDX-License-Identifier: GPL-2.0-or-later
#include "item.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ASCII alone: what a lease's host name has in it reaches nobody's terminal. */
#define JSON_FORM (JSON_COMPACT | JSON_ENSURE_ASCII)

struct item *item_find(struct item *items, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (items[i].incident.id == id)
			return &items[i];
	}
	return NULL;
}

size_t item_place(const struct item *sorted, size_t count, int64_t id)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sorted[middle].incident.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Goes into the environment of a command, so nothing but what an address is made of. */
static void read_host(const json_t *document, char host[ITEM_HOST_MAX])
{
	const char *text = json_string_value(json_object_get(document, "host"));

	*host = '\0';
	if (text && strlen(text) < ITEM_HOST_MAX &&
	    !text[strspn(text, "0123456789abcdefABCDEF.:/")])
		strcpy(host, text);
}

/* jansson takes DEL for a character as any other. It is never outside of a string. */
static char *escape_delete(char *text)
{
	size_t count = 0;
	char *escaped, *out;

	for (const char *p = text; *p; p++)
		count += *p == '\x7f';
	if (!count)
		return text;
	out = escaped = malloc(strlen(text) + count * strlen("\\u007f") + 1);
	for (const char *p = text; escaped && *p; p++) {
		if (*p == '\x7f')
			out = stpcpy(out, "\\u007f");
		else
			*out++ = *p;
	}
	if (escaped)
		*out = '\0';
	free(text);
	return escaped;
}

static char *dump(const json_t *document)
{
	char *text = document ? json_dumps(document, JSON_FORM) : NULL;

	if (text)
		text = escape_delete(text);
	if (text && strlen(text) <= ITEM_TEXT_MAX)
		return text;
	free(text);
	return NULL;
}

/* What is left of one that is too long. */
static json_t *essence(const struct item *item)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:o}", "id", (json_int_t)item->incident.id,
			 "change", (json_int_t)item->incident.change, "state",
			 item->incident.open ? "open" : "closed", "host", item->host, "class",
			 item->incident.class, "action", item->incident.action, "changed",
			 incident_changes_json(item->changes));
}

int item_write(struct item *item, const json_t *document)
{
	json_t *copy = json_deep_copy(document);

	read_host(document, item->host);
	if (copy)
		json_object_set_new(copy, "changed", incident_changes_json(item->changes));
	item->text = dump(copy);
	if (!item->text && copy) {
		json_object_set_new(copy, "evidence", json_array());
		item->text = dump(copy);
	}
	json_decref(copy);
	if (!item->text) {
		copy = essence(item);
		item->text = dump(copy);
		json_decref(copy);
	}
	return item->text ? 0 : -ENOMEM;
}

void item_free(struct item *item)
{
	free(item->text);
	item->text = NULL;
}

/* --- digest --- */

static void tally(json_t *object, const char *word)
{
	json_int_t count = json_integer_value(json_object_get(object, word));

	json_object_set_new(object, word, json_integer(count + 1));
}

static void tally_items(const struct item *items, size_t count, json_t *classes, json_t *changes)
{
	for (size_t i = 0; i < count; i++) {
		for (unsigned bit = 1; bit <= CHANGE_ACTION; bit <<= 1) {
			char words[CHANGES_WORDS_MAX];

			if (items[i].changes & bit)
				tally(changes, incident_changes_words(bit, words));
		}
		tally(classes, items[i].incident.class);
	}
}

/* Puts the texts, which are JSON already, into the object @head. */
static char *join(const char *head, const struct item *items, size_t count, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	fprintf(out, "%.*s,\"incidents\":[", (int)strlen(head) - 1, head);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? "," : "", items[i].text);
	fputs("]}\n", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *item_digest(const struct item *items, size_t count, const struct item *left,
		  size_t left_count, json_t *figures, size_t *length)
{
	json_t *classes = json_object(), *changes = json_object();
	char *head = NULL, *text = NULL;

	tally_items(items, count, classes, changes);
	tally_items(left, left_count, classes, changes);
	if (json_object_set_new(figures, "classes", classes) == 0 &&
	    json_object_set_new(figures, "changed", changes) == 0)
		head = json_dumps(figures, JSON_FORM);
	if (head)
		text = join(head, items, count, length);
	free(head);
	json_decref(figures);
	return text;
}
