// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "reload.h"

/* Without a database: names that run keep their numbers, new ones take what is free. */
static void numbers_from(const struct config *config, const struct config *running,
			 uint8_t numbers[POLICIES_MAX])
{
	bool taken[POLICIES_MAX] = {false}, found[POLICIES_MAX] = {false};

	for (size_t i = 0; i < config->policy_count; i++) {
		for (size_t j = 0; j < running->policy_count; j++) {
			if (strcmp(config->policies[i].name, running->policies[j].name) != 0)
				continue;
			numbers[i] = running->policies[j].number;
			found[i] = taken[numbers[i]] = true;
		}
	}
	for (size_t i = 0; i < config->policy_count; i++) {
		if (found[i])
			continue;
		numbers[i] = 0;
		while (taken[numbers[i]])
			numbers[i]++;
		taken[numbers[i]] = true;
	}
}

int reload_number(struct config *config, const struct config *running, struct store *store)
{
	uint8_t numbers[POLICIES_MAX];
	int error = store_numbers(store, config->policies, config->policy_count,
				  intent_clock().real, numbers);

	if (error && running)
		numbers_from(config, running, numbers);
	return config_number(config, numbers);
}

static void say_if(const struct control *control, bool differs, const char *key)
{
	if (differs)
		log_warning("reload: a new %s takes effect when edge25 is started again: %s", key,
			    control->config->path);
}

static void say_unchangeable(const struct control *control, const struct config_settings *new)
{
	const struct config_settings *old = &control->config->settings;

	say_if(control, strcmp(old->run_dir, new->run_dir) != 0, "run-dir");
	say_if(control, strcmp(old->state_dir, new->state_dir) != 0, "state-dir");
	say_if(control, strcmp(old->log_dir, new->log_dir) != 0, "log-dir");
	say_if(control, strcmp(old->user, new->user) != 0, "user");
	say_if(control, strcmp(old->engine_user, new->engine_user) != 0, "engine-user");
	say_if(control, old->max_hosts != new->max_hosts, "max-hosts");
	say_if(control, old->max_destinations != new->max_destinations, "max-destinations");
}

int control_reload(struct control *control)
{
	struct config *config, *old = control->config;
	struct config_error error;
	int result = config_load(old->path, &config, &error);

	if (result) {
		log_error("reload: nothing was changed: %s", error.text);
		return result;
	}
	result = reload_number(config, old, control->store);
	if (!result)
		result = allowlist_configure(control->allowlist, config);
	if (result) {
		log_error("reload: nothing was changed: %s", strerror(-result));
		config_free(config);
		return result;
	}
	say_unchangeable(control, &config->settings);
	control->config = config;
	reporter_configure(control->reporter, config);
	event_file_bound(control->event_file, config->settings.event_file_max);
	intent_configure(control->intent, config);
	config_free(old);
	log_notice("reload: %s: policies %zu, ranges %zu, prefixes %zu, allow entries %zu",
		   config->path, config->policy_count, config->range_count, config->prefix_count,
		   config->allow_count);
	return 0;
}
