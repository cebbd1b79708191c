// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "control/allow/destination_names.h"

struct destination_names {
	struct destination_name **all; /* by text */
	size_t count;
	size_t held[NAME_ORIGINS];    /* names with a holder of that origin */
	size_t holders[NAME_ORIGINS]; /* and all these */
};

struct destination_names *destination_names_new(void)
{
	return calloc(1, sizeof(struct destination_names));
}

static void name_free(struct destination_name *name)
{
	free(name->addresses);
	free(name->untold);
	free(name);
}

void destination_names_free(struct destination_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->count; i++)
		name_free(names->all[i]);
	free(names->all);
	free(names);
}

/* --- which names there are --- */

/* Where @text is, or belongs. */
static size_t place_of(const struct destination_names *names, const char *text, bool *found)
{
	size_t low = 0, high = names->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(names->all[middle]->text, text);

		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct destination_name *destination_names_find(const struct destination_names *names,
						const char *text)
{
	bool found;
	size_t at = place_of(names, text, &found);

	return found ? names->all[at] : NULL;
}

struct destination_name *destination_names_at(const struct destination_names *names, size_t index)
{
	return index < names->count ? names->all[index] : NULL;
}

bool destination_name_held(const struct destination_name *name)
{
	return name->holders[NAME_CONFIGURED] || name->holders[NAME_STORED];
}

static struct destination_name *insert(struct destination_names *names, const char *text)
{
	struct destination_name *name, **all;
	bool found;
	size_t at = place_of(names, text, &found);

	all = array_room(names->all, names->count, sizeof(*all));
	if (!all)
		return NULL;
	names->all = all;
	name = calloc(1, sizeof(*name));
	if (!name)
		return NULL;
	strcpy(name->text, text);
	name->due = name->saved = INT64_MIN;
	memmove(&names->all[at + 1], &names->all[at], (names->count - at) * sizeof(*names->all));
	names->all[at] = name;
	names->count++;
	return name;
}

int destination_names_hold(struct destination_names *names, enum name_origin origin,
			   const char *text)
{
	struct destination_name *name = destination_names_find(names, text);

	if (strlen(text) >= DOMAIN_NAME_MAX)
		return -EINVAL;
	/* those that entries left behind do not pile up */
	if (!name && names->count >= 2 * NAME_ORIGINS * DESTINATION_NAMES_MAX)
		destination_names_sweep(names, NULL, NULL);
	if (!name)
		name = insert(names, text);
	if (!name)
		return -ENOMEM;
	names->held[origin] += name->holders[origin] == 0;
	names->holders[origin]++;
	name->holders[origin]++;
	return 0;
}

void destination_names_release(struct destination_names *names, enum name_origin origin,
			       const char *text)
{
	struct destination_name *name = destination_names_find(names, text);

	if (!name || !name->holders[origin])
		return;
	name->holders[origin]--;
	names->holders[origin]--;
	names->held[origin] -= name->holders[origin] == 0;
}

size_t destination_names_held(const struct destination_names *names, enum name_origin origin)
{
	return names->held[origin];
}

size_t destination_names_holders(const struct destination_names *names, enum name_origin origin)
{
	return names->holders[origin];
}

void destination_names_sweep(struct destination_names *names,
			     void (*gone)(void *ctx, const char *name), void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->count; i++) {
		struct destination_name *name = names->all[i];

		if (destination_name_held(name) || name->asking) {
			names->all[kept++] = name;
			continue;
		}
		if (gone)
			gone(ctx, name->text);
		name_free(name);
	}
	names->count = kept;
}

struct destination_name *destination_names_next(const struct destination_names *names)
{
	struct destination_name *next = NULL;

	for (size_t i = 0; i < names->count; i++) {
		struct destination_name *name = names->all[i];

		if (!name->asking && destination_name_held(name) &&
		    (!next || name->due < next->due))
			next = name;
	}
	return next;
}

/* --- what a name stands for --- */

bool destination_address_fit(const struct addr *addr)
{
	static const char *const unfit[] = {
		"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3",
		"::/127",    "fe80::/10",   "ff00::/8",       "::ffff:0:0/96",
	};

	for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
		struct prefix prefix;

		if (prefix_parse(unfit[i], &prefix) || prefix_contains(&prefix, addr))
			return false;
	}
	return true;
}

static struct name_address *address_of(const struct destination_name *name, const struct addr *addr)
{
	for (size_t i = 0; i < name->count; i++)
		if (addr_equal(&name->addresses[i].addr, addr))
			return &name->addresses[i];
	return NULL;
}

bool destination_name_has(const struct destination_name *name, const struct addr *addr)
{
	return address_of(name, addr) != NULL;
}

static int append(struct destination_name *name, const struct name_address *address)
{
	struct name_address *all = array_room(name->addresses, name->count, sizeof(*all));

	if (!all)
		return -ENOMEM;
	name->addresses = all;
	all[name->count++] = *address;
	return 0;
}

static void remove_at(struct destination_name *name, size_t index)
{
	name->count--;
	memmove(&name->addresses[index], &name->addresses[index + 1],
		(name->count - index) * sizeof(*name->addresses));
}

int destination_name_recall(struct destination_name *name, const struct name_address *address)
{
	if (!destination_address_fit(&address->addr) || address_of(name, &address->addr))
		return -EINVAL;
	if (name->count >= NAME_ADDRESSES_MAX)
		return -ENOSPC;
	if (!name->count || address->since > name->since)
		name->since = address->since;
	return append(name, address);
}

