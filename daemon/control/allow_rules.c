// SPDX-License-Identifier: GPL-2.0-or-later
/* The allowlist as rules and elements for the kernel, and as an answer to "is this allowed?". */
#include <errno.h>
#include <stdlib.h>

#include "allowlist.h"

static bool ended(const struct allow_entry *entry, int64_t now)
{
	return entry->expires && entry->expires <= now;
}

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

	return allow_rule_exact(&rule);
}

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

int allowlist_covering(const struct allowlist *list, const struct prefix *from,
		       const struct prefix *to, allow_index_each *each, void *ctx)
{
	return allow_index_covering(allowlist_index(list), from, to, each, ctx);
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

int allowlist_rules(const struct allowlist *list, struct allow_clock clock,
		    struct allow_rule **rules, size_t *count)
{
	*count = 0;
	*rules = calloc(allowlist_count(list) + 1, sizeof(**rules));
	if (!*rules)
		return -ENOMEM;
	for (size_t i = 0; i < allowlist_count(list); i++) {
		const struct allow_entry *entry = allowlist_at(list, i);

		if (!ended(entry, clock.real) && !entry->to_name)
			(*rules)[(*count)++] = rule_of(entry, clock);
	}
	return 0;
}

bool allowlist_element(const struct allowlist *list, const struct allow_entry *like,
		       struct allow_clock clock, struct allow_element *element)
{
	const struct allow_node *node =
		allow_index_first(allowlist_index(list), &like->from, &like->to);
	const struct allow_entry *last = NULL;
	struct allow_rule rule;

	for (; node; node = allow_index_next(node)) {
		const struct allow_entry *entry = &node->entry;

		if (!ended(entry, clock.real) && allow_entry_same(entry, like) &&
		    entry->way == like->way && (!last || outlasts(entry->expires, last->expires)))
			last = entry;
	}
	rule = rule_of(last ? last : like, clock);
	*element = allow_rule_element(&rule);
	return last != NULL;
}
