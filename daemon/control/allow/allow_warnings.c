// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "control/allow/allow_warnings.h"
#include "control/allow/allowlist.h"

/* --- which policies its packets may meet --- */

struct allow_surroundings allow_surroundings_of(const struct config *config, int64_t now)
{
	struct allow_surroundings around = {.config = config, .now = now};

	for (size_t i = 0; i < config->range_count; i++) {
		const struct config_range *range = &config->ranges[i];
		const uint32_t policy = 1u << config->policies[range->policy].number;

		around.every_policy |= policy;
		/* one by interface alone may hold any address */
		if (range->by_interface && !range->by_prefix)
			around.interface_policies |= policy;
	}
	return around;
}

static uint32_t policies_of(const struct allow_surroundings *around, const struct prefix *from)
{
	const struct config *config = around->config;
	uint32_t mask = around->interface_policies;

	if (!from->addr.family)
		return around->every_policy;
	mask |= intervals_policies(&config->intervals, from);
	for (size_t i = 0; i < config->place_count; i++)
		mask |= intervals_policies(&config->places[i].intervals, from);
	return mask;
}

static bool any_of_mode(const struct config *config, uint32_t mask, bool (*holds)(unsigned mode))
{
	for (size_t i = 0; i < config->numbered_count; i++)
		if (mask >> config->policies[i].number & 1 && holds(config->policies[i].mode))
			return true;
	return false;
}

static bool blocks(unsigned mode)
{
	return mode == MODE_BLOCK;
}

static bool refuses(unsigned mode)
{
	return mode != MODE_MONITOR;
}

static bool ranges_warning(const struct allow_surroundings *around, const struct allow_entry *entry,
			   char text[ALLOW_WARNING_MAX])
{
	const struct config *config = around->config;
	const uint32_t mask = policies_of(around, &entry->from);
	char from[PREFIX_TEXT_MAX];

	if (!mask && entry->from.addr.family)
		snprintf(text, ALLOW_WARNING_MAX, "no range covers %s: this entry matches nothing",
			 prefix_format(&entry->from, from));
	else if (!mask)
		snprintf(text, ALLOW_WARNING_MAX,
			 "there are no ranges: this entry matches nothing");
	else if (entry->way == ALLOW_WATCHED && !any_of_mode(config, mask, blocks))
		snprintf(text, ALLOW_WARNING_MAX,
			 "no range of %s is blocked: to be watched changes nothing there",
			 prefix_format(&entry->from, from));
	else if (!any_of_mode(config, mask, refuses))
		snprintf(text, ALLOW_WARNING_MAX,
			 "its ranges are only monitored: nothing is refused that it could let "
			 "through");
	else
		return false;
	return true;
}

/* --- which other entry does the same already --- */

struct cover {
	const struct allow_surroundings *around;
	const struct allow_entry *entry;
	const struct allow_entry *by;
	bool configured_only;
};

static bool lasts(int64_t other, int64_t own)
{
	return !other || (own && other >= own);
}

static bool does_as_much(unsigned other, unsigned own)
{
	static const int rank[] = {[ALLOW_ALWAYS] = 0, [ALLOW_FREE] = 1, [ALLOW_WATCHED] = 2};

	return rank[other] <= rank[own];
}

static int look(void *ctx, const struct allow_entry *other)
{
	struct cover *cover = ctx;
	const struct allow_entry *entry = cover->entry;
	const bool itself = other == entry ||
			    (allow_entry_same(other, entry) && (other->id || !other->name));

	if (itself || (cover->configured_only && other->id) ||
	    (other->expires && other->expires <= cover->around->now) ||
	    !does_as_much(other->way, entry->way) || !lasts(other->expires, entry->expires))
		return 0;
	cover->by = other;
	return -EEXIST;
}

static bool cover_warning(const struct allow_surroundings *around, const struct allow_entry *entry,
			  char text[ALLOW_WARNING_MAX])
{
	struct cover cover = {.around = around, .entry = entry};
	char by[ALLOW_ENTRY_TEXT_MAX], id[CONFIG_NAME_MAX + 16];

	if (entry->to_name)
		return false;
	for (unsigned i = 0; i < 2 && !cover.by; i++) {
		cover.configured_only = i == 0 && around->configured_only;
		if (around->indexes[i])
			allow_index_covering(around->indexes[i], &entry->from, &entry->to, look,
					     &cover);
	}
	if (!cover.by)
		return false;
	if (cover.by->id)
		snprintf(id, sizeof(id), "%lld", (long long)cover.by->id);
	else if (cover.by->name)
		snprintf(id, sizeof(id), "\"%s\" of the configuration", cover.by->name);
	else
		snprintf(id, sizeof(id), "another one");
	snprintf(text, ALLOW_WARNING_MAX,
		 "entry %s (%s) covers it already: this one changes nothing while that is there",
		 id, allow_entry_text(cover.by, by));
	return true;
}

bool allow_warning(const struct allow_surroundings *around, const struct allow_entry *entry,
		   char text[ALLOW_WARNING_MAX])
{
	return ranges_warning(around, entry, text) || cover_warning(around, entry, text);
}
