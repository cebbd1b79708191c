// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "control/allow/allow_import.h"
#include "control/allow/allow_terms.h"

struct staged {
	struct allow_node node; /* the first member: the index knows it by that */
	uint64_t line;          /* where it stands in what the client has, or its number */
};

struct allow_import {
	struct control *control;
	struct staged **all;
	size_t count, seen, wrong, ended;
	struct allow_index *index;
	json_t *errors, *warnings;
	size_t unsaid; /* warnings beyond those */
	int64_t touched;
	bool given_up; /* its place was taken, what it held is gone */
};

/* --- places --- */

/* CLOCK_BOOTTIME, s. */
static int64_t seconds(void)
{
	return (int64_t)(intent_clock().boot_ms / 1000);
}

static void drop(struct allow_import *import)
{
	for (size_t i = 0; i < import->count; i++) {
		allow_entry_release(&import->all[i]->node.entry);
		free(import->all[i]);
	}
	free(import->all);
	allow_index_free(import->index);
	json_decref(import->errors);
	json_decref(import->warnings);
	for (unsigned i = 0; i < ALLOW_IMPORTS_MAX; i++)
		if (import->control->imports[i] == import)
			import->control->imports[i] = NULL;
	*import = (struct allow_import){.control = import->control, .given_up = true};
}

static void release(void *kept)
{
	drop(kept);
	free(kept);
}

void allow_import_end(struct rpc_peer *peer)
{
	if (peer->kept)
		release(peer->kept);
	peer->kept = NULL;
}

/* A free place, if need be that of one whose client rests; -1: none. */
static int find_place(struct control *control)
{
	for (int i = 0; i < ALLOW_IMPORTS_MAX; i++)
		if (!control->imports[i])
			return i;
	for (int i = 0; i < ALLOW_IMPORTS_MAX; i++) {
		if (seconds() - control->imports[i]->touched < ALLOW_IMPORT_REST)
			continue;
		drop(control->imports[i]);
		return i;
	}
	return -1;
}

static struct allow_import *import_new(struct control *control)
{
	struct allow_import *import = calloc(1, sizeof(*import));

	if (!import)
		return NULL;
	import->control = control;
	import->index = allow_index_new();
	import->errors = json_array();
	import->warnings = json_array();
	if (import->index && import->errors && import->warnings)
		return import;
	release(import);
	return NULL;
}

int allow_import_of(struct control *control, struct rpc_peer *peer, struct allow_import **import)
{
	int place;

	*import = peer->kept;
	if (*import && (*import)->given_up)
		return -ETIME;
	if (!*import) {
		place = find_place(control);
		if (place < 0)
			return -EBUSY;
		*import = import_new(control);
		if (!*import)
			return -ENOMEM;
		control->imports[place] = *import;
		peer->kept = *import;
		peer->release = release;
	}
	(*import)->touched = seconds();
	return 0;
}

/* --- what arrives --- */

