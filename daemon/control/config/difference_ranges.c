// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "control/config/difference_internal.h"

#define NONE ((size_t)-1)

/* A range of either configuration, or of both. */
struct slot {
	const char *name;
	size_t old, new; /* index into ranges; NONE */
	size_t added, removed;
	uint32_t seen_old, seen_new, counted; /* the last prefix for which that was so */
	json_t *interfaces_added, *interfaces_removed;
};

struct ranges {
	const struct config *old, *new;
	struct slot *slots;
	size_t count;
	struct slot **by_old, **by_new; /* index into ranges to slot */
};

static void pair_ranges(void *ctx, const struct named *old, const struct named *new)
{
	struct ranges *ranges = ctx;
	struct slot *slot = &ranges->slots[ranges->count++];

	*slot = (struct slot){.name = (old ? old : new)->name,
			      .old = old ? old->index : NONE,
			      .new = new ? new->index : NONE,
			      .interfaces_added = json_array(),
			      .interfaces_removed = json_array()};
	if (old)
		ranges->by_old[old->index] = slot;
	if (new)
		ranges->by_new[new->index] = slot;
}

static struct named *range_names(const struct config *config)
{
	struct named *names = calloc(config->range_count + 1, sizeof(*names));

	for (size_t i = 0; names && i < config->range_count; i++)
		names[i] = (struct named){config->ranges[i].name, i};
	return names;
}

/* --- prefixes: both lists are sorted, so one walk through them is enough --- */

static size_t end_of(const struct config *config, size_t i, const struct prefix *prefix)
{
	while (i < config->prefix_count && prefix_compare(&config->prefixes[i].prefix, prefix) == 0)
		i++;
	return i;
}

/* One prefix, which several ranges may name, and one range twice: marks tell who has been seen. */
static void count_prefix(struct ranges *ranges, uint32_t mark, size_t old, size_t old_end,
			 size_t new, size_t new_end)
{
	for (size_t i = old; i < old_end; i++)
		ranges->by_old[ranges->old->prefixes[i].range]->seen_old = mark;
	for (size_t j = new; j < new_end; j++) {
		struct slot *slot = ranges->by_new[ranges->new->prefixes[j].range];

		slot->added += slot->seen_new != mark && slot->seen_old != mark;
		slot->seen_new = mark;
	}
	for (size_t i = old; i < old_end; i++) {
		struct slot *slot = ranges->by_old[ranges->old->prefixes[i].range];

		slot->removed += slot->seen_new != mark && slot->counted != mark;
		slot->counted = mark;
	}
}

static void count_prefixes(struct ranges *ranges)
{
	const struct config *old = ranges->old, *new = ranges->new;
	size_t i = 0, j = 0;

	for (uint32_t mark = 1; i < old->prefix_count || j < new->prefix_count; mark++) {
		const struct prefix *prefix = i < old->prefix_count ? &old->prefixes[i].prefix :
								      &new->prefixes[j].prefix;
		size_t old_end, new_end;

		if (j < new->prefix_count && prefix_compare(&new->prefixes[j].prefix, prefix) < 0)
			prefix = &new->prefixes[j].prefix;
		old_end = end_of(old, i, prefix);
		new_end = end_of(new, j, prefix);
		count_prefix(ranges, mark, i, old_end, j, new_end);
		i = old_end;
		j = new_end;
	}
}

/* --- interfaces --- */

struct interface {
	const char *name;
	struct slot *slot;
};

static int by_interface(const void *a, const void *b)
{
	const struct interface *p = a, *q = b;
	int order = strcmp(p->name, q->name);

	return order ? order : (p->slot > q->slot) - (p->slot < q->slot);
}

static struct interface *interfaces_of(const struct config *config, struct slot *const *slots)
{
	struct interface *all = calloc(config->interface_count + 1, sizeof(*all));

	for (size_t i = 0; all && i < config->interface_count; i++)
		all[i] = (struct interface){config->interfaces[i].name,
					    slots[config->interfaces[i].range]};
	if (all && config->interface_count)
		qsort(all, config->interface_count, sizeof(*all), by_interface);
	return all;
}

