// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "control/config/config_sections.h"
#include "control/config/config_words.h"
#include "control/config/prefix_error.h"
#include "control/config/times.h"

/* Names end up in events and on terminals: what a host name may hold, and '_'. */
static bool name_valid(const char *name)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t length = strlen(name);

	return length > 0 && length < CONFIG_NAME_MAX && strspn(name, allowed) == length;
}

static int name_check(cfg_t *section, const char *kind, struct config_error *error)
{
	if (name_valid(cfg_title(section)))
		return 0;
	return config_fail_in(
		error, section,
		"%s \"%s\": expected a name of 1 to %d letters, digits, '_', '.' and '-'", kind,
		cfg_title(section), CONFIG_NAME_MAX - 1);
}

/* --- range --- */

static int range_policy(cfg_t *section, const struct config *config, struct config_range *range,
			struct config_error *error)
{
	const struct word *word = words_get(section, "policy", 0);
	const struct policy *policy;

	if (!word)
		return config_fail_in(
			error, section,
			"range \"%s\": policy is missing: expected the name of a policy",
			range->name);
	policy = config_policy_named(config, word->text);
	if (policy) {
		range->policy = (unsigned)(policy - config->policies);
		return 0;
	}
	return config_fail_at(error, word,
			      "range \"%s\": policy = %s: expected the name of a policy that is "
			      "defined",
			      range->name, word->text);
}

/* A key with one of two words; not given, it is the first. */
static int range_either(cfg_t *section, const struct config_range *range, const char *key,
			const char *first, const char *second, bool *value,
			struct config_error *error)
{
	const struct word *word = words_get(section, key, 0);

	*value = word && strcmp(word->text, second) == 0;
	if (!word || *value || strcmp(word->text, first) == 0)
		return 0;
	return config_fail_at(error, word, "range \"%s\": %s = %s: expected %s or %s", range->name,
			      key, word->text, first, second);
}

static int range_prefixes(cfg_t *section, struct config *config, unsigned range,
			  struct config_error *error)
{
	char text[PREFIX_ERROR_MAX];

	for (unsigned i = 0; i < words_count(section, "prefixes"); i++) {
		const struct word *word = words_get(section, "prefixes", i);
		struct config_prefix prefix = {.range = (uint16_t)range,
					       .line = (uint32_t)word->line};
		int result = config_file_index(config, word->file);

		if (result < 0)
			return result;
		prefix.file = (uint16_t)result;
		if (prefix_read(word->text, &prefix.prefix, text))
			return config_fail_at(error, word, "range \"%s\": prefixes: %s",
					      config->ranges[range].name, text);
		result = config_prefix_add(config, &prefix);
		if (result == -E2BIG)
			config_fail_at(error, word, "%s: expected at most %d prefixes in all",
				       word->text, CONFIG_PREFIXES_MAX);
		if (result)
			return result;
	}
	return 0;
}

/*
 * One range at most has an interface for itself. Ranges by both share it: their prefixes tell them
 * apart.
 */
static const struct config_interface *interface_taken(const struct config *config, const char *name,
						      unsigned range)
{
	for (size_t i = 0; i < config->interface_count; i++) {
		const struct config_interface *other = &config->interfaces[i];

		if (!strcmp(other->name, name) &&
		    (other->range == range ||
		     (!config->ranges[range].by_prefix && !config->ranges[other->range].by_prefix)))
			return other;
	}
	return NULL;
}

static int range_interface(const struct word *word, struct config *config, unsigned range,
			   struct config_error *error)
{
	const struct config_range *self = &config->ranges[range];
	const struct config_interface *taken;
	struct config_interface *all;

	if (!interface_valid(word->text))
		return config_fail_at(
			error, word,
			"range \"%s\": interfaces: %s: expected an interface name of 1 "
			"to %d characters, or its beginning and *",
			self->name, word->text, INTERFACE_MAX - 1);
	taken = interface_taken(config, word->text, range);
	if (taken)
		return config_fail_at(error, word,
				      "range \"%s\": interfaces: %s: expected each interface once, "
				      "range \"%s\" has it",
				      self->name, word->text, config->ranges[taken->range].name);
	if (config->interface_count >= PLAN_INTERFACES_MAX)
		return config_fail_at(
			error, word,
			"range \"%s\": interfaces: %s: expected at most %d interfaces "
			"in all",
			self->name, word->text, PLAN_INTERFACES_MAX);
	all = array_room(config->interfaces, config->interface_count, sizeof(*all));
	if (!all)
		return -ENOMEM;
	config->interfaces = all;
	memset(&all[config->interface_count], 0, sizeof(*all));
	snprintf(all[config->interface_count].name, INTERFACE_MAX, "%s", word->text);
	all[config->interface_count++].range = (uint16_t)range;
	return 0;
}

