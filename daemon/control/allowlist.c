// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "allowlist.h"
#include "array.h"
#include "common/log.h"

struct entries {
	struct allow_entry *all;
	size_t count;
};

struct allowlist {
	struct store *store;
	struct entries configured;
	struct entries stored; /* by id, ascending */
};

static void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		allow_entry_release(&entries->all[i]);
	free(entries->all);
	*entries = (struct entries){0};
}

static int entries_append(struct entries *entries, const struct allow_entry *entry)
{
	struct allow_entry *all = array_room(entries->all, entries->count, sizeof(*all));

	if (!all)
		return -ENOMEM;
	entries->all = all;
	if (allow_entry_copy(&all[entries->count], entry))
		return -ENOMEM;
	entries->count++;
	return 0;
}

static int append_stored(void *ctx, const struct allow_entry *entry)
{
	return entries_append(ctx, entry);
}

struct allowlist *allowlist_new(struct store *store)
{
	struct allowlist *list = calloc(1, sizeof(*list));

	if (list)
		list->store = store;
	return list;
}

void allowlist_free(struct allowlist *list)
{
	if (!list)
		return;
	entries_clear(&list->configured);
	entries_clear(&list->stored);
	free(list);
}

int allowlist_read(struct allowlist *list)
{
	struct entries fresh = {0};
	int result = store_allow_read(list->store, append_stored, &fresh);

	if (result) {
		entries_clear(&fresh);
		return result;
	}
	entries_clear(&list->stored);
	list->stored = fresh;
	return 0;
}

int allowlist_configure(struct allowlist *list, const struct config *config)
{
	struct entries fresh = {0};

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
		};

		if (entries_append(&fresh, &entry)) {
			entries_clear(&fresh);
			return -ENOMEM;
		}
	}
	entries_clear(&list->configured);
	list->configured = fresh;
	return 0;
}

size_t allowlist_count(const struct allowlist *list)
{
	return list->configured.count + list->stored.count;
}

const struct allow_entry *allowlist_at(const struct allowlist *list, size_t index)
{
	if (index < list->configured.count)
		return &list->configured.all[index];
	return &list->stored.all[index - list->configured.count];
}

static int compare_id(const void *key, const void *entry)
{
	int64_t a = *(const int64_t *)key, b = ((const struct allow_entry *)entry)->id;

	return (a > b) - (a < b);
}

const struct allow_entry *allowlist_by_id(const struct allowlist *list, int64_t id)
{
	if (!list->stored.count)
		return NULL;
	return bsearch(&id, list->stored.all, list->stored.count, sizeof(*list->stored.all),
		       compare_id);
}

static const struct allow_entry *entries_same(const struct entries *entries,
					      const struct allow_entry *entry)
{
	for (size_t i = 0; i < entries->count; i++)
		if (allow_entry_same(&entries->all[i], entry))
			return &entries->all[i];
	return NULL;
}

const struct allow_entry *allowlist_same(const struct allowlist *list,
					 const struct allow_entry *entry)
{
	const struct allow_entry *found = entries_same(&list->stored, entry);

	return found ? found : entries_same(&list->configured, entry);
}

/* Keeps the order by id: an entry that is put back may have an older one. */
static int insert_stored(struct allowlist *list, const struct allow_entry *entry)
{
	struct entries *stored = &list->stored;
	struct allow_entry moved;
	size_t at;

	if (entries_append(stored, entry))
		return -ENOMEM;
	at = stored->count - 1;
	moved = stored->all[at];
	for (; at > 0 && stored->all[at - 1].id > moved.id; at--)
		stored->all[at] = stored->all[at - 1];
	stored->all[at] = moved;
	return 0;
}

int allowlist_add(struct allowlist *list, struct allow_entry *entry, const char *action,
		  const struct store_actor *actor)
{
	int result;

	if (entries_same(&list->stored, entry))
		return -EEXIST;
	if (list->stored.count >= ALLOWLIST_MAX)
		return -ENOSPC;
	result = store_allow_add(list->store, entry, action, actor);
	if (result)
		return result;
	result = insert_stored(list, entry);
	if (result)
		store_allow_del(list->store, entry, "undo", actor);
	return result;
}

int allowlist_del(struct allowlist *list, int64_t id, const char *action,
		  const struct store_actor *actor, struct allow_entry *removed)
{
	struct allow_entry *entry = (struct allow_entry *)allowlist_by_id(list, id);
	struct allow_entry out;
	int result;

	if (!entry)
		return -ENOENT;
	result = store_allow_del(list->store, entry, action, actor);
	if (result)
		return result;
	out = *entry;
	list->stored.count--;
	memmove(entry, entry + 1,
		(size_t)(list->stored.all + list->stored.count - entry) * sizeof(*entry));
	if (removed)
		*removed = out;
	else
		allow_entry_release(&out);
	return 0;
}

int allowlist_expire(struct allowlist *list, int64_t now)
{
	const struct store_actor actor = {.time = now, .uid = 0, .user = ""};
	char text[ALLOW_ENTRY_TEXT_MAX];
	int removed = 0;

	for (size_t i = list->stored.count; i-- > 0;) {
		const struct allow_entry *entry = &list->stored.all[i];

		if (!entry->expires || entry->expires > now)
			continue;
		allow_entry_text(entry, text);
		if (allowlist_del(list, entry->id, "expire", &actor, NULL))
			return -EIO;
		log_info("allow: entry ended: %s", text);
		removed++;
	}
	return removed;
}

int64_t allowlist_next_expiry(const struct allowlist *list)
{
	int64_t next = 0;

	for (size_t i = 0; i < list->stored.count; i++) {
		int64_t expires = list->stored.all[i].expires;

		if (expires && (!next || expires < next))
			next = expires;
	}
	return next;
}
