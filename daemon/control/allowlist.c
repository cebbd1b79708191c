// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "allowlist.h"
#include "common/log.h"

#define SAY_MAX 20 /* entries that end together and have a line of the log each */

struct entries {
	struct allow_node **all;
	size_t count, room;
	struct destination_names *names; /* which its entries hold */
	enum name_origin origin;
};

struct allowlist {
	struct store *store;
	struct destination_names *names;
	struct entries configured;
	struct entries stored;     /* by id, ascending */
	struct allow_index *index; /* of both */
	int64_t next_expiry;       /* of the stored; 0: none ends */
	bool next_known;
};

/* --- entries in memory --- */

static struct entries entries_none(const struct allowlist *list, enum name_origin origin)
{
	return (struct entries){.names = list->names, .origin = origin};
}

/* The name of a destination is held while there is the node. */
static struct allow_node *node_new(const struct entries *entries, const struct allow_entry *entry)
{
	struct allow_node *node = calloc(1, sizeof(*node));

	if (!node || allow_entry_copy(&node->entry, entry)) {
		free(node);
		return NULL;
	}
	if (entry->to_name &&
	    destination_names_hold(entries->names, entries->origin, entry->to_name)) {
		allow_entry_release(&node->entry);
		free(node);
		return NULL;
	}
	return node;
}

/* All but the texts, which are somebody else's now. */
static void node_leave(const struct entries *entries, struct allow_node *node)
{
	if (node->entry.to_name)
		destination_names_release(entries->names, entries->origin, node->entry.to_name);
	free(node);
}

static void node_free(const struct entries *entries, struct allow_node *node)
{
	struct allow_entry entry;

	if (!node)
		return;
	entry = node->entry;
	node_leave(entries, node);
	allow_entry_release(&entry);
}

static int entries_reserve(struct entries *entries, size_t more)
{
	size_t room = entries->room ? entries->room : 16;
	struct allow_node **all;

	while (room < entries->count + more)
		room *= 2;
	if (room == entries->room)
		return 0;
	all = reallocarray(entries->all, room, sizeof(*all));
	if (!all)
		return -ENOMEM;
	entries->all = all;
	entries->room = room;
	return 0;
}

static int entries_append(struct entries *entries, const struct allow_entry *entry)
{
	struct allow_node *node = entries_reserve(entries, 1) ? NULL : node_new(entries, entry);

	if (!node)
		return -ENOMEM;
	entries->all[entries->count++] = node;
	return 0;
}

static void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		node_free(entries, entries->all[i]);
	free(entries->all);
	entries->all = NULL;
	entries->count = entries->room = 0;
}

static int append_stored(void *ctx, const struct allow_entry *entry)
{
	return entries_append(ctx, entry);
}

/* Puts @fresh in the place of @entries, or leaves all as it was. */
static int exchange(struct allowlist *list, struct entries *entries, struct entries *fresh)
{
	if (allow_index_reserve(list->index, fresh->count)) {
		entries_clear(fresh);
		return -ENOMEM;
	}
	for (size_t i = 0; i < entries->count; i++)
		allow_index_remove(list->index, entries->all[i]);
	for (size_t i = 0; i < fresh->count; i++)
		allow_index_add(list->index, fresh->all[i]);
	entries_clear(entries);
	*entries = *fresh;
	list->next_known = false;
	return 0;
}

struct allowlist *allowlist_new(struct store *store)
{
	struct allowlist *list = calloc(1, sizeof(*list));

	if (!list)
		return NULL;
	list->store = store;
	list->index = allow_index_new();
	list->names = destination_names_new();
	if (!list->index || !list->names) {
		allow_index_free(list->index);
		destination_names_free(list->names);
		free(list);
		return NULL;
	}
	list->configured = entries_none(list, NAME_CONFIGURED);
	list->stored = entries_none(list, NAME_STORED);
	return list;
}