static void list_interfaces(struct ranges *ranges, const struct interface *old,
			    const struct interface *new)
{
	size_t olds = ranges->old->interface_count, news = ranges->new->interface_count;
	size_t i = 0, j = 0;

	while (i < olds || j < news) {
		int order = i == olds ? 1 : j == news ? -1 : by_interface(&old[i], &new[j]);

		if (order < 0)
			json_array_append_new(old[i].slot->interfaces_removed,
					      json_string(old[i].name));
		if (order > 0)
			json_array_append_new(new[j].slot->interfaces_added,
					      json_string(new[j].name));
		i += order <= 0;
		j += order >= 0;
	}
}

/* --- the list --- */

static const char *policy_name(const struct config *config, size_t range)
{
	return config->policies[config->ranges[range].policy].name;
}

/* Added or removed as a whole. */
static void put_whole(const struct slot *slot, json_t *sections, const struct ranges *ranges)
{
	bool gone = slot->new == NONE;
	json_t *section = sections_put(sections, gone ? "removed" : "added", slot->name);

	json_object_set_new(section, "policy",
			    json_string(gone ? policy_name(ranges->old, slot->old) :
					       policy_name(ranges->new, slot->new)));
	json_object_set_new(section, "prefixes",
			    json_integer((json_int_t)(gone ? slot->removed : slot->added)));
	json_object_set(section, "interfaces",
			gone ? slot->interfaces_removed : slot->interfaces_added);
}

static void put_changed(const struct slot *slot, json_t *sections, const struct ranges *ranges)
{
	const char *before = policy_name(ranges->old, slot->old);
	const char *after = policy_name(ranges->new, slot->new);
	const struct config_range *old = &ranges->old->ranges[slot->old];
	const struct config_range *new = &ranges->new->ranges[slot->new];
	json_t *changed = NULL;

	if (strcmp(before, after) != 0)
		sections_key(sections, &changed, slot->name, "policy", before, after);
	if (old->verified != new->verified)
		sections_key(sections, &changed, slot->name, "sources",
			     old->verified ? "verified" : "unverified",
			     new->verified ? "verified" : "unverified");
	if (old->shared != new->shared)
		sections_key(sections, &changed, slot->name, "shared", old->shared ? "yes" : "no",
			     new->shared ? "yes" : "no");
	if (!changed && !slot->added && !slot->removed &&
	    !json_array_size(slot->interfaces_added) && !json_array_size(slot->interfaces_removed))
		return;
	if (!changed) {
		changed = sections_put(sections, "changed", slot->name);
		json_object_set_new(changed, "keys", json_array());
	}
	json_object_set_new(changed, "prefixes_added", json_integer((json_int_t)slot->added));
	json_object_set_new(changed, "prefixes_removed", json_integer((json_int_t)slot->removed));
	json_object_set(changed, "interfaces_added", slot->interfaces_added);
	json_object_set(changed, "interfaces_removed", slot->interfaces_removed);
}

static void put_slots(const struct ranges *ranges, json_t *sections)
{
	for (size_t i = 0; i < ranges->count; i++) {
		struct slot *slot = &ranges->slots[i];

		if (slot->old == NONE || slot->new == NONE)
			put_whole(slot, sections, ranges);
		else
			put_changed(slot, sections, ranges);
		json_decref(slot->interfaces_added);
		json_decref(slot->interfaces_removed);
	}
}

json_t *difference_ranges(const struct config *old, const struct config *new)
{
	struct ranges ranges = {
		.old = old,
		.new = new,
		.slots = calloc(old->range_count + new->range_count + 1, sizeof(*ranges.slots)),
		.by_old = calloc(old->range_count + 1, sizeof(*ranges.by_old)),
		.by_new = calloc(new->range_count + 1, sizeof(*ranges.by_new)),
	};
	struct named *before = range_names(old), *after = range_names(new);
	struct interface *interfaces_old = NULL, *interfaces_new = NULL;
	json_t *sections = NULL;

	if (!ranges.slots || !ranges.by_old || !ranges.by_new || !before || !after)
		goto out;
	named_merge(before, old->range_count, after, new->range_count, pair_ranges, &ranges);
	interfaces_old = interfaces_of(old, ranges.by_old);
	interfaces_new = interfaces_of(new, ranges.by_new);
	sections = interfaces_old && interfaces_new ? sections_new() : NULL;
	if (sections) {
		count_prefixes(&ranges);
		list_interfaces(&ranges, interfaces_old, interfaces_new);
	}
	put_slots(&ranges, sections);
out:
	free(interfaces_new);
	free(interfaces_old);
	free(after);
	free(before);
	free(ranges.by_new);
	free(ranges.by_old);
	free(ranges.slots);
	return sections;
}
