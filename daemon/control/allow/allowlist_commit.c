// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "control/allow/allowlist_internal.h"

#define SAY_MAX 20 /* entries that end together and have a line of the log each */

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

static bool stored_same(const struct allowlist *list, const struct allow_entry *entry)
{
	const struct allow_entry *same = allowlist_same(list, entry);

	return same && same->id;
}

bool allowlist_can(const struct allowlist *list, const struct allow_difference *difference)
{
	if (difference->step == ALLOW_STEP_ADD)
		return !stored_same(list, &difference->entry) &&
		       !(difference->entry.id && allowlist_slot(list, difference->entry.id));
	return allowlist_slot(list, difference->entry.id) != NULL;
}

static void commit_release(const struct entries *stored, struct commit *commit, size_t count)
{
	for (size_t i = 0; commit->fresh && i < count; i++)
		entries_free(stored, commit->fresh[i]);
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
			commit->fresh[i] = entries_node(&list->stored, &differences[i].entry);
			if (!commit->fresh[i])
				return -ENOMEM;
			named_added += differences[i].entry.to_name != NULL;
			continue;
		}
		commit->slots[i] = allowlist_slot(list, differences[i].entry.id);
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
	const int64_t left = (*(struct allow_node *const *)a)->entry.id;
	const int64_t right = (*(struct allow_node *const *)b)->entry.id;

	return (left > right) - (left < right);
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
			entries_leave(&list->stored, node);
			break;
		case ALLOW_STEP_CHANGE:
			swap_terms(list, &(*commit->slots[i])->entry, &difference->entry);
			break;
		}
	}
	tidy(&list->stored);
}

/* Ends what prepare() began; @result is the database's. */
static void finish(struct allowlist *list, struct allow_difference *differences, size_t count,
		   struct commit *commit, int result)
{
	if (result)
		give_back(differences, count, commit);
	else
		carry_out(list, differences, count, commit);
	commit_release(&list->stored, commit, count);
}

int allowlist_commit(struct allowlist *list, struct allow_difference *differences, size_t count,
		     const char *action, const struct store_actor *actor)
{
	struct commit commit = {0};
	int result;

	store_settle(list->store);
	result = prepare(list, differences, count, &commit);
	if (!result)
		result = store_allow_write(list->store, differences, count, action, actor, NULL);
	finish(list, differences, count, &commit, result);
	return result;
}

static void on_written(void *ctx, int result)
{
	struct allowlist *list = ctx;
	struct writing writing = list->writing;

	list->writing = (struct writing){0};
	finish(list, writing.differences, writing.count, &writing.commit, result);
	writing.then.done(writing.then.ctx, result);
}

void allowlist_commit_later(struct allowlist *list, struct allow_difference *differences,
			    size_t count, const struct store_actor *actor,
			    const struct store_then *then)
{
	const struct store_then written = {.done = on_written, .ctx = list};
	int result;

	store_settle(list->store);
	list->writing = (struct writing){.differences = differences, .count = count, .then = *then};
	result = prepare(list, differences, count, &list->writing.commit);
	if (result)
		on_written(list, result);
	else
		store_allow_write(list->store, differences, count, NULL, actor, &written);
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