void allowlist_free(struct allowlist *list)
{
	if (!list)
		return;
	entries_clear(&list->configured);
	entries_clear(&list->stored);
	allow_index_free(list->index);
	destination_names_free(list->names);
	free(list);
}

struct destination_names *allowlist_names(const struct allowlist *list)
{
	return list->names;
}

int allowlist_read(struct allowlist *list)
{
	struct entries fresh = entries_none(list, NAME_STORED);
	int result = store_allow_read(list->store, append_stored, &fresh);

	if (!result)
		return exchange(list, &list->stored, &fresh);
	entries_clear(&fresh);
	return result;
}

int allowlist_configure(struct allowlist *list, const struct config *config)
{
	struct entries fresh = entries_none(list, NAME_CONFIGURED);

	for (size_t i = 0; i < config->allow_count; i++) {
		const struct config_allow *allow = &config->allows[i];
		struct allow_entry entry = {
			.from = allow->from,
			.to = allow->to,
			.expires = allow->expires,
			.way = allow->way,
			.comment = allow->comment,
			.name = (char *)allow->name,
			.file = config->files[allow->file],
			.to_name = allow->to_name,
		};

		if (entries_append(&fresh, &entry)) {
			entries_clear(&fresh);
			return -ENOMEM;
		}
	}
	return exchange(list, &list->configured, &fresh);
}

size_t allowlist_count(const struct allowlist *list)
{
	return list->configured.count + list->stored.count;
}

size_t allowlist_configured(const struct allowlist *list)
{
	return list->configured.count;
}

const struct allow_entry *allowlist_at(const struct allowlist *list, size_t index)
{
	if (index < list->configured.count)
		return &list->configured.all[index]->entry;
	return &list->stored.all[index - list->configured.count]->entry;
}

const struct allow_index *allowlist_index(const struct allowlist *list)
{
	return list->index;
}

static int compare_id(const void *key, const void *node)
{
	int64_t a = *(const int64_t *)key, b = (*(struct allow_node *const *)node)->entry.id;

	return (a > b) - (a < b);
}

/* Where it stands among the stored; NULL: there is none with this id. */
static struct allow_node **slot_of(const struct allowlist *list, int64_t id)
{
	if (!list->stored.count)
		return NULL;
	return bsearch(&id, list->stored.all, list->stored.count, sizeof(*list->stored.all),
		       compare_id);
}

const struct allow_entry *allowlist_by_id(const struct allowlist *list, int64_t id)
{
	struct allow_node **slot = slot_of(list, id);

	return slot ? &(*slot)->entry : NULL;
}

const struct allow_entry *allowlist_same(const struct allowlist *list,
					 const struct allow_entry *entry)
{
	const struct allow_node *node = allow_index_first(list->index, &entry->from, &entry->to);
	const struct allow_entry *found = NULL;

	for (; node; node = allow_index_next(node))
		if (allow_entry_same(&node->entry, entry) && (!found || node->entry.id))
			found = &node->entry;
	return found;
}

static bool stored_same(const struct allowlist *list, const struct allow_entry *entry)
{
	const struct allow_entry *same = allowlist_same(list, entry);

	return same && same->id;
}

/* --- when the next one ends --- */

static void note_expiry(struct allowlist *list, int64_t expires)
{
	if (expires && (!list->next_expiry || expires < list->next_expiry))
		list->next_expiry = expires;
}

static void forget_expiry(struct allowlist *list, int64_t expires)
{
	if (expires && expires == list->next_expiry)
		list->next_known = false;
}

int64_t allowlist_next_expiry(struct allowlist *list)
{
	if (!list->next_known) {
		list->next_expiry = 0;
		for (size_t i = 0; i < list->stored.count; i++)
			note_expiry(list, list->stored.all[i]->entry.expires);
		list->next_known = true;
	}
	return list->next_expiry;
}

/* --- changes --- */

