// SPDX-License-Identifier: GPL-2.0-or-later
/* The policies of the configuration, and the one that allow entries which are watched have. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config_sections.h"
#include "control/config/config_thresholds.h"
#include "control/config/config_words.h"
#include "control/config/times.h"

#define POLICY_PACE_PRESET 500 /* questions a second: a bot that asks faster is known as well */
/*
 * A mail server's newsletter reaches some hundreds of servers within a minute, with at most 100
 * connections at a time (Postfix's default_process_limit); what is refused, it tries again.
 */
#define POLICY_BURST_PRESET 300
#define POLICY_BURST_TIME_PRESET 60

static int policy_mode(cfg_t *section, struct policy *policy, struct config_error *error)
{
	const struct word *word = words_get(section, "mode", 0);

	if (!word)
		return config_fail_in(
			error, section,
			"policy \"%s\": mode is missing: expected block, guard or monitor",
			policy->name);
	policy->mode = (uint8_t)policy_mode_value(word->text);
	if (policy->mode)
		return 0;
	return config_fail_at(error, word,
			      "policy \"%s\": mode = %s: expected block, guard or monitor",
			      policy->name, word->text);
}

static int policy_deny(cfg_t *section, struct policy *policy, struct config_error *error)
{
	const struct word *word = words_get(section, "deny", 0);

	policy->deny = (uint8_t)(word ? policy_deny_value(word->text) : DENY_TCP_RESET);
	if (policy->deny)
		return 0;
	return config_fail_at(
		error, word,
		"policy \"%s\": deny = %s: expected drop, tcp-reset or admin-prohibited",
		policy->name, word->text);
}

static int policy_unanswered(cfg_t *section, struct policy *policy, struct config_error *error)
{
	const struct word *word = words_get(section, "when-unanswered", 0);

	if (word)
		policy->unanswered = (uint8_t)policy_safe_value(word->text);
	else
		policy->unanswered = policy->mode == MODE_BLOCK ? SAFE_REFUSE : SAFE_PASS;
	if (policy->unanswered)
		return 0;
	return config_fail_at(error, word,
			      "policy \"%s\": when-unanswered = %s: expected refuse or pass",
			      policy->name, word->text);
}

static int policy_host_prefix(cfg_t *section, struct policy *policy, struct config_error *error)
{
	static const char *const words[] = {"64", "60", "56", "48"};
	static const uint8_t lengths[] = {64, 60, 56, 48};
	const struct word *word = words_get(section, "host-prefix6", 0);

	for (size_t i = 0; i < sizeof(lengths); i++) {
		if (!word || strcmp(word->text, words[i]) == 0) {
			policy->host_prefix6 = lengths[i];
			return 0;
		}
	}
	return config_fail_at(error, word,
			      "policy \"%s\": host-prefix6 = %s: expected 64, 60, 56 or 48",
			      policy->name, word->text);
}

static int policy_pace(cfg_t *section, struct policy *policy, struct config_error *error)
{
	const struct word *word = words_get(section, "pace", 0);
	uint64_t pace = POLICY_PACE_PRESET;

	if (word && (number_parse(word->text, &pace) || pace > POLICY_PACE_MAX))
		return config_fail_at(error, word,
				      "policy \"%s\": pace = %s: expected a number from 0 to %d",
				      policy->name, word->text, POLICY_PACE_MAX);
	policy->pace = (uint32_t)pace;
	return 0;
}

static int policy_burst(cfg_t *section, struct policy *policy, struct config_error *error)
{
	const struct word *word = words_get(section, "burst", 0);
	const struct word *time = words_get(section, "burst-time", 0);
	uint64_t burst = POLICY_BURST_PRESET, seconds = POLICY_BURST_TIME_PRESET;

	if (word && (number_parse(word->text, &burst) || burst > POLICY_BURST_MAX))
		return config_fail_at(error, word,
				      "policy \"%s\": burst = %s: expected a number from 0 to %d",
				      policy->name, word->text, POLICY_BURST_MAX);
	if (time && (duration_parse(time->text, &seconds) || seconds < 1 ||
		     seconds > POLICY_BURST_TIME_MAX))
		return config_fail_at(
			error, time,
			"policy \"%s\": burst-time = %s: expected a duration (such as "
			"30s or 1m) from 1s to 1h",
			policy->name, time->text);
	policy->burst = (uint32_t)burst;
	policy->burst_time = (uint32_t)seconds;
	return 0;
}