static const struct rpc_param entry_params[] = {
	ALLOW_TERMS,
	{"line", RPC_NUMBER, false, "where it stands, for messages", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static void note_wrong(struct allow_import *import, uint64_t line, const char *message)
{
	if (import->wrong++ < ALLOW_IMPORT_ERRORS)
		json_array_append_new(import->errors,
				      json_pack("{s:I, s:s}", "line", (json_int_t)line, "message",
						message));
}

static void note_warning(json_t *warnings, size_t *unsaid, uint64_t line, const char *text)
{
	if (json_array_size(warnings) < ALLOW_IMPORT_ERRORS)
		json_array_append_new(warnings, json_sprintf("line %" PRIu64 ": %s", line, text));
	else
		(*unsaid)++;
}

/* One with the same source and destination. */
static const struct staged *find_same(const struct allow_import *import,
				      const struct allow_entry *entry)
{
	const struct allow_node *node = allow_index_first(import->index, &entry->from, &entry->to);

	while (node && !allow_entry_same(&node->entry, entry))
		node = allow_index_next(node);
	return (const struct staged *)node;
}

static int keep(struct allow_import *import, const struct allow_entry *entry, uint64_t line)
{
	struct staged **all = array_room(import->all, import->count, sizeof(*all)), *staged;

	if (!all)
		return -ENOMEM;
	import->all = all;
	staged = calloc(1, sizeof(*staged));
	if (!staged || allow_index_reserve(import->index, 1) ||
	    allow_entry_copy(&staged->node.entry, entry)) {
		free(staged);
		return -ENOMEM;
	}
	staged->line = line;
	allow_index_add(import->index, &staged->node);
	import->all[import->count++] = staged;
	return 0;
}

static int take(struct allow_import *import, const json_t *object)
{
	static const struct rpc_method entry_method = {.name = "an entry", .params = entry_params};
	const json_t *number = json_object_get(object, "line");
	const uint64_t line = json_is_integer(number) ? (uint64_t)json_integer_value(number) :
							import->seen;
	char message[RPC_MESSAGE_MAX];
	char name[DOMAIN_NAME_MAX];
	struct allow_entry entry = {0};
	const struct staged *same;
	int result = rpc_params_check(&entry_method, object, message);

	if (!result)
		result = allow_terms_read(object, import->control->config, intent_clock().real,
					  &entry, name, message);
	same = result ? NULL : find_same(import, &entry);
	if (same) {
		snprintf(message, sizeof(message), "the same from and to as in line %" PRIu64,
			 same->line);
		result = -EEXIST;
	}
	if (result == -ETIME) {
		import->ended++;
		note_warning(import->warnings, &import->unsaid, line,
			     "it has ended: it is left out");
		return 0;
	}
	if (!result)
		return keep(import, &entry, line);
	note_wrong(import, line, message);
	return 0;
}

int allow_import_add(struct allow_import *import, const json_t *entries)
{
	int result = 0;

	for (size_t i = 0; i < json_array_size(entries) && !result; i++) {
		if (import->count == ALLOWLIST_MAX)
			return -ENOSPC;
		import->seen++;
		result = take(import, json_array_get(entries, i));
	}
	return result;
}

size_t allow_import_count(const struct allow_import *import)
{
	return import->seen;
}

size_t allow_import_wrong(const struct allow_import *import, json_t **errors)
{
	*errors = import->errors;
	return import->wrong;
}

json_t *allow_import_warnings(const struct allow_import *import, bool replace)
{
	struct allow_surroundings around =
		allow_surroundings_of(import->control->config, intent_clock().real);
	json_t *warnings = json_copy(import->warnings);
	size_t unsaid = import->unsaid;
	char text[ALLOW_WARNING_MAX];

	around.indexes[0] = allowlist_index(import->control->allowlist);
	around.indexes[1] = import->index;
	around.configured_only = replace;
	for (size_t i = 0; i < import->count; i++)
		if (allow_warning(&around, &import->all[i]->node.entry, text))
			note_warning(warnings, &unsaid, import->all[i]->line, text);
	if (unsaid)
		json_array_append_new(warnings, json_sprintf("and %zu more such lines", unsaid));
	return warnings;
}

/* --- comparison --- */

struct import_comparison {
	struct allow_import *import;
	const struct store_actor *actor;
	struct allow_difference *differences;
	size_t count;
	struct allow_counts counts;
};

static bool same_terms(const struct allow_entry *a, const struct allow_entry *b)
{
	return a->expires == b->expires && a->way == b->way && strcmp(a->comment, b->comment) == 0;
}

/* The difference takes the texts over. */
static int compare_one(struct import_comparison *comparison, struct allow_entry *entry)
{
	const struct allow_entry *old =
		allowlist_same(comparison->import->control->allowlist, entry);
	struct allow_difference *difference;

	if (old && old->id && same_terms(old, entry)) {
		comparison->counts.unchanged++;
		return 0;
	}
	difference = &comparison->differences[comparison->count++];
	difference->entry = *entry;
	entry->comment = entry->to_name = NULL;
	if (old && old->id) {
		difference->step = ALLOW_STEP_CHANGE;
		difference->entry.id = old->id;
		comparison->counts.changed++;
		return 0;
	}
	difference->step = ALLOW_STEP_ADD;
	difference->entry.added = comparison->actor->time;
	difference->entry.uid = comparison->actor->uid;
	difference->entry.user = strdup(comparison->actor->user);
	comparison->counts.added++;
	return difference->entry.user ? 0 : -ENOMEM;
}

/* Before the texts of what was staged are gone: a name is one of them. */
static void find_removed(struct import_comparison *comparison)
{
	const struct allowlist *list = comparison->import->control->allowlist;

	for (size_t i = allowlist_configured(list); i < allowlist_count(list); i++) {
		const struct allow_entry *entry = allowlist_at(list, i);

		if (find_same(comparison->import, entry))
			continue;
		comparison->differences[comparison->count++] =
			(struct allow_difference){.step = ALLOW_STEP_REMOVE, .entry.id = entry->id};
		comparison->counts.removed++;
	}
}

int allow_import_compare(struct allow_import *import, bool replace, const struct store_actor *actor,
			 struct allow_difference **differences, struct allow_counts *counts)
{
	struct import_comparison comparison = {.import = import, .actor = actor};
	const size_t room = import->count + allowlist_count(import->control->allowlist) + 1;
	int result = 0;

	comparison.differences = calloc(room, sizeof(*comparison.differences));
	if (!comparison.differences)
		return -ENOMEM;
	if (replace)
		find_removed(&comparison);
	for (size_t i = 0; i < import->count && !result; i++)
		result = compare_one(&comparison, &import->all[i]->node.entry);
	comparison.counts.ended = import->ended;
	*counts = comparison.counts;
	*differences = comparison.differences;
	if (!result)
		return 0;
	allow_differences_release(comparison.differences, comparison.count);
	free(comparison.differences);
	return result;
}