static int range_interfaces(cfg_t *section, struct config *config, unsigned range,
			    struct config_error *error)
{
	int result = 0;

	for (unsigned i = 0; !result && i < words_count(section, "interfaces"); i++)
		result = range_interface(words_get(section, "interfaces", i), config, range, error);
	return result;
}

static int read_range(cfg_t *section, struct config *config, unsigned range,
		      struct config_error *error)
{
	const struct word *file = words_get(section, "prefix-file", 0);
	bool prefixes = words_count(section, "prefixes") || file;
	bool interfaces = words_count(section, "interfaces");
	struct config_range *self = &config->ranges[range];
	int result = name_check(section, "range", error);

	if (result)
		return result;
	snprintf(self->name, sizeof(self->name), "%s", cfg_title(section));
	self->by_interface = interfaces;
	self->by_prefix = prefixes;
	if (!prefixes && !interfaces)
		return config_fail_in(error, section,
				      "range \"%s\": expected prefixes, prefix-file or interfaces",
				      self->name);
	result = range_policy(section, config, self, error);
	if (!result)
		result = range_either(section, self, "sources", "unverified", "verified",
				      &self->verified, error);
	if (!result)
		result = range_either(section, self, "shared", "no", "yes", &self->shared, error);
	if (!result)
		result = range_prefixes(section, config, range, error);
	if (!result && file)
		result = config_prefix_file(config, file, range, error);
	if (!result)
		result = range_interfaces(section, config, range, error);
	return result;
}

/* Wildcards and places are rules, and each place has its prefixes for itself. */
static int bounds_check(cfg_t *tree, const struct config *config, struct config_error *error)
{
	size_t *prefixes = calloc(config->range_count + 1, sizeof(*prefixes)), all = 0;
	size_t wildcards = 0;
	int result = 0;

	if (!prefixes)
		return -ENOMEM;
	for (size_t i = 0; i < config->prefix_count; i++)
		prefixes[config->prefixes[i].range]++;
	for (size_t i = 0; !result && i < config->interface_count; i++) {
		const struct config_interface *interface = &config->interfaces[i];
		const struct config_range *range = &config->ranges[interface->range];
		cfg_t *section = cfg_getnsec(tree, "range", interface->range);

		if (range->by_prefix)
			all += prefixes[interface->range];
		else
			wildcards += interface_wildcard(interface->name);
		if (wildcards > PLAN_WILDCARDS_MAX)
			result = config_fail_in(error, section,
						"range \"%s\": interfaces: %s: expected at most "
						"%d interfaces with a * in all",
						range->name, interface->name, PLAN_WILDCARDS_MAX);
		else if (all > CONFIG_PREFIXES_MAX)
			result = config_fail_in(error, section,
						"range \"%s\": interfaces: %s: expected at most %d "
						"prefixes on interfaces in all, each counted on "
						"each interface",
						range->name, interface->name, CONFIG_PREFIXES_MAX);
	}
	free(prefixes);
	if (!result && config->place_count > PLAN_PLACES_MAX)
		result = config_fail(error, config->path, 0,
				     "%zu interfaces in ranges with prefixes: expected at most %d",
				     config->place_count, PLAN_PLACES_MAX);
	return result;
}

int sections_ranges(cfg_t *tree, struct config *config, struct config_error *error)
{
	unsigned count = cfg_size(tree, "range");
	int result;

	if (count > CONFIG_RANGES_MAX)
		return config_fail(error, config->path, 0, "%u ranges: expected at most %d", count,
				   CONFIG_RANGES_MAX);
	config->ranges = calloc(count ? count : 1, sizeof(*config->ranges));
	if (!config->ranges)
		return -ENOMEM;
	config->range_count = count;
	for (unsigned i = 0; i < count; i++) {
		result = read_range(cfg_getnsec(tree, "range", i), config, i, error);
		if (result)
			return result;
	}
	result = config_prefixes_sort(config);
	if (!result)
		result = config_places_make(config);
	if (!result)
		result = bounds_check(tree, config, error);
	return result ? result : config_places_check(config, error);
}
