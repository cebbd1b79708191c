// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mark.h"
#include "control/config/config_settings.h"
#include "control/config/config_words.h"
#include "control/config/times.h"

enum kind {
	KIND_PATH,
	KIND_USER,
	KIND_GROUP,
	KIND_POLICY,
	KIND_PATHS,
	KIND_NUMBER,
	KIND_DURATION,
	KIND_SIZE,
	KIND_MASK,
	KIND_YES_NO,
	KIND_DESTINATIONS
};

struct key {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *preset;
	uint64_t min, max;
};

#define AT(field) offsetof(struct config_settings, field)
#define PATH_LENGTH_MAX 90  /* sun_path has 108, "/control.sock" needs 13 */
#define LISTED_PATH_MAX 255 /* no lease file has a longer one, and messages hold it */
#define YEAR 31536000
#define DAY 86400
#define HOUR 3600
#define MIB (UINT64_C(1) << 20)

/* The kernel takes queue numbers of 16 bits; sizes of sets are held to what a router has memory for. */
static const struct key keys[] = {
	{"run-dir", KIND_PATH, AT(run_dir), "/run/edge25", 0, 0},
	{"state-dir", KIND_PATH, AT(state_dir), "/var/lib/edge25", 0, 0},
	{"log-dir", KIND_PATH, AT(log_dir), "/var/log/edge25", 0, 0},
	{"user", KIND_USER, AT(user), "edge25", 0, 0},
	{"engine-user", KIND_USER, AT(engine_user), "edge25-engine", 0, 0},
	{"monitor-group", KIND_GROUP, AT(monitor_group), "", 0, 0},
	{"queue-first", KIND_NUMBER, AT(queue_first), "2500", 0, 65535},
	{"queues", KIND_NUMBER, AT(queues), "0", 0, PLAN_QUEUES_MAX},
	{"queue-length", KIND_NUMBER, AT(queue_length), "4096", 16, 1048576},
	{"mark-mask", KIND_MASK, AT(mark_mask), "0xff000000", 0, 0},
	{"remember-pairs", KIND_NUMBER, AT(remember_pairs), "65536", 16, 16777216},
	{"remember-for", KIND_DURATION, AT(remember_for), "10m", 1, YEAR},
	{"tally-hosts", KIND_NUMBER, AT(tally_hosts), "65536", 16, 16777216},
	{"tally-for", KIND_DURATION, AT(tally_for), "1h", 10, YEAR},
	{"read-interval", KIND_DURATION, AT(read_interval), "10s", 1, HOUR},
	{"reject-rate", KIND_NUMBER, AT(reject_rate), "1000", 1, 100000},
	{"verify-interval", KIND_DURATION, AT(verify_interval), "1h", 0, YEAR},
	{"queue-rate", KIND_NUMBER, AT(queue_rate), "50000", 1, PLAN_QUEUE_RATE_MAX},
	{"check-sources", KIND_YES_NO, AT(check_sources), "no", 0, 1},
	{"refuse-split-headers", KIND_YES_NO, AT(refuse_split_headers), "yes", 0, 1},
	{"refuse-tunnels", KIND_YES_NO, AT(refuse_tunnels), "no", 0, 1},
	{"router-policy", KIND_POLICY, AT(router_policy), "", 0, 0},
	{"own-table", KIND_YES_NO, AT(own_table), "yes", 0, 1},
	{"events-per-host", KIND_NUMBER, AT(events_per_host), "20", 0, 1000000},
	{"events-per-second", KIND_NUMBER, AT(events_per_second), "200", 1, 1000000},
	{"event-file-max", KIND_SIZE, AT(event_file_max), "64MiB", 64 * 1024, MIB << 20},
	{"summary-interval", KIND_DURATION, AT(summary_interval), "1m", 1, 86400},
	{"max-hosts", KIND_NUMBER, AT(max_hosts), "65536", 16, 4194304},
	{"max-active", KIND_NUMBER, AT(max_active), "4096", 16, 1048576},
	{"max-incidents", KIND_NUMBER, AT(max_incidents), "20000", 16, 1048576},
	{"incident-quiet", KIND_DURATION, AT(incident_quiet), "26h", 10, YEAR},
	{"keep-incidents", KIND_DURATION, AT(keep_incidents), "90d", HOUR, 10 * (uint64_t)YEAR},
	{"keep-hosts", KIND_DURATION, AT(keep_hosts), "30d", HOUR, 10 * (uint64_t)YEAR},
	{"keep-days", KIND_DURATION, AT(keep_days), "400d", DAY, 10 * (uint64_t)YEAR},
	{"write-interval", KIND_DURATION, AT(write_interval), "5m", 1, DAY},
	{"log-destinations", KIND_DESTINATIONS, AT(log_destinations), "full", 0, 0},
	{"require-comment", KIND_YES_NO, AT(require_comment), "yes", 0, 1},
	{"keep-audit", KIND_DURATION, AT(keep_audit), "730d", HOUR, 100 * (uint64_t)YEAR},
	{"resolve-min", KIND_DURATION, AT(resolve_min), "1m", 1, DAY},
	{"resolve-max", KIND_DURATION, AT(resolve_max), "1h", 1, DAY},
	{"resolve-keep", KIND_DURATION, AT(resolve_keep), "1h", 1, YEAR},
	{"label-files", KIND_PATHS, AT(name_files[NAMES_LABEL]), NULL, 0, 0},
	{"dnsmasq-leases", KIND_PATHS, AT(name_files[NAMES_DNSMASQ]), NULL, 0, 0},
	{"odhcpd-leases", KIND_PATHS, AT(name_files[NAMES_ODHCPD]), NULL, 0, 0},
	{"isc-leases", KIND_PATHS, AT(name_files[NAMES_ISC]), NULL, 0, 0},
	{"kea-leases", KIND_PATHS, AT(name_files[NAMES_KEA]), NULL, 0, 0},
	{"neighbours", KIND_YES_NO, AT(neighbours), "yes", 0, 1},
	{"max-names", KIND_NUMBER, AT(max_names), "131072", 16, 4194304},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

_Static_assert(KEYS <= SETTINGS_MAX, "names must fit");

size_t settings_names(struct words_key names[SETTINGS_MAX])
{
	for (size_t i = 0; i < KEYS; i++)
		names[i] = (struct words_key){keys[i].name, keys[i].kind == KIND_PATHS};
	return KEYS;
}

static int parse_mask(const char *text, uint64_t *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (*end || errno || *value > UINT32_MAX)
		return -EINVAL;
	return mark_mask_valid((uint32_t)*value) ? 0 : -EINVAL;
}

static int parse_yes_no(const char *text, uint64_t *value)
{
	*value = strcmp(text, "yes") == 0;
	return *value || strcmp(text, "no") == 0 ? 0 : -EINVAL;
}

static int parse_destinations(const char *text, uint64_t *value)
{
	for (*value = 0; *value < LOG_DESTINATIONS; (*value)++)
		if (strcmp(text, log_destinations_word((unsigned)*value)) == 0)
			return 0;
	return -EINVAL;
}

static int parse_value(const struct key *key, const char *text, uint64_t *value)
{
	int error;

	switch (key->kind) {
	case KIND_MASK:
		return parse_mask(text, value);
	case KIND_YES_NO:
		return parse_yes_no(text, value);
	case KIND_DESTINATIONS:
		return parse_destinations(text, value);
	case KIND_DURATION:
		error = duration_parse(text, value);
		break;
	case KIND_SIZE:
		error = size_parse(text, value);
		break;
	default:
		error = number_parse(text, value);
	}
	if (error)
		return error;
	return *value >= key->min && *value <= key->max ? 0 : -ERANGE;
}

/* A size in the largest unit that says it without a rest. */
static void size_text(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	unsigned unit = 0;

	while (unit < 3 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, size, "%" PRIu64 "%s", bytes, units[unit]);
}

static const char *quantity(const struct key *key, uint64_t value, char *text, size_t size)
{
	if (key->kind == KIND_DURATION)
		duration_format(value, text, size);
	else if (key->kind == KIND_SIZE)
		size_text(value, text, size);
	else
		snprintf(text, size, "%" PRIu64, value);
	return text;
}

static int value_error(const struct key *key, const struct word *word, struct config_error *error)
{
	static const char *const nouns[] = {
		[KIND_NUMBER] = "a number",
		[KIND_DURATION] = "a duration (such as 30s, 10m, 2h, 7d or 1w)",
		[KIND_SIZE] = "a size (such as 64MiB)",
	};
	char min[32], max[32];

	if (key->kind == KIND_MASK)
		return config_fail_at(error, word,
				      "%s = %s: expected eight adjacent bits, such as 0xff000000",
				      key->name, word->text);
	if (key->kind == KIND_YES_NO)
		return config_fail_at(error, word, "%s = %s: expected yes or no", key->name,
				      word->text);
	if (key->kind == KIND_DESTINATIONS)
		return config_fail_at(error, word, "%s = %s: expected full, prefix or none",
				      key->name, word->text);
	return config_fail_at(error, word, "%s = %s: expected %s from %s to %s", key->name,
			      word->text, nouns[key->kind],
			      quantity(key, key->min, min, sizeof(min)),
			      quantity(key, key->max, max, sizeof(max)));
}

static int check_text(const struct key *key, const struct word *word, const char *text,
		      struct config_error *error)
{
	const bool path = key->kind == KIND_PATH || key->kind == KIND_PATHS;
	const int most = key->kind == KIND_PATH ? PATH_LENGTH_MAX : LISTED_PATH_MAX;

	/* They are handed on as lines, and a run-dir has to fit into a socket's address. */
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return config_fail_at(error, word,
					      "%s = %s: expected no control characters", key->name,
					      text);
	if (path && strlen(text) > (size_t)most)
		return config_fail_at(error, word, "%s = %s: expected at most %d characters",
				      key->name, text, most);
	if (path && text[0] != '/')
		return config_fail_at(error, word, "%s = %s: expected a path that begins with /",
				      key->name, text);
	if (!text[0] && key->kind == KIND_USER)
		return config_fail_at(error, word, "%s: expected the name of a user", key->name);
	return 0;
}

static int read_text(const struct key *key, const struct word *word, char **field,
		     struct config_error *error)
{
	const char *text = word ? word->text : key->preset;
	int result = check_text(key, word, text, error);

	if (result)
		return result;
	*field = strdup(text);
	return *field ? 0 : -ENOMEM;
}

/* A line for each: no path has the end of a line in it. */
static int read_paths(const struct key *key, cfg_t *tree, char **field, struct config_error *error)
{
	unsigned count = words_count(tree, key->name);
	size_t size = 1;

	if (count > SETTINGS_PATHS_MAX)
		return config_fail_at(error, words_get(tree, key->name, SETTINGS_PATHS_MAX),
				      "%s: expected at most %d files", key->name,
				      SETTINGS_PATHS_MAX);
	for (unsigned i = 0; i < count; i++) {
		const struct word *word = words_get(tree, key->name, i);
		int result = check_text(key, word, word->text, error);

		if (result)
			return result;
		size += strlen(word->text) + 1;
	}
	*field = calloc(1, size);
	if (!*field)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		strcat(*field, words_get(tree, key->name, i)->text);
		strcat(*field, "\n");
	}
	return 0;
}

