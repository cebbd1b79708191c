// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "control/allow/destination_names.h"
#include "control/config/config_sections.h"
#include "control/config/config_words.h"
#include "control/config/prefix_error.h"
#include "control/config/times.h"

static int read_expiry(cfg_t *section, struct config_allow *allow, struct config_error *error)
{
	const struct word *word = words_get(section, "expires", 0);

	if (!word || date_parse(word->text, &allow->expires) == 0)
		return 0;
	return config_fail_at(error, word,
			      "allow \"%s\": expires = %s: expected a date such as 2026-12-01 or "
			      "2026-12-01T12:00:00Z",
			      allow->name, word->text);
}

static int read_from(const struct word *word, struct config_allow *allow,
		     struct config_error *error)
{
	char text[PREFIX_ERROR_MAX];

	memset(&allow->from, 0, sizeof(allow->from));
	if (!word || prefix_read(word->text, &allow->from, text) == 0)
		return 0;
	return config_fail_at(error, word, "allow \"%s\": from: %s", allow->name, text);
}

static int read_to(const struct word *word, struct config_allow *allow, char name[DOMAIN_NAME_MAX],
		   struct config_error *error)
{
	char text[PREFIX_ERROR_MAX];

	memset(&allow->to, 0, sizeof(allow->to));
	name[0] = '\0';
	if (!word || destination_read(word->text, &allow->to, name, text) == 0)
		return 0;
	return config_fail_at(error, word, "allow \"%s\": to: %s", allow->name, text);
}

static int add(struct config *config, const struct config_allow *allow, const char *comment,
	       const char *name)
{
	struct config_allow *all = array_room(config->allows, config->allow_count, sizeof(*all));
	struct config_allow copy = *allow;

	if (!all)
		return -ENOMEM;
	config->allows = all;
	copy.comment = strdup(comment);
	copy.to_name = name[0] ? strdup(name) : NULL;
	if (!copy.comment || (name[0] && !copy.to_name)) {
		free(copy.comment);
		free(copy.to_name);
		return -ENOMEM;
	}
	all[config->allow_count++] = copy;
	return 0;
}

/* One entry for each pair of from and to. */
static int add_pair(cfg_t *section, struct config *config, struct config_allow *allow,
		    const struct word *from, const struct word *to, struct config_error *error)
{
	const struct word *comment = words_get(section, "comment", 0);
	char name[DOMAIN_NAME_MAX];
	int result = read_from(from, allow, error);

	if (!result)
		result = read_to(to, allow, name, error);
	if (result)
		return result;
	if (from && to && !name[0] && allow->from.addr.family != allow->to.addr.family)
		return config_fail_at(
			error, to, "allow \"%s\": from %s to %s: expected both IPv4 or both IPv6",
			allow->name, from->text, to->text);
	if (config->allow_count >= CONFIG_ALLOWS_MAX)
		return config_fail_in(error, section, "expected at most %d allow entries",
				      CONFIG_ALLOWS_MAX);
	return add(config, allow, comment ? comment->text : "", name);
}

static int read_way(cfg_t *section, const struct config *config, struct config_allow *allow,
		    struct config_error *error)
{
	for (unsigned way = ALLOW_WATCHED; way <= ALLOW_ALWAYS; way++) {
		const struct word *word = words_get(section, allow_way_word(way), 0);

		if (!word || strcmp(word->text, "no") == 0)
			continue;
		if (strcmp(word->text, "yes") != 0)
			return config_fail_at(error, word,
					      "allow \"%s\": %s = %s: expected yes or no",
					      allow->name, allow_way_word(way), word->text);
		if (allow->way)
			return config_fail_at(error, word,
					      "allow \"%s\": expected watched or always, not both",
					      allow->name);
		allow->way = (uint8_t)way;
	}
	if (allow->way == ALLOW_WATCHED && !words_count(section, "from"))
		return config_fail_in(
			error, section,
			"allow \"%s\": watched without from: expected the source that "
			"is to be watched",
			allow->name);
	if (allow->way == ALLOW_WATCHED && !config->watched)
		return config_fail_in(error, section,
				      "allow \"%s\": watched: expected at most %d policies, or one "
				      "with the name " PLAN_WATCHED,
				      allow->name, POLICIES_MAX - 1);
	return 0;
}

static int read_allow(cfg_t *section, struct config *config, struct config_error *error)
{
	unsigned froms = words_count(section, "from"), tos = words_count(section, "to");
	const struct word *comment = words_get(section, "comment", 0);
	const struct word *first = words_first(section);
	struct config_allow allow = {0};
	int result, file;

	snprintf(allow.name, sizeof(allow.name), "%s", cfg_title(section));
	if (strcmp(allow.name, cfg_title(section)) != 0)
		return config_fail_in(error, section,
				      "allow \"%s\": expected at most %d characters",
				      cfg_title(section), CONFIG_NAME_MAX - 1);
	if (!froms && !tos)
		return config_fail_in(error, section, "allow \"%s\": expected from, to or both",
				      allow.name);
	if (config->settings.require_comment && (!comment || !comment->text[0]))
		return config_fail_in(error, section,
				      "allow \"%s\": comment is missing: expected why and for whom "
				      "(require-comment = no does without)",
				      allow.name);
	result = read_expiry(section, &allow, error);
	if (!result)
		result = read_way(section, config, &allow, error);
	file = config_file_index(config, first->file);
	if (result || file < 0)
		return result ? result : file;
	allow.file = (uint16_t)file;
	for (unsigned i = 0; i < (froms ? froms : 1); i++) {
		for (unsigned j = 0; j < (tos ? tos : 1); j++) {
			result = add_pair(section, config, &allow, words_get(section, "from", i),
					  words_get(section, "to", j), error);
			if (result)
				return result;
		}
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What has a name is asked for all the time, and may become many elements: there are bounds. */
static int check_names(cfg_t *tree, const struct config *config, struct config_error *error)
{
	const char **names = calloc(config->allow_count + 1, sizeof(*names));
	size_t count = 0, unlike = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < config->allow_count; i++)
		if (config->allows[i].to_name)
			names[count++] = config->allows[i].to_name;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		unlike += i == 0 || strcmp(names[i - 1], names[i]) != 0;
	free(names);
	if (count > DESTINATION_ENTRIES_MAX || unlike > DESTINATION_NAMES_MAX)
		return config_fail_in(error, cfg_getnsec(tree, "allow", 0),
				      "allow: expected at most %d names of destinations, in at "
				      "most %d entries",
				      DESTINATION_NAMES_MAX, DESTINATION_ENTRIES_MAX);
	return 0;
}

int sections_allows(cfg_t *tree, struct config *config, struct config_error *error)
{
	for (unsigned i = 0; i < cfg_size(tree, "allow"); i++) {
		int result = read_allow(cfg_getnsec(tree, "allow", i), config, error);

		if (result)
			return result;
	}
	return check_names(tree, config, error);
}
