// SPDX-License-Identifier: GPL-2.0-or-later
/* Which range a source is in, as the rules of the kernel find it. */
#include <string.h>

#include "control/config/config.h"

static bool has_interface(const struct config *config, size_t range, const char *name)
{
	for (size_t i = 0; i < config->interface_count; i++)
		if (config->interfaces[i].range == range &&
		    !strcmp(config->interfaces[i].name, name))
			return true;
	return false;
}

/* Does the prefix hold at the place; without one, wherever packets come in? */
static bool holds_at(const struct config *config, const struct config_prefix *prefix,
		     const struct config_place *place)
{
	if (!place)
		return !config->ranges[prefix->range].by_interface;
	return has_interface(config, prefix->range, place->name);
}

/* The first that is not before @prefix. */
static size_t first_at(const struct config *config, const struct prefix *prefix)
{
	size_t low = 0, high = config->prefix_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (prefix_compare(&config->prefixes[middle].prefix, prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The longest that holds; the same one may be there for several places. */
static const struct config_prefix *find(const struct config *config, const struct addr *addr,
					const struct config_place *place)
{
	for (unsigned length = addr_bits(addr->family) + 1; length-- > 0;) {
		const struct prefix wanted = prefix_of(addr, length);

		for (size_t i = first_at(config, &wanted); i < config->prefix_count; i++) {
			const struct config_prefix *prefix = &config->prefixes[i];

			if (!prefix_equal(&prefix->prefix, &wanted))
				break;
			if (holds_at(config, prefix, place))
				return prefix;
		}
	}
	return NULL;
}

struct matches {
	struct config_match *all;
	size_t count, room;
};

static void put(struct matches *matches, struct config_match match)
{
	if (matches->count < matches->room)
		matches->all[matches->count] = match;
	matches->count++;
}

size_t config_matches(const struct config *config, const struct addr *addr,
		      struct config_match *all, size_t room)
{
	struct matches matches = {.all = all, .room = room};
	const struct config_prefix *prefix;

	for (size_t i = 0; i < config->place_count; i++) {
		const struct config_place *place = &config->places[i];

		prefix = intervals_find(&place->intervals, addr) >= 0 ? find(config, addr, place) :
									NULL;
		if (prefix)
			put(&matches,
			    (struct config_match){.interface = place->name,
						  .prefix = prefix,
						  .range = &config->ranges[prefix->range]});
	}
	prefix = find(config, addr, NULL);
	if (prefix)
		put(&matches, (struct config_match){.prefix = prefix,
						    .range = &config->ranges[prefix->range]});
	for (size_t i = 0; !prefix && i < config->interface_count; i++) {
		const struct config_interface *interface = &config->interfaces[i];
		const struct config_range *range = &config->ranges[interface->range];

		if (!range->by_prefix)
			put(&matches,
			    (struct config_match){.interface = interface->name, .range = range});
	}
	return matches.count;
}

/* Is @number also what was found before, if anything was? */
static bool agrees(int *found, int number)
{
	if (*found < 0)
		*found = number;
	return *found == number;
}

const struct policy *config_policy_of(const struct config *config, const struct addr *addr)
{
	int anywhere = intervals_find(&config->intervals, addr), found = anywhere;

	for (size_t i = 0; i < config->place_count; i++) {
		int number = intervals_find(&config->places[i].intervals, addr);

		if (number >= 0 && !agrees(&found, number))
			return NULL;
	}
	for (size_t i = 0; anywhere < 0 && i < config->interface_count; i++) {
		const struct config_range *range = &config->ranges[config->interfaces[i].range];

		if (!range->by_prefix && !agrees(&found, config->policies[range->policy].number))
			return NULL;
	}
	return found < 0 ? NULL : config_policy(config, (unsigned)found);
}

static bool one_trust(const struct config *config)
{
	for (size_t i = 1; i < config->range_count; i++)
		if (config->ranges[i].verified != config->ranges[0].verified ||
		    config->ranges[i].shared != config->ranges[0].shared)
			return false;
	return true;
}

struct config_trust config_trust(const struct config *config, const struct addr *addr,
				 const char *interface)
{
	struct config_match matches[PLAN_PLACES_MAX];
	struct config_trust trust = {0};
	size_t count;

	if (one_trust(config)) {
		if (config->range_count)
			trust = (struct config_trust){config->ranges[0].verified,
						      config->ranges[0].shared};
		return trust;
	}
	count = config_matches(config, addr, matches, PLAN_PLACES_MAX);
	for (size_t i = 0; i < count && i < PLAN_PLACES_MAX; i++) {
		const struct config_range *range = matches[i].range;

		if (interface && matches[i].interface &&
		    !interface_matches(matches[i].interface, interface))
			continue;
		if (interface || !matches[i].interface)
			return (struct config_trust){range->verified, range->shared};
		/* it may be any of them */
		trust.verified = range->verified && (i == 0 || trust.verified);
		trust.shared |= range->shared;
	}
	return trust;
}

bool config_by_interface(const struct config *config)
{
	for (size_t i = 0; i < config->range_count; i++)
		if (config->ranges[i].by_interface && !config->ranges[i].by_prefix)
			return true;
	return false;
}