size_t settings_path_count(const char *list)
{
	size_t count = 0;

	for (; *list; list++)
		count += *list == '\n';
	return count;
}

char *settings_path(const char *list, size_t index)
{
	while (index--)
		list = strchr(list, '\n') + 1;
	return strndup(list, strcspn(list, "\n"));
}

static bool is_text(const struct key *key)
{
	return key->kind == KIND_PATH || key->kind == KIND_USER || key->kind == KIND_GROUP ||
	       key->kind == KIND_POLICY || key->kind == KIND_PATHS;
}

static int read_key(const struct key *key, cfg_t *tree, struct config_settings *settings,
		    struct config_error *error)
{
	const struct word *word = words_get(tree, key->name, 0);
	void *field = (char *)settings + key->offset;

	if (key->kind == KIND_PATHS)
		return read_paths(key, tree, field, error);
	if (is_text(key))
		return read_text(key, word, field, error);
	if (parse_value(key, word ? word->text : key->preset, field) == 0)
		return 0;
	return value_error(key, word, error);
}

/* What two keys say together; the word of the first that was given tells where. */
static int check_together(cfg_t *tree, const char *path, const struct config_settings *settings,
			  struct config_error *error)
{
	const struct word *tally = words_get(tree, "tally-for", 0);
	const struct word *queue = words_get(tree, "queue-first", 0);
	const struct word *resolve = words_get(tree, "resolve-max", 0);