static int read_policy(cfg_t *section, struct policy *policy, struct thresholds *thresholds,
		       struct config_error *error)
{
	const char *name = cfg_title(section);
	int result;

	memset(policy, 0, sizeof(*policy));
	if (!policy_name_valid(name))
		return config_fail_in(error, section,
				      "policy \"%s\": expected a name of 1 to %d characters: a "
				      "letter, then letters, digits and '_'",
				      name, POLICY_NAME_MAX - 1);
	snprintf(policy->name, sizeof(policy->name), "%s", name);
	result = policy_mode(section, policy, error);
	if (!result)
		result = policy_deny(section, policy, error);
	if (!result)
		result = policy_unanswered(section, policy, error);
	if (!result)
		result = policy_host_prefix(section, policy, error);
	if (!result)
		result = policy_pace(section, policy, error);
	if (!result)
		result = policy_burst(section, policy, error);
	if (!result)
		result = thresholds_read(section, policy->name, thresholds, error);
	return result;
}

struct policy *config_policy_named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->policy_count; i++)
		if (strcmp(config->policies[i].name, name) == 0)
			return &config->policies[i];
	return NULL;
}

static int router_policy(cfg_t *tree, struct config *config, struct config_error *error)
{
	const struct word *word = words_get(tree, "router-policy", 0);

	if (!word || !word->text[0])
		return 0;
	config->router_policy = config_policy_named(config, word->text);
	if (config->router_policy)
		return 0;
	return config_fail_at(error, word,
			      "router-policy = %s: expected the name of a policy that is defined",
			      word->text);
}

/* The one that is configured, or a guard policy of presets behind the configured ones. */
static int watched_policy(cfg_t *tree, struct config *config, struct config_error *error)
{
	struct policy *policy = config_policy_named(config, PLAN_WATCHED);
	size_t index = config->policy_count;

	if (policy && policy->mode != MODE_GUARD)
		return config_fail_in(
			error, cfg_getnsec(tree, "policy", (unsigned)(policy - config->policies)),
			"policy \"" PLAN_WATCHED "\": mode = %s: expected guard, "
			"for it is the policy of allow entries that are watched",
			policy_mode_word(policy->mode));
	config->watched = policy;
	if (policy || index == POLICIES_MAX)
		return 0;
	policy = &config->policies[index];
	*policy = (struct policy){
		.name = PLAN_WATCHED,
		.number = (uint8_t)index,
		.mode = MODE_GUARD,
		.deny = DENY_TCP_RESET,
		.unanswered = SAFE_PASS,
		.host_prefix6 = 64,
		.pace = POLICY_PACE_PRESET,
		.burst = POLICY_BURST_PRESET,
		.burst_time = POLICY_BURST_TIME_PRESET,
	};
	thresholds_preset(&config->thresholds[index]);
	config->watched = policy;
	config->numbered_count = index + 1;
	return 0;
}

int sections_policies(cfg_t *tree, struct config *config, struct config_error *error)
{
	unsigned count = cfg_size(tree, "policy");
	int result;

	if (count == 0)
		return config_fail(error, config->path, 0,
				   "no policy: expected at least one, for instance "
				   "policy \"home\" { mode = monitor }");
	if (count > POLICIES_MAX)
		return config_fail_in(error, cfg_getnsec(tree, "policy", POLICIES_MAX),
				      "policy \"%s\": expected at most %d policies",
				      cfg_title(cfg_getnsec(tree, "policy", POLICIES_MAX)),
				      POLICIES_MAX);
	config->policies = calloc(count + 1, sizeof(*config->policies));
	config->thresholds = calloc(count + 1, sizeof(*config->thresholds));
	if (!config->policies || !config->thresholds)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		result = read_policy(cfg_getnsec(tree, "policy", i), &config->policies[i],
				     &config->thresholds[i], error);

		if (result)
			return result;
		config->policies[i].number = (uint8_t)i;
	}
	config->policy_count = config->numbered_count = count;
	result = watched_policy(tree, config, error);
	return result ? result : router_policy(tree, config, error);
}
