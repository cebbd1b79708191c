// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prefixes and where they hold. Each place (an interface, or a pattern, of ranges by both) has
 * prefixes of its own, and so has "anywhere": the ranges by prefix alone. Within one of them the
 * longest prefix counts; what it is in another does not matter.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config_sections.h"
#include "control/config/config_words.h"

static int by_name(const void *a, const void *b)
{
	const struct config_interface *p = a, *q = b;
	int order = interface_order(p->name, q->name);

	return order ? order : (p->range > q->range) - (p->range < q->range);
}

static bool by_both(const struct config *config, size_t range)
{
	return config->ranges[range].by_interface && config->ranges[range].by_prefix;
}

int config_places_make(struct config *config)
{
	if (config->interface_count)
		qsort(config->interfaces, config->interface_count, sizeof(*config->interfaces),
		      by_name);
	config->places = calloc(config->interface_count + 1, sizeof(*config->places));
	if (!config->places)
		return -ENOMEM;
	for (size_t i = 0; i < config->interface_count; i++) {
		const struct config_interface *interface = &config->interfaces[i];
		struct config_place *place = &config->places[config->place_count];

		if (!by_both(config, interface->range) ||
		    (config->place_count && !strcmp(place[-1].name, interface->name)))
			continue;
		memcpy(place->name, interface->name, sizeof(place->name));
		config->place_count++;
	}
	return 0;
}

/* Says of each range whether its prefixes hold at @place; NULL: anywhere. */
static void members(const struct config *config, const struct config_place *place, bool *member)
{
	for (size_t i = 0; i < config->range_count; i++)
		member[i] = !place && !config->ranges[i].by_interface;
	for (size_t i = 0; place && i < config->interface_count; i++)
		if (!strcmp(config->interfaces[i].name, place->name))
			member[config->interfaces[i].range] =
				by_both(config, config->interfaces[i].range);
}

static int conflict(const struct config *config, const struct config_place *place,
		    const struct config_prefix *before, const struct config_prefix *prefix,
		    struct config_error *error)
{
	const struct config_range *range = &config->ranges[prefix->range];
	const struct config_range *other = &config->ranges[before->range];
	char text[PREFIX_TEXT_MAX];

	return config_fail(error, config->files[prefix->file], (int)prefix->line,
			   "range \"%s\": %s%s%s: expected one policy for a prefix; range \"%s\" "
			   "(%s:%u) gives it policy \"%s\"",
			   range->name, prefix_format(&prefix->prefix, text), place ? " on " : "",
			   place ? place->name : "", other->name, config->files[before->file],
			   (unsigned)before->line, config->policies[other->policy].name);
}

/* Equal prefixes stand together, the later one behind. */
static int check(const struct config *config, const struct config_place *place, bool *member,
		 struct config_error *error)
{
	const struct config_prefix *before = NULL;

	members(config, place, member);
	for (size_t i = 0; i < config->prefix_count; i++) {
		const struct config_prefix *prefix = &config->prefixes[i];

		if (!member[prefix->range])
			continue;
		if (before && prefix_equal(&before->prefix, &prefix->prefix) &&
		    config->ranges[prefix->range].policy != config->ranges[before->range].policy)
			return conflict(config, place, before, prefix, error);
		before = prefix;
	}
	return 0;
}

int config_places_check(const struct config *config, struct config_error *error)
{
	bool *member = calloc(config->range_count + 1, sizeof(*member));
	int result = member ? check(config, NULL, member, error) : -ENOMEM;

	for (size_t i = 0; !result && i < config->place_count; i++)
		result = check(config, &config->places[i], member, error);
	free(member);
	return result;
}

static int flatten(const struct config *config, const struct config_place *place,
		   const uint8_t *numbers, struct intervals *intervals)
{
	struct interval_prefix *prefixes = calloc(config->prefix_count + 1, sizeof(*prefixes));
	bool *member = calloc(config->range_count + 1, sizeof(*member));
	size_t count = 0;
	int result = -ENOMEM;

	if (!prefixes || !member)
		goto out;
	members(config, place, member);
	for (size_t i = 0; i < config->prefix_count; i++) {
		const struct config_prefix *prefix = &config->prefixes[i];

		if (member[prefix->range])
			prefixes[count++] = (struct interval_prefix){
				.prefix = prefix->prefix,
				.policy = numbers[config->ranges[prefix->range].policy],
			};
	}
	result = intervals_flatten(prefixes, count, intervals);
out:
	free(member);
	free(prefixes);
	return result;
}

static void take(struct intervals *to, struct intervals *from)
{
	intervals_release(to);
	*to = *from;
	*from = (struct intervals){0};
}

int config_number(struct config *config, const uint8_t *numbers)
{
	struct intervals *all = calloc(config->place_count + 1, sizeof(*all));
	int result = all ? flatten(config, NULL, numbers, &all[config->place_count]) : -ENOMEM;

	for (size_t i = 0; !result && i < config->place_count; i++)
		result = flatten(config, &config->places[i], numbers, &all[i]);
	if (!result) {
		for (size_t i = 0; i < config->numbered_count; i++)
			config->policies[i].number = numbers[i];
		for (size_t i = 0; i < config->place_count; i++)
			take(&config->places[i].intervals, &all[i]);
		take(&config->intervals, &all[config->place_count]);
	}
	for (size_t i = 0; all && i <= config->place_count; i++)
		intervals_release(&all[i]);
	free(all);
	return result;
}