	if (!resolve)
		resolve = words_get(tree, "resolve-min", 0);
	if (!tally)
		tally = words_get(tree, "read-interval", 0);
	if (settings->tally_for < 10 * settings->read_interval)
		return config_fail(error, tally ? tally->file : path, tally ? tally->line : 0,
				   "tally-for = %" PRIu64 "s: expected at least ten times "
				   "read-interval (%" PRIu64 "s), or counts may expire unread",
				   settings->tally_for, settings->read_interval);
	if (settings->resolve_max < settings->resolve_min)
		return config_fail(error, resolve ? resolve->file : path,
				   resolve ? resolve->line : 0,
				   "resolve-max = %" PRIu64 "s: expected at least resolve-min "
				   "(%" PRIu64 "s)",
				   settings->resolve_max, settings->resolve_min);
	if (settings->queue_first + PLAN_QUEUES_MAX > 65536)
		return config_fail(error, queue ? queue->file : path, queue ? queue->line : 0,
				   "queue-first = %" PRIu64 ": expected at most %d, so that all "
				   "queues have a number",
				   settings->queue_first, 65536 - PLAN_QUEUES_MAX);
	return 0;
}

int settings_read(cfg_t *tree, const char *path, struct config_settings *settings,
		  struct config_error *error)
{
	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < KEYS; i++) {
		int result = read_key(&keys[i], tree, settings, error);

		if (result)
			return result;
	}
	return check_together(tree, path, settings, error);
}