void allow_difference_invert(struct allow_difference *difference)
{
	const int64_t id = difference->entry.id;

	if (difference->step == ALLOW_STEP_REMOVE) {
		difference->step = ALLOW_STEP_ADD;
	} else if (difference->step == ALLOW_STEP_ADD) {
		allow_entry_release(&difference->entry);
		*difference = (struct allow_difference){.step = ALLOW_STEP_REMOVE, .entry.id = id};
	}
}

void allow_differences_release(struct allow_difference *differences, size_t count)
{
	for (size_t i = 0; i < count; i++)
		allow_entry_release(&differences[i].entry);
}

bool allowlist_can(const struct allowlist *list, const struct allow_difference *difference)
{
	if (difference->step == ALLOW_STEP_ADD)
		return !stored_same(list, &difference->entry) &&
		       !(difference->entry.id && slot_of(list, difference->entry.id));
	return slot_of(list, difference->entry.id) != NULL;
}

/* What a change works on, beside its differences: for each a node to add, or where one stands. */
struct commit {
	struct allow_node **fresh;
	struct allow_node ***slots;
};

static void commit_release(const struct entries *stored, struct commit *commit, size_t count)
{
	for (size_t i = 0; commit->fresh && i < count; i++)
		node_free(stored, commit->fresh[i]);
	free(commit->fresh);
	free(commit->slots);
}

/* With those to come, and without those to go: names that only these have are counted all the same. */
static bool too_many_names(const struct allowlist *list, size_t named_removed)
{
	return destination_names_holders(list->names, NAME_STORED) - named_removed >
		       DESTINATION_ENTRIES_MAX ||
	       destination_names_held(list->names, NAME_STORED) >
		       DESTINATION_NAMES_MAX + named_removed;
}

/* Everything that can fail but the database. */
static int prepare(struct allowlist *list, struct allow_difference *differences, size_t count,
		   struct commit *commit)
{
	size_t added = 0, removed = 0, named_added = 0, named_removed = 0;

	commit->fresh = calloc(count + 1, sizeof(*commit->fresh));
	commit->slots = calloc(count + 1, sizeof(*commit->slots));
	if (!commit->fresh || !commit->slots)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct allow_difference *difference = &differences[i];

		if (!allowlist_can(list, difference))
			return difference->step == ALLOW_STEP_ADD ? -EEXIST : -ENOENT;
		added += difference->step == ALLOW_STEP_ADD;
		removed += difference->step == ALLOW_STEP_REMOVE;
	}
	if (list->stored.count - removed + added > ALLOWLIST_MAX && added > removed)
		return -ENOSPC;
	if (entries_reserve(&list->stored, added) || allow_index_reserve(list->index, added))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (differences[i].step == ALLOW_STEP_ADD) {
			commit->fresh[i] = node_new(&list->stored, &differences[i].entry);
			if (!commit->fresh[i])
				return -ENOMEM;
			named_added += differences[i].entry.to_name != NULL;
			continue;
		}
		commit->slots[i] = slot_of(list, differences[i].entry.id);
		/* The store and the audit trail want all of it; its texts become the difference's. */
		if (differences[i].step == ALLOW_STEP_REMOVE) {
			differences[i].entry = (*commit->slots[i])->entry;
			named_removed += differences[i].entry.to_name != NULL;
		}
	}
	return named_added && too_many_names(list, named_removed) ? -E2BIG : 0;
}

/* The differences are as they were: what was borrowed goes back, and numbers were not given. */
static void give_back(struct allow_difference *differences, size_t count,
		      const struct commit *commit)
{
	for (size_t i = 0; i < count; i++) {
		struct allow_entry *entry = &differences[i].entry;

		if (differences[i].step == ALLOW_STEP_REMOVE)
			*entry = (struct allow_entry){.id = entry->id};
		else if (commit->fresh && commit->fresh[i])
			entry->id = commit->fresh[i]->entry.id;
	}
}

