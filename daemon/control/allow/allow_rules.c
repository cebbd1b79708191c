// SPDX-License-Identifier: GPL-2.0-or-later
/* The allowlist as rules and elements for the kernel, and as an answer to "is this allowed?". */
#include <errno.h>
#include <stdlib.h>

#include "control/allow/allowlist.h"

static bool ended(const struct allow_entry *entry, int64_t now)
{
	return entry->expires && entry->expires <= now;
}

/* Of an entry without a name. */
static struct allow_rule rule_of(const struct allow_entry *entry, struct allow_clock clock)
{
	struct allow_rule rule = {
		.from = entry->from, .to = entry->to, .id = (uint32_t)entry->id, .way = entry->way};

	if (entry->expires > clock.real)
		rule.expires = clock.boot_ms + (uint64_t)(entry->expires - clock.real) * 1000;
	return rule;
}

bool allow_entry_exact(const struct allow_entry *entry)
{
	struct allow_rule rule = rule_of(entry, (struct allow_clock){0});

	if (entry->to_name)
		return !entry->from.addr.family || prefix_is_host(&entry->from);
	return allow_rule_exact(&rule);
}

/* --- entries with a name --- */

/* The same entry for one address of its name; its texts belong to @entry. */
static struct allow_entry entry_at(const struct allow_entry *entry, const struct addr *addr)
{
	struct allow_entry one = *entry;

	one.to_name = NULL;
	one.to = prefix_of(addr, addr_bits(addr->family));
	return one;
}

static bool fits(const struct allow_entry *entry, const struct addr *addr)
{
	return !entry->from.addr.family || entry->from.addr.family == addr->family;
}

/* NULL: it has none, or that of no entry of the list. */
static const struct destination_name *name_of(const struct allowlist *list,
					      const struct allow_entry *entry)
{
	return entry->to_name ? destination_names_find(allowlist_names(list), entry->to_name) :
				NULL;
}

/* How many rules the entry is now. */
static size_t rule_count(const struct allowlist *list, const struct allow_entry *entry)
{
	const struct destination_name *name = name_of(list, entry);
	size_t count = 0;

	if (!entry->to_name)
		return 1;
	for (size_t i = 0; name && i < name->count; i++)
		count += fits(entry, &name->addresses[i].addr);
	return count;
}

bool allowlist_says(const struct allowlist *list, const struct allow_entry *entry)
{
	return rule_count(list, entry) > 0;
}

size_t allowlist_parts(const struct allowlist *list, const struct allow_entry *entry,
		       struct allow_entry parts[ALLOW_PARTS_MAX])
{
	const struct destination_name *name = name_of(list, entry);
	size_t count = 0;

	if (!entry->to_name)
		parts[count++] = *entry;
	for (size_t i = 0; name && i < name->count; i++)
		if (fits(entry, &name->addresses[i].addr))
			parts[count++] = entry_at(entry, &name->addresses[i].addr);
	for (size_t i = 0; name && i < name->untold_count; i++)
		if (fits(entry, &name->untold[i]) && !destination_name_has(name, &name->untold[i]))
			parts[count++] = entry_at(entry, &name->untold[i]);
	return count;
}

bool allowlist_untold(const struct allowlist *list, struct allow_entry *parts, size_t room,
		      size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < allowlist_count(list); i++) {
		const struct allow_entry *entry = allowlist_at(list, i);
		const struct destination_name *name = name_of(list, entry);

		for (size_t j = 0; name && j < name->untold_count; j++) {
			if (!fits(entry, &name->untold[j]))
				continue;
			if (*count == room)
				return false;
			parts[(*count)++] = entry_at(entry, &name->untold[j]);
		}
	}
	return true;
}

/* --- what matches --- */

/* Does @a last longer than @b? */
static bool outlasts(int64_t a, int64_t b)
{
	return b && (!a || a > b);
}

/* Of two that match: by what they do, as the kernel asks for them; then the one that lasts longer. */
bool allow_entry_before(const struct allow_entry *a, const struct allow_entry *b)
{
	static const int order[] = {[ALLOW_ALWAYS] = 0, [ALLOW_FREE] = 1, [ALLOW_WATCHED] = 2};

	if (order[a->way] != order[b->way])
		return order[a->way] < order[b->way];
	return outlasts(a->expires, b->expires);
}

struct best {
	int64_t now;
	const struct allow_entry *entry;
};

