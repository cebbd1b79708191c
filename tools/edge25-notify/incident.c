// SPDX-License-Identifier: GPL-2.0-or-later
#include "incident.h"

#include <string.h>

static const struct {
	unsigned bit;
	const char *word;
} names[] = {
	{CHANGE_OPENED, "opened"},
	{CHANGE_CLOSED, "closed"},
	{CHANGE_CLASS, "class"},
	{CHANGE_ACTION, "action"},
};
#define NAMES (sizeof(names) / sizeof(names[0]))

bool incident_word(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length && length < INCIDENT_WORD_MAX && !word[length];
}

static bool read_word(const json_t *document, const char *key, char word[INCIDENT_WORD_MAX])
{
	const char *text = json_string_value(json_object_get(document, key));

	if (!text || !incident_word(text))
		return false;
	strcpy(word, text);
	return true;
}

bool incident_read(const json_t *document, struct incident *incident)
{
	char state[INCIDENT_WORD_MAX];

	incident->id = json_integer_value(json_object_get(document, "id"));
	incident->change = json_integer_value(json_object_get(document, "change"));
	if (incident->id <= 0 || incident->change <= 0 || !read_word(document, "state", state) ||
	    !read_word(document, "class", incident->class) ||
	    !read_word(document, "action", incident->action))
		return false;
	incident->open = !strcmp(state, "open");
	return incident->open || !strcmp(state, "closed");
}

unsigned incident_changes(const struct incident *before, const struct incident *now)
{
	unsigned changes = now->open ? 0 : CHANGE_CLOSED;

	if (!before)
		return changes | CHANGE_OPENED;
	if (strcmp(before->class, now->class) != 0)
		changes |= CHANGE_CLASS;
	if (strcmp(before->action, now->action) != 0)
		changes |= CHANGE_ACTION;
	return changes;
}

unsigned incident_change_named(const char *word, size_t length)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (strlen(names[i].word) == length && !memcmp(names[i].word, word, length))
			return names[i].bit;
	}
	return 0;
}

const char *incident_changes_words(unsigned changes, char words[CHANGES_WORDS_MAX])
{
	char *out = words;

	*out = '\0';
	for (size_t i = 0; i < NAMES; i++) {
		if (!(changes & names[i].bit))
			continue;
		if (out != words)
			*out++ = ',';
		out = stpcpy(out, names[i].word);
	}
	return words;
}

json_t *incident_changes_json(unsigned changes)
{
	json_t *array = json_array();

	for (size_t i = 0; i < NAMES; i++) {
		if (changes & names[i].bit)
			json_array_append_new(array, json_string(names[i].word));
	}
	return array;
}
