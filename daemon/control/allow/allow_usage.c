// SPDX-License-Identifier: GPL-2.0-or-later
/* Which entry an element of the kernel's allow sets belongs to, and what it has counted. */
#include <string.h>

#include "control/allow/allowlist.h"

/* Where the element begins. */
static struct prefix end_of(const struct message_use *use, const uint8_t bytes[16], bool given)
{
	struct prefix end = {0};

	if (!given)
		return end;
	end.addr.family = use->family;
	memcpy(end.addr.bytes, bytes, sizeof(end.addr.bytes));
	end.length = (uint8_t)(8 * addr_size(use->family));
	return end;
}

/* Where entries overlap their elements are those of the one that ends last. */
static bool outlasts(const struct allow_entry *a, const struct allow_entry *b)
{
	return b->expires && (!a->expires || a->expires > b->expires);
}

struct search {
	const struct message_use *use;
	const struct allow_entry *found;
};

static int consider(void *ctx, const struct allow_entry *entry)
{
	struct search *search = ctx;
	const struct message_use *use = search->use;

	if (!entry->id && entry->way == use->way &&
	    !entry->from.addr.family == (use->kind == ALLOW_DESTINATION) &&
	    (!entry->to.addr.family && !entry->to_name) == (use->kind == ALLOW_SOURCE) &&
	    (!search->found || outlasts(entry, search->found)))
		search->found = entry;
	return 0;
}

static const struct allow_entry *configured(const struct allowlist *list,
					    const struct message_use *use)
{
	struct search search = {.use = use};
	const struct prefix from = end_of(use, use->from, use->kind != ALLOW_DESTINATION);
	const struct prefix to = end_of(use, use->to, use->kind != ALLOW_SOURCE);

	allowlist_covering(list, &from, &to, consider, &search);
	return search.found;
}

const struct allow_entry *allowlist_of_element(const struct allowlist *list,
					       const struct message_use *use)
{
	return use->id ? allowlist_by_id(list, use->id) : configured(list, use);
}

void allowlist_used(struct allowlist *list, const struct message_use *use, uint64_t packets)
{
	struct allow_entry *entry = (struct allow_entry *)allowlist_of_element(list, use);

	if (!entry)
		return;
	entry->hits += packets;
	if (use->time > entry->used)
		entry->used = use->time;
}

void allowlist_unused(struct allowlist *list)
{
	for (size_t i = 0; i < allowlist_configured(list); i++) {
		struct allow_entry *entry = (struct allow_entry *)allowlist_at(list, i);

		entry->hits = 0;
		entry->used = 0;
	}
}
