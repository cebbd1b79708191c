// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config_settings.h"
#include "control/config/config_thresholds.h"
#include "control/config/difference_internal.h"
#include "control/config/times.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

void named_merge(struct named *old, size_t old_count, struct named *new, size_t new_count,
		 named_pair *pair, void *ctx)
{
	size_t i = 0, j = 0;

	if (old_count)
		qsort(old, old_count, sizeof(*old), by_name);
	if (new_count)
		qsort(new, new_count, sizeof(*new), by_name);
	while (i < old_count || j < new_count) {
		int order = i == old_count ? 1 : j == new_count ? -1 : by_name(&old[i], &new[j]);

		pair(ctx, order <= 0 ? &old[i] : NULL, order >= 0 ? &new[j] : NULL);
		i += order <= 0;
		j += order >= 0;
	}
}

json_t *sections_new(void)
{
	return json_pack("{s:[], s:[], s:[]}", "added", "removed", "changed");
}

json_t *sections_put(json_t *sections, const char *list, const char *name)
{
	json_t *section = json_pack("{s:s}", "name", name);

	json_array_append_new(json_object_get(sections, list), section);
	return section;
}

void sections_key(json_t *sections, json_t **changed, const char *name, const char *key,
		  const char *before, const char *after)
{
	if (!*changed) {
		*changed = sections_put(sections, "changed", name);
		json_object_set_new(*changed, "keys", json_array());
	}
	json_array_append_new(json_object_get(*changed, "keys"),
			      json_pack("{s:s, s:s, s:s}", "key", key, "old", before, "new",
					after));
}

/* --- policies --- */

#define KEY_TEXT_MAX 32

static void mode_text(const struct policy *policy, char text[KEY_TEXT_MAX])
{
	snprintf(text, KEY_TEXT_MAX, "%s", policy_mode_word(policy->mode));
}

static void deny_text(const struct policy *policy, char text[KEY_TEXT_MAX])
{
	snprintf(text, KEY_TEXT_MAX, "%s", policy_deny_word(policy->deny));
}

static void unanswered_text(const struct policy *policy, char text[KEY_TEXT_MAX])
{
	snprintf(text, KEY_TEXT_MAX, "%s", policy_safe_word(policy->unanswered));
}

static void host_prefix6_text(const struct policy *policy, char text[KEY_TEXT_MAX])
{
	snprintf(text, KEY_TEXT_MAX, "%u", policy->host_prefix6);
}

static void pace_text(const struct policy *policy, char text[KEY_TEXT_MAX])
{
	snprintf(text, KEY_TEXT_MAX, "%" PRIu32, policy->pace);
}

static void burst_text(const struct policy *policy, char text[KEY_TEXT_MAX])
{
	snprintf(text, KEY_TEXT_MAX, "%" PRIu32, policy->burst);
}

static void burst_time_text(const struct policy *policy, char text[KEY_TEXT_MAX])
{
	duration_format(policy->burst_time, text, KEY_TEXT_MAX);
}

/* Each field of struct policy but the name and the number: a unit test sees to it. */
static const struct {
	const char *key;
	void (*text)(const struct policy *policy, char text[KEY_TEXT_MAX]);
} policy_keys[] = {
	{"mode", mode_text},
	{"deny", deny_text},
	{"when-unanswered", unanswered_text},
	{"host-prefix6", host_prefix6_text},
	{"pace", pace_text},
	{"burst", burst_text},
	{"burst-time", burst_time_text},
};

struct merge {
	const struct config *old, *new;
	json_t *sections;
};

static void pair_policies(void *ctx, const struct named *old, const struct named *new)
{
	const struct merge *merge = ctx;
	json_t *changed = NULL;

	if (!old || !new) {
		sections_put(merge->sections, old ? "removed" : "added", (old ? old : new)->name);
		return;
	}
	for (size_t i = 0; i < sizeof(policy_keys) / sizeof(policy_keys[0]); i++) {
		char before[KEY_TEXT_MAX], after[KEY_TEXT_MAX];

		policy_keys[i].text(&merge->old->policies[old->index], before);
		policy_keys[i].text(&merge->new->policies[new->index], after);
		if (strcmp(before, after) != 0)
			sections_key(merge->sections, &changed, new->name, policy_keys[i].key,
				     before, after);
	}
	for (size_t i = 0; thresholds_key(i); i++) {
		char before[THRESHOLD_TEXT_MAX], after[THRESHOLD_TEXT_MAX];

		thresholds_text(&merge->old->thresholds[old->index], i, before);
		thresholds_text(&merge->new->thresholds[new->index], i, after);
		if (strcmp(before, after) != 0)
			sections_key(merge->sections, &changed, new->name, thresholds_key(i),
				     before, after);
	}
}

static json_t *difference_policies(const struct config *old, const struct config *new)
{
	struct named before[POLICIES_MAX], after[POLICIES_MAX];
	struct merge merge = {.old = old, .new = new, .sections = sections_new()};

	for (size_t i = 0; i < old->policy_count; i++)
		before[i] = (struct named){old->policies[i].name, i};
	for (size_t i = 0; i < new->policy_count; i++)
		after[i] = (struct named){new->policies[i].name, i};
	named_merge(before, old->policy_count, after, new->policy_count, pair_policies, &merge);
	return merge.sections;
}

/* --- settings --- */

static const char *const effects[] = {
	[SETTING_NOW] = "now",
	[SETTING_RESTART] = "restart",
	[SETTING_REMOVE] = "remove",
};

struct settings_list {
	json_t *list;
	bool now;
};

static void put_setting(void *ctx, const char *key, const char *before, const char *after,
			enum setting_effect effect)
{
	struct settings_list *settings = ctx;

	settings->now |= effect == SETTING_NOW;
	json_array_append_new(settings->list,
			      json_pack("{s:s, s:s, s:s, s:s}", "key", key, "old", before, "new",
					after, "effect", effects[effect]));
}

static json_t *difference_settings(const struct config *old, const struct config *new, bool *now)
{
	struct settings_list settings = {.list = json_array()};

	settings_compare(&old->settings, &new->settings, put_setting, &settings);
	*now = settings.now;
	return settings.list;
}

/* --- all --- */

static bool any(const json_t *sections)
{
	return json_array_size(json_object_get(sections, "added")) ||
	       json_array_size(json_object_get(sections, "removed")) ||
	       json_array_size(json_object_get(sections, "changed"));
}

json_t *config_difference(const struct config *old, const struct config *new)
{
	json_t *policies = difference_policies(old, new), *ranges = difference_ranges(old, new);
	json_t *allows = difference_allows(old, new), *settings, *difference;
	bool changed;

	settings = difference_settings(old, new, &changed);
	changed |= any(policies) || any(ranges) || any(allows);
	difference = json_pack("{s:b, s:o, s:o, s:o, s:o}", "changed", changed, "policies",
			       policies, "ranges", ranges, "allow", allows, "settings", settings);
	if (difference)
		json_object_set_new(difference, "summary", difference_summary(difference));
	return difference;
}
