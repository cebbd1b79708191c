/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allowlist: the entries of the configuration and those of the database, kept in memory as they
 * are on disk. A change is durable when the function that makes it returns 0.
 */
#ifndef EDGE25_CONTROL_ALLOWLIST_H
#define EDGE25_CONTROL_ALLOWLIST_H

#include "common/message.h"
#include "control/allow/allow_entry.h"
#include "control/allow/allow_index.h"
#include "control/allow/destination_names.h"
#include "control/config/config.h"
#include "control/store/store.h"

#define ALLOWLIST_MAX 100000 /* entries added by the socket; 30 MB of memory and 1 s to send */

struct allowlist;

struct allowlist *allowlist_new(struct store *store);
void allowlist_free(struct allowlist *list);
/* Reads the entries of the database again; keeps those in memory when that fails. */
int allowlist_read(struct allowlist *list);
/* Replaces the entries of the configuration. */
int allowlist_configure(struct allowlist *list, const struct config *config);

/* What the names of destinations stand for; those of the entries are held there. */
struct destination_names *allowlist_names(const struct allowlist *list);

size_t allowlist_count(const struct allowlist *list);
/* Of them, those of the configuration. */
size_t allowlist_configured(const struct allowlist *list);
/* Configuration first, then by id; valid until the next change. */
const struct allow_entry *allowlist_at(const struct allowlist *list, size_t index);
const struct allow_entry *allowlist_by_id(const struct allowlist *list, int64_t id);
/* The entry with this source and destination, that of the database first; NULL: none. */
const struct allow_entry *allowlist_same(const struct allowlist *list,
					 const struct allow_entry *entry);
/*
 * The entry that lets this through now: of several one that always does, then a plain one, then one that
 * is watched; of those the one that lasts longest.
 */
const struct allow_entry *allowlist_match(const struct allowlist *list, const struct addr *source,
					  const struct addr *destination, int64_t now);

/* Of all entries. */
const struct allow_index *allowlist_index(const struct allowlist *list);
/*
 * Calls @each for every entry that lets through all from @from to @to (family 0: any), whether it has
 * ended or not, in no order; an error of it ends this. What has a name lets through as that stands now.
 */
int allowlist_covering(const struct allowlist *list, const struct prefix *from,
		       const struct prefix *to, allow_index_each *each, void *ctx);
/* Of two entries that match: does @a decide? Then it does more, or the same for longer. */
bool allow_entry_before(const struct allow_entry *a, const struct allow_entry *b);

/* The entry that an element of the kernel belongs to; NULL: it is gone. */
const struct allow_entry *allowlist_of_element(const struct allowlist *list,
					       const struct message_use *use);
/* The element was found for so many packets more, the last at use->time. */
void allowlist_used(struct allowlist *list, const struct message_use *use, uint64_t packets);
/* The entries of the configuration were not found for any. */
void allowlist_unused(struct allowlist *list);

/*
 * What a change does to one entry. Of what is added the entry is all of it, with an id if it is put back
 * under that; of what is removed only the id is looked at; of what is changed the id and what may
 * change: end, comment and way.
 */
enum allow_step { ALLOW_STEP_ADD, ALLOW_STEP_REMOVE, ALLOW_STEP_CHANGE };
struct allow_difference {
	enum allow_step step;
	struct allow_entry entry; /* with texts of its own, but for what is to be removed */
};

/*
 * All of it or nothing, in one transaction. Then what was added has its id, what was removed is in
 * @differences whole, and what was changed is there as it was: inverted, they are the way back. Each is a
 * line of the audit trail: @action, or "add", "del" and "change". -EEXIST, -ENOENT, -ENOSPC (ALLOWLIST_MAX),
 * -E2BIG (DESTINATION_NAMES_MAX, DESTINATION_ENTRIES_MAX), -ENOMEM, -EIO.
 */
int allowlist_commit(struct allowlist *list, struct allow_difference *differences, size_t count,
		     const char *action, const struct store_actor *actor);
/*
 * The same, each by its own word, while the loop goes on; @then is told. Until then the list is as it was, and
 * @differences are somebody else's. Whatever else would change the list waits.
 */
void allowlist_commit_later(struct allowlist *list, struct allow_difference *differences,
			    size_t count, const struct store_actor *actor,
			    const struct store_then *then);
/* After that: what takes it back. */
void allow_difference_invert(struct allow_difference *difference);
/* Can it be done as the list is now? */
bool allowlist_can(const struct allowlist *list, const struct allow_difference *difference);
void allow_differences_release(struct allow_difference *differences, size_t count);

/*
 * Removes stored entries that have ended, ALLOWLIST_EXPIRE at most: the rest is for the next time. Returns how
 * many, or -EIO.
 */
#define ALLOWLIST_EXPIRE 2000 /* some 50 ms */
int allowlist_expire(struct allowlist *list, int64_t now);
/* When the next stored entry ends; 0: none does. */
int64_t allowlist_next_expiry(struct allowlist *list);

/* Both clocks at one moment: entries end by the first, the kernel's elements by the second. */
struct allow_clock {
	int64_t real;     /* CLOCK_REALTIME, seconds */
	uint64_t boot_ms; /* CLOCK_BOOTTIME */
};

/* Every entry that has not ended, as rules for allow_flatten(); free(*rules). */
int allowlist_rules(const struct allowlist *list, struct allow_clock clock,
		    struct allow_rule **rules, size_t *count);
/*
 * The kernel's element for an exact source and destination, which has no name: it ends when the last of
 * the entries that say the same does. False: no entry says it (any more).
 */
bool allowlist_element(const struct allowlist *list, const struct allow_entry *like,
		       struct allow_clock clock, struct allow_element *element);
/* Is the entry one exact element of the kernel's sets, or some, each for an address of its name? */
bool allow_entry_exact(const struct allow_entry *entry);

/*
 * An entry with a name as entries without one, for each address that the kernel may know of: those of
 * now, and those of before that it was not told of. Another entry is the only part of itself. Texts
 * belong to @entry. Returns how many.
 */
#define ALLOW_PARTS_MAX (NAME_ADDRESSES_MAX + NAME_UNTOLD_MAX)
size_t allowlist_parts(const struct allowlist *list, const struct allow_entry *entry,
		       struct allow_entry parts[ALLOW_PARTS_MAX]);
/* The parts of all entries that the kernel was not told of; false: more than there is room for. */
bool allowlist_untold(const struct allowlist *list, struct allow_entry *parts, size_t room,
		      size_t *count);
/* Is there anything that it lets through now? Not for a name without addresses. */
bool allowlist_says(const struct allowlist *list, const struct allow_entry *entry);

#endif