static void expire(struct destination_name *name, uint8_t family, int64_t before,
		   struct name_change *change)
{
	for (size_t i = name->count; i-- > 0;) {
		struct name_address *address = &name->addresses[i];

		if (address->addr.family != family || address->seen > before)
			continue;
		change->removed[change->removed_count++] = address->addr;
		remove_at(name, i);
	}
}

/* Room for one more: the address that was not seen for longest goes, but none that this answer has. */
static bool make_room(struct destination_name *name, int64_t now, struct name_change *change)
{
	size_t oldest = 0;

	if (name->count < NAME_ADDRESSES_MAX)
		return true;
	for (size_t i = 1; i < name->count; i++)
		if (name->addresses[i].seen < name->addresses[oldest].seen)
			oldest = i;
	if (name->addresses[oldest].seen >= now)
		return false;
	change->removed[change->removed_count++] = name->addresses[oldest].addr;
	remove_at(name, oldest);
	return true;
}

static int add_new(struct destination_name *name, const struct addr *addr, int64_t now,
		   struct name_change *change)
{
	int result;

	if (!make_room(name, now, change)) {
		name->full = true;
		return 0;
	}
	result = append(name, &(struct name_address){*addr, now, now});
	if (!result)
		change->added[change->added_count++] = *addr;
	return result;
}

static void see(struct destination_name *name, const struct resolver_part *part, int64_t now)
{
	for (size_t i = 0; i < part->count; i++) {
		struct name_address *known = address_of(name, &part->addresses[i]);

		if (known)
			known->seen = now;
	}
}

static int add_part(struct destination_name *name, const struct resolver_part *part, int64_t now,
		    struct name_change *change)
{
	int result = 0;

	if (part->left_out)
		name->full = true;
	for (size_t i = 0; i < part->count && !result; i++) {
		if (!destination_address_fit(&part->addresses[i]))
			name->unfit = true;
		else if (!address_of(name, &part->addresses[i]))
			result = add_new(name, &part->addresses[i], now, change);
	}
	return result;
}

/* When it has to be looked at again: by what the answer says, and when an address may go. */
static int64_t next_due(const struct destination_name *name, const struct resolver_answer *answer,
			const struct name_terms *terms, int64_t now)
{
	const struct resolver_part *parts[] = {&answer->v4, &answer->v6};
	int64_t wait = INT64_MAX;

	for (size_t i = 0; i < 2; i++) {
		if (parts[i]->outcome == RESOLVER_FAILED)
			wait = 0;
		if (parts[i]->outcome == RESOLVER_FOUND && parts[i]->ttl < wait)
			wait = parts[i]->ttl;
	}
	for (size_t i = 0; i < name->count; i++)
		if (name->addresses[i].seen < now &&
		    name->addresses[i].seen + terms->keep - now < wait)
			wait = name->addresses[i].seen + terms->keep - now;
	if (wait < terms->min || !name->count)
		wait = terms->min;
	return now + (wait < terms->max ? wait : terms->max);
}

static void note_outcome(struct destination_name *name, const struct resolver_answer *answer,
			 int64_t now)
{
	const bool silent4 = answer->v4.outcome == RESOLVER_FAILED;
	const bool silent6 = answer->v6.outcome == RESOLVER_FAILED;
	const bool silent = silent4 || silent6;

	if (silent && !name->problem)
		name->silent_since = now;
	name->problem = silent4 ? answer->v4.problem : silent6 ? answer->v6.problem : NULL;
	if (silent4 && silent6)
		return;
	if (!name->answered && !name->count)
		name->since = now;
	name->unfit = name->full = false;
	name->answered = true;
	name->answer_time = now;
}

int destination_name_answer(struct destination_name *name, const struct resolver_answer *answer,
			    const struct name_terms *terms, int64_t now, struct name_change *change)
{
	int result = 0;

	memset(change, 0, sizeof(*change));
	note_outcome(name, answer, now);
	see(name, &answer->v4, now);
	see(name, &answer->v6, now);
	if (answer->v4.outcome != RESOLVER_FAILED)
		expire(name, FAMILY_IPV4, now - terms->keep, change);
	if (answer->v6.outcome != RESOLVER_FAILED)
		expire(name, FAMILY_IPV6, now - terms->keep, change);
	result = add_part(name, &answer->v4, now, change);
	if (!result)
		result = add_part(name, &answer->v6, now, change);
	if (change->added_count || change->removed_count)
		name->since = now;
	name->due = next_due(name, answer, terms, now);
	return result;
}

/* --- what the kernel is to be told --- */

static bool is_untold(const struct destination_name *name, const struct addr *addr)
{
	for (size_t i = 0; i < name->untold_count; i++)
		if (addr_equal(&name->untold[i], addr))
			return true;
	return false;
}

static bool add_untold(struct destination_name *name, const struct addr *addrs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct addr *all;

		if (is_untold(name, &addrs[i]))
			continue;
		if (name->untold_count >= NAME_UNTOLD_MAX)
			return false;
		all = array_room(name->untold, name->untold_count, sizeof(*all));
		if (!all)
			return false;
		name->untold = all;
		all[name->untold_count++] = addrs[i];
	}
	return true;
}

bool destination_name_untold(struct destination_name *name, const struct name_change *change)
{
	return add_untold(name, change->added, change->added_count) &&
	       add_untold(name, change->removed, change->removed_count);
}

void destination_names_told(struct destination_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->all[i]->untold);
		names->all[i]->untold = NULL;
		names->all[i]->untold_count = 0;
	}
}
