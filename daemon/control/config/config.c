// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/config/config_sections.h"
#include "control/config/config_settings.h"
#include "control/config/config_words.h"

static char *absolute(const char *path)
{
	char *here, *result = NULL;

	if (path[0] == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	if (here && asprintf(&result, "%s/%s", here, path) < 0)
		result = NULL;
	free(here);
	return result;
}

static int read_sections(cfg_t *tree, struct config *config, struct config_error *error)
{
	int result = settings_read(tree, config->path, &config->settings, error);

	if (!result)
		result = sections_policies(tree, config, error);
	if (!result)
		result = sections_ranges(tree, config, error);
	if (!result)
		result = sections_allows(tree, config, error);
	return result;
}

int config_load(const char *path, struct config **out, struct config_error *error)
{
	struct words_key names[SETTINGS_MAX];
	struct config *config = calloc(1, sizeof(*config));
	cfg_t *tree = NULL;
	int result = -ENOMEM;

	error->text[0] = '\0';
	if (!config)
		goto out;
	config->path = absolute(path);
	if (!config->path)
		goto out;
	result = words_read(path, names, settings_names(names), &tree, error);
	if (!result)
		result = read_sections(tree, config, error);
out:
	if (tree)
		cfg_free(tree);
	if (result && !error->text[0])
		config_fail(error, path, 0, "%s", strerror(-result));
	if (result)
		config_free(config);
	else
		*out = config;
	return result;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->allow_count; i++) {
		free(config->allows[i].comment);
		free(config->allows[i].to_name);
	}
	for (size_t i = 0; i < config->file_count; i++)
		free(config->files[i]);
	free(config->files);
	free(config->allows);
	for (size_t i = 0; i < config->place_count; i++)
		intervals_release(&config->places[i].intervals);
	free(config->places);
	free(config->interfaces);
	free(config->prefixes);
	free(config->ranges);
	free(config->policies);
	free(config->thresholds);
	intervals_release(&config->intervals);
	settings_release(&config->settings);
	free(config->path);
	free(config);
}

const struct policy *config_policy(const struct config *config, unsigned number)
{
	for (size_t i = 0; i < config->numbered_count; i++)
		if (config->policies[i].number == number)
			return &config->policies[i];
	return NULL;
}

const struct policy *config_policy_find(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->numbered_count; i++)
		if (strcmp(config->policies[i].name, name) == 0)
			return &config->policies[i];
	return NULL;
}

const struct thresholds *config_thresholds(const struct config *config, const struct policy *policy)
{
	return &config->thresholds[policy - config->policies];
}
