/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What edge25-notify must know of an incident as edge25-rpc(7) describes it, and what has changed
 * about it since the operator was last told. The rest of the document is handed on as it came.
 */
#ifndef EDGE25_NOTIFY_INCIDENT_H
#define EDGE25_NOTIFY_INCIDENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define INCIDENT_WORD_MAX 16 /* with its NUL: "misconfigured" */

struct incident {
	int64_t id;
	int64_t change;
	bool open;
	char class[INCIDENT_WORD_MAX];
	char action[INCIDENT_WORD_MAX];
};

enum {
	CHANGE_OPENED = 1,
	CHANGE_CLOSED = 2,
	CHANGE_CLASS = 4,
	CHANGE_ACTION = 8,
};
#define CHANGES_PRESET (CHANGE_OPENED | CHANGE_CLOSED | CHANGE_CLASS)
#define CHANGES_WORDS_MAX 32 /* "opened,closed,class,action" */

/* False: the document is none. */
bool incident_read(const json_t *document, struct incident *incident);
/* Lower-case letters, digits and '-', neither empty nor too long: safe in a file and a log. */
bool incident_word(const char *word);

/* What is new in @now for somebody who was told @before (NULL: nothing yet). */
unsigned incident_changes(const struct incident *before, const struct incident *now);
/* The bit of a word, "opened"; 0: there is no such word. */
unsigned incident_change_named(const char *word, size_t length);
/* "opened,closed" */
const char *incident_changes_words(unsigned changes, char words[CHANGES_WORDS_MAX]);
json_t *incident_changes_json(unsigned changes);

#endif
