// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "control/allow/allowlist_internal.h"

/* --- entries in memory --- */

static struct entries entries_none(const struct allowlist *list, enum name_origin origin)
{
	return (struct entries){.names = list->names, .origin = origin};
}

struct allow_node *entries_node(const struct entries *entries, const struct allow_entry *entry)
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

void entries_leave(const struct entries *entries, struct allow_node *node)
{
	if (node->entry.to_name)
		destination_names_release(entries->names, entries->origin, node->entry.to_name);
	free(node);
}

void entries_free(const struct entries *entries, struct allow_node *node)
{
	struct allow_entry entry;

	if (!node)
		return;
	entry = node->entry;
	entries_leave(entries, node);
	allow_entry_release(&entry);
}

int entries_reserve(struct entries *entries, size_t more)
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
	struct allow_node *node = entries_reserve(entries, 1) ? NULL : entries_node(entries, entry);

	if (!node)
		return -ENOMEM;
	entries->all[entries->count++] = node;
	return 0;
}

static void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		entries_free(entries, entries->all[i]);
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

	store_settle(list->store); /* room in the index is kept for what is being written */
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

struct allow_node **allowlist_slot(const struct allowlist *list, int64_t id)
{
	if (!list->stored.count)
		return NULL;
	return bsearch(&id, list->stored.all, list->stored.count, sizeof(*list->stored.all),
		       compare_id);
}

const struct allow_entry *allowlist_by_id(const struct allowlist *list, int64_t id)
{
	struct allow_node **slot = allowlist_slot(list, id);

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