static void swap_terms(struct allowlist *list, struct allow_entry *a, struct allow_entry *b)
{
	const int64_t expires = a->expires;
	char *const comment = a->comment;
	const uint8_t way = a->way;

	forget_expiry(list, a->expires);
	a->expires = b->expires;
	a->comment = b->comment;
	a->way = b->way;
	b->expires = expires;
	b->comment = comment;
	b->way = way;
	note_expiry(list, a->expires);
}

static int compare_nodes(const void *a, const void *b)
{
	return compare_id(&(*(struct allow_node *const *)a)->entry.id, b);
}

/* Closes gaps, and keeps the order by id: an entry that is put back may have an older one. */
static void tidy(struct entries *stored)
{
	size_t kept = 0;
	bool sorted = true;

	for (size_t i = 0; i < stored->count; i++)
		if (stored->all[i])
			stored->all[kept++] = stored->all[i];
	stored->count = kept;
	for (size_t i = 1; i < kept && sorted; i++)
		sorted = stored->all[i - 1]->entry.id < stored->all[i]->entry.id;
	if (!sorted)
		qsort(stored->all, kept, sizeof(*stored->all), compare_nodes);
}

/* Nothing can fail here any more. */
static void carry_out(struct allowlist *list, struct allow_difference *differences, size_t count,
		      struct commit *commit)
{
	for (size_t i = 0; i < count; i++) {
		struct allow_difference *difference = &differences[i];
		struct allow_node *node = commit->fresh[i];

		switch (difference->step) {
		case ALLOW_STEP_ADD:
			node->entry.id = difference->entry.id;
			allow_index_add(list->index, node);
			list->stored.all[list->stored.count++] = node;
			commit->fresh[i] = NULL;
			note_expiry(list, node->entry.expires);
			break;
		case ALLOW_STEP_REMOVE:
			node = *commit->slots[i];
			*commit->slots[i] = NULL;
			allow_index_remove(list->index, node);
			forget_expiry(list, node->entry.expires);
			node_leave(&list->stored, node);
			break;
		case ALLOW_STEP_CHANGE:
			swap_terms(list, &(*commit->slots[i])->entry, &difference->entry);
			break;
		}
	}
	tidy(&list->stored);
}

int allowlist_commit(struct allowlist *list, struct allow_difference *differences, size_t count,
		     const char *action, const struct store_actor *actor)
{
	struct commit commit = {0};
	int result = prepare(list, differences, count, &commit);

	if (!result)
		result = store_allow_write(list->store, differences, count, action, actor);
	if (result)
		give_back(differences, count, &commit);
	else
		carry_out(list, differences, count, &commit);
	commit_release(&list->stored, &commit, count);
	return result;
}

/* --- entries that have ended --- */

static void say_ended(const struct allow_difference *ended, size_t count)
{
	char text[ALLOW_ENTRY_TEXT_MAX];

	for (size_t i = 0; i < count && i < SAY_MAX; i++)
		log_info("allow: entry ended: %s", allow_entry_text(&ended[i].entry, text));
	if (count > SAY_MAX)
		log_info("allow: entry ended: and %zu others", count - SAY_MAX);
}

int allowlist_expire(struct allowlist *list, int64_t now)
{
	const struct store_actor actor = {.time = now, .uid = 0, .user = ""};
	struct allow_difference *ended;
	size_t count = 0;
	int result;

	if (!allowlist_next_expiry(list) || allowlist_next_expiry(list) > now)
		return 0;
	ended = calloc(ALLOWLIST_EXPIRE, sizeof(*ended));
	if (!ended)
		return -EIO;
	for (size_t i = 0; i < list->stored.count && count < ALLOWLIST_EXPIRE; i++) {
		const struct allow_entry *entry = &list->stored.all[i]->entry;

		if (entry->expires && entry->expires <= now)
			ended[count++] = (struct allow_difference){.step = ALLOW_STEP_REMOVE,
								   .entry.id = entry->id};
	}
	result = allowlist_commit(list, ended, count, "expire", &actor);
	if (!result)
		say_ended(ended, count);
	allow_differences_release(ended, count);
	free(ended);
	return result ? -EIO : (int)count;
}