/* What a reload leaves as it was. */
static const struct {
	const char *name;
	enum setting_effect effect;
} later[] = {
	{"run-dir", SETTING_RESTART},     {"state-dir", SETTING_RESTART},
	{"log-dir", SETTING_RESTART},     {"user", SETTING_RESTART},
	{"engine-user", SETTING_RESTART}, {"max-hosts", SETTING_RESTART},
	{"tally-hosts", SETTING_REMOVE},  {"max-active", SETTING_RESTART},
	{"tally-for", SETTING_REMOVE},    {"monitor-group", SETTING_RESTART},
};

static enum setting_effect effect_of(const struct key *key)
{
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (strcmp(later[i].name, key->name) == 0)
			return later[i].effect;
	return SETTING_NOW;
}

#define VALUE_TEXT_MAX 1024 /* a list that is longer is cut */

static const char *list_text(const char *list, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, "{");

	for (size_t length; *list && n < size; list += length + 1) {
		length = strcspn(list, "\n");
		n += (size_t)snprintf(text + n, size - n, "%s %.*s", n > 1 ? "," : "", (int)length,
				      list);
	}
	if (n < size)
		snprintf(text + n, size - n, n > 1 ? " }" : "}");
	return text;
}

/* Two lists that are cut may look alike, so they are not compared as they are shown. */
static bool same_value(const struct key *key, const struct config_settings *a,
		       const struct config_settings *b)
{
	const void *p = (const char *)a + key->offset, *q = (const char *)b + key->offset;

	if (is_text(key))
		return strcmp(*(char *const *)p, *(char *const *)q) == 0;
	return *(const uint64_t *)p == *(const uint64_t *)q;
}

/* As it would stand in the file. */
static const char *value_text(const struct key *key, const struct config_settings *settings,
			      char *text, size_t size)
{
	const void *field = (const char *)settings + key->offset;
	uint64_t value;

	if (key->kind == KIND_PATHS)
		return list_text(*(char *const *)field, text, size);
	if (is_text(key))
		return *(char *const *)field;
	value = *(const uint64_t *)field;
	if (key->kind == KIND_YES_NO)
		return value ? "yes" : "no";
	if (key->kind == KIND_DESTINATIONS)
		return log_destinations_word((unsigned)value);
	if (key->kind == KIND_MASK)
		snprintf(text, size, "0x%08" PRIx64, value);
	else
		quantity(key, value, text, size);
	return text;
}

void settings_compare(const struct config_settings *old, const struct config_settings *new,
		      settings_differ *differ, void *ctx)
{
	for (size_t i = 0; i < KEYS; i++) {
		char before[VALUE_TEXT_MAX], after[VALUE_TEXT_MAX];

		if (!same_value(&keys[i], old, new))
			differ(ctx, keys[i].name, value_text(&keys[i], old, before, sizeof(before)),
			       value_text(&keys[i], new, after, sizeof(after)),
			       effect_of(&keys[i]));
	}
}

int settings_keep(const struct config_settings *old, struct config_settings *new)
{
	for (size_t i = 0; i < KEYS; i++) {
		const void *from = (const char *)old + keys[i].offset;
		void *to = (char *)new + keys[i].offset;
		char *copy;

		if (effect_of(&keys[i]) != SETTING_RESTART)
			continue;
		if (!is_text(&keys[i])) {
			*(uint64_t *)to = *(const uint64_t *)from;
			continue;
		}
		copy = strdup(*(char *const *)from);
		if (!copy)
			return -ENOMEM;
		free(*(char **)to);
		*(char **)to = copy;
	}
	return 0;
}

void settings_release(struct config_settings *settings)
{
	free(settings->run_dir);
	free(settings->state_dir);
	free(settings->log_dir);
	free(settings->user);
	free(settings->engine_user);
	free(settings->monitor_group);
	free(settings->router_policy);
	for (size_t i = 0; i < NAMES_KINDS; i++)
		free(settings->name_files[i]);
}