static int take_best(void *ctx, const struct allow_entry *entry)
{
	struct best *best = ctx;

	if (!ended(entry, best->now) && (!best->entry || allow_entry_before(entry, best->entry)))
		best->entry = entry;
	return 0;
}

struct standing {
	const struct allowlist *list;
	const struct addr *to;
	allow_index_each *each;
	void *ctx;
};

static int each_standing(void *ctx, const struct allow_entry *entry)
{
	const struct standing *standing = ctx;
	const struct destination_name *name = name_of(standing->list, entry);

	return name && destination_name_has(name, standing->to) ?
		       standing->each(standing->ctx, entry) :
		       0;
}

int allowlist_covering(const struct allowlist *list, const struct prefix *from,
		       const struct prefix *to, allow_index_each *each, void *ctx)
{
	struct standing standing = {.list = list, .to = &to->addr, .each = each, .ctx = ctx};
	int result = allow_index_covering(allowlist_index(list), from, to, each, ctx);

	if (result || !to->addr.family || !prefix_is_host(to))
		return result;
	return allow_index_named(allowlist_index(list), from, each_standing, &standing);
}

const struct allow_entry *allowlist_match(const struct allowlist *list, const struct addr *source,
					  const struct addr *destination, int64_t now)
{
	const struct prefix from = prefix_of(source, addr_bits(source->family));
	const struct prefix to = prefix_of(destination, addr_bits(destination->family));
	struct best best = {.now = now};

	allowlist_covering(list, &from, &to, take_best, &best);
	return best.entry;
}

/* --- what the kernel is told --- */

static size_t add_rules(const struct allowlist *list, const struct allow_entry *entry,
			struct allow_clock clock, struct allow_rule *rules)
{
	const struct destination_name *name = name_of(list, entry);
	size_t count = 0;

	if (!entry->to_name)
		rules[count++] = rule_of(entry, clock);
	for (size_t i = 0; name && i < name->count; i++) {
		const struct allow_entry one = entry_at(entry, &name->addresses[i].addr);

		if (fits(entry, &name->addresses[i].addr))
			rules[count++] = rule_of(&one, clock);
	}
	return count;
}

int allowlist_rules(const struct allowlist *list, struct allow_clock clock,
		    struct allow_rule **rules, size_t *count)
{
	size_t room = 0;

	*count = 0;
	for (size_t i = 0; i < allowlist_count(list); i++)
		room += rule_count(list, allowlist_at(list, i));
	*rules = calloc(room + 1, sizeof(**rules));
	if (!*rules)
		return -ENOMEM;
	for (size_t i = 0; i < allowlist_count(list); i++) {
		const struct allow_entry *entry = allowlist_at(list, i);

		if (!ended(entry, clock.real))
			*count += add_rules(list, entry, clock, *rules + *count);
	}
	return 0;
}

/* The entry that lasts longest of those that say the same. */
struct lasting {
	const struct allow_entry *like;
	int64_t now;
	const struct allow_entry *entry;
};

static void outlast(struct lasting *lasting, const struct allow_entry *entry)
{
	if (!ended(entry, lasting->now) && entry->way == lasting->like->way &&
	    (!lasting->entry || outlasts(entry->expires, lasting->entry->expires)))
		lasting->entry = entry;
}

/* Those with the source of @like whose name stands for its destination. */
static void outlast_named(const struct allowlist *list, struct lasting *lasting)
{
	const struct prefix any = {0};
	const struct allow_node *node =
		allow_index_first(allowlist_index(list), &lasting->like->from, &any);

	for (; node; node = allow_index_next(node)) {
		const struct destination_name *name = name_of(list, &node->entry);

		if (name && destination_name_has(name, &lasting->like->to.addr))
			outlast(lasting, &node->entry);
	}
}

bool allowlist_element(const struct allowlist *list, const struct allow_entry *like,
		       struct allow_clock clock, struct allow_element *element)
{
	const struct allow_node *node =
		allow_index_first(allowlist_index(list), &like->from, &like->to);
	struct lasting lasting = {.like = like, .now = clock.real};
	struct allow_entry part = *like;
	struct allow_rule rule;

	for (; node; node = allow_index_next(node))
		if (allow_entry_same(&node->entry, like))
			outlast(&lasting, &node->entry);
	if (like->to.addr.family && prefix_is_host(&like->to))
		outlast_named(list, &lasting);
	if (lasting.entry) {
		part.id = lasting.entry->id;
		part.expires = lasting.entry->expires;
	}
	rule = rule_of(&part, clock);
	*element = allow_rule_element(&rule);
	return lasting.entry != NULL;
}
