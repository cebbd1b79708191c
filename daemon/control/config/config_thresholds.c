// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/config/config_thresholds.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "control/config/config_words.h"
#include "control/config/times.h"

#define AT(field) offsetof(struct thresholds, field)
#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct key {
	const char *name;
	size_t offset;
	bool duration; /* seconds; else a number */
	uint64_t preset, min, max;
};

/* edge25.conf(5) says where the presets come from. */
static const struct key keys[] = {
	{"suspect-servers", AT(suspect_servers), false, 12, 2, 1000000},
	{"suspect-servers-hour", AT(suspect_servers_hour), false, 25, 2, 1000000},
	{"suspect-tries", AT(suspect_tries), false, 300, 2, 1000000},
	{"infected-servers", AT(infected_servers), false, 40, 2, 1000000},
	{"infected-tries", AT(infected_tries), false, 250, 2, 1000000},
	{"infected-parts", AT(infected_parts), false, 3, 1, 12},
	{"answered-weight", AT(answered_weight), false, 10, 1, 1000000},
	{"contain-for", AT(contain_for), true, HOUR, MINUTE, 366 * DAY},
	{"contain-max", AT(contain_max), true, 7 * DAY, MINUTE, 366 * DAY},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

_Static_assert(KEYS <= THRESHOLDS_MAX, "their names must fit");

static uint64_t *value_of(struct thresholds *thresholds, const struct key *key)
{
	return (void *)((char *)thresholds + key->offset);
}

const char *thresholds_key(size_t index)
{
	return index < KEYS ? keys[index].name : NULL;
}

static void write_value(const struct key *key, uint64_t value, char text[THRESHOLD_TEXT_MAX])
{
	if (key->duration)
		duration_format(value, text, THRESHOLD_TEXT_MAX);
	else
		snprintf(text, THRESHOLD_TEXT_MAX, "%" PRIu64, value);
}

void thresholds_text(const struct thresholds *thresholds, size_t index,
		     char text[THRESHOLD_TEXT_MAX])
{
	write_value(&keys[index], *value_of((struct thresholds *)thresholds, &keys[index]), text);
}

void thresholds_preset(struct thresholds *thresholds)
{
	for (size_t i = 0; i < KEYS; i++)
		*value_of(thresholds, &keys[i]) = keys[i].preset;
}

static int read_key(const struct key *key, const struct word *word, const char *name,
		    uint64_t *value, struct config_error *error)
{
	char min[THRESHOLD_TEXT_MAX], max[THRESHOLD_TEXT_MAX];
	int result = key->duration ? duration_parse(word->text, value) :
				     number_parse(word->text, value);

	if (!result && *value >= key->min && *value <= key->max)
		return 0;
	write_value(key, key->min, min);
	write_value(key, key->max, max);
	return config_fail_at(error, word, "policy \"%s\": %s = %s: expected %s from %s to %s",
			      name, key->name, word->text,
			      key->duration ? "a duration (such as 10m or 2h)" : "a number", min,
			      max);
}

int thresholds_read(cfg_t *section, const char *name, struct thresholds *thresholds,
		    struct config_error *error)
{
	thresholds_preset(thresholds);
	for (size_t i = 0; i < KEYS; i++) {
		const struct word *word = words_get(section, keys[i].name, 0);
		int result = word ? read_key(&keys[i], word, name, value_of(thresholds, &keys[i]),
					     error) :
				    0;

		if (result)
			return result;
	}
	return 0;
}
