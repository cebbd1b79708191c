// SPDX-License-Identifier: GPL-2.0-or-later
#include "complete_values.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "field.h"

#define HOSTS_OFFERED 200 /* of what was typed; nobody reads more */

typedef void offer_live(struct offers *offers, const struct arguments *before);

void offer(struct offers *offers, const char *text)
{
	char *safe = text_safe(text, true);

	/* What a terminal would obey is no word to be typed. */
	if (*text && safe && !strcmp(safe, text) &&
	    !strncmp(text, offers->typed, strlen(offers->typed)) &&
	    !json_object_get(offers->offered, text)) {
		json_object_set_new(offers->offered, text, json_null());
		printf("%.*s%s\n", offers->begin, offers->word, text);
	}
	free(safe);
}

static void offer_words(struct offers *offers, const char *words)
{
	char *copy = strdup(words), *rest = copy, *word;

	while (rest && (word = strsep(&rest, " ")))
		offer(offers, word);
	free(copy);
}

/* --- what control knows --- */

/* The objects in @list of the reply to @method; consumes @params. *result: to be freed. */
static const json_t *ask(const struct arguments *before, const char *method, json_t *params,
			 const char *list, json_t **result)
{
	*result = NULL;
	if (request(before, ACCESS_READ, method, params, result) != EXIT_OK)
		return NULL;
	return json_object_get(*result, list);
}

static void offer_field(struct offers *offers, const json_t *list, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const json_t *value = json_object_get(one, name);
		char number[32];

		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		offer(offers, json_is_integer(value) ? number : field_text(one, name));
	}
}

static void entries(struct offers *offers, const struct arguments *before, const char *field)
{
	json_t *result;

	offer_field(offers, ask(before, "allow.list", NULL, "entries", &result), field);
	json_decref(result);
}

/* Those of the configuration have none to delete by. */
static void entry_ids(struct offers *offers, const struct arguments *before)
{
	entries(offers, before, "id");
}

static void entry_sources(struct offers *offers, const struct arguments *before)
{
	entries(offers, before, "from");
}

static void entry_destinations(struct offers *offers, const struct arguments *before)
{
	entries(offers, before, "to");
}

/* "100.64.3" is the beginning of addresses in 100.64.0.0/16. NULL: it says nothing of the kind. */
static const char *prefix_begun(const char *typed, char prefix[64])
{
	static const char *const rest[] = {"", ".0.0.0/8", ".0.0/16", ".0/24"};
	const char *dot = strrchr(typed, '.');
	unsigned dots = 0;

	if (!dot || strspn(typed, "0123456789.") != strlen(typed))
		return NULL;
	for (const char *p = typed; *p; p++)
		dots += *p == '.';
	if (dots > 3)
		return NULL;
	snprintf(prefix, 64, "%.*s%s", (int)(dot - typed) % 40, typed, rest[dots]);
	return prefix;
}

/* The worst of those that begin so. */
static void hosts(struct offers *offers, const struct arguments *before)
{
	char begun[64];
	json_t *params = json_pack("{s:i, s:s*}", "limit", HOSTS_OFFERED, "prefix",
				   prefix_begun(offers->typed, begun)),
	       *result;
	const json_t *list = ask(before, "hosts", params, "hosts", &result), *host;
	size_t i;

	json_array_foreach(list, i, host)
	{
		char address[64];

		/* An address of it, in IPv6 the first of its prefix. */
		snprintf(address, sizeof(address), "%.*s",
			 (int)strcspn(field_text(host, "host"), "/"), field_text(host, "host"));
		offer(offers, address);
	}
	json_decref(result);
}

static void contained(struct offers *offers, const struct arguments *before)
{
	json_t *result;
	const json_t *all = ask(before, "status", NULL, "contained", &result);

	offer_field(offers, json_object_get(all, "hosts"), "host");
	json_decref(result);
}

static void policies(struct offers *offers, const struct arguments *before)
{
	json_t *result;

	offer_field(offers, ask(before, "status", NULL, "policies", &result), "name");
	json_decref(result);
}

static void ranges(struct offers *offers, const struct arguments *before)
{
	json_t *result;
	const json_t *list = ask(before, "status", NULL, "policies", &result), *policy, *range;
	size_t i, j;

	json_array_foreach(list, i, policy)
		json_array_foreach(json_object_get(policy, "ranges"), j, range)
			offer(offers, json_is_string(range) ? json_string_value(range) : "");
	json_decref(result);
}

static void incidents_of(struct offers *offers, const struct arguments *before, const char *state)
{
	json_t *params = json_pack("{s:s, s:s}", "state", state, "order", "worst"), *result;

	offer_field(offers, ask(before, "incidents.list", params, "incidents", &result), "id");
	json_decref(result);
}

static void incidents(struct offers *offers, const struct arguments *before)
{
	incidents_of(offers, before, "all");
}

static void open_incidents(struct offers *offers, const struct arguments *before)
{
	incidents_of(offers, before, "open");
}

/* --- what this machine knows --- */

static void interfaces(struct offers *offers, const struct arguments *before)
{
	struct if_nameindex *all = if_nameindex();

	(void)before;
	for (struct if_nameindex *one = all; one && one->if_index; one++)
		offer(offers, one->if_name);
	if_freenameindex(all);
}

static void files(struct offers *offers, const struct arguments *before)
{
	(void)offers;
	(void)before;
	puts(COMPLETE_FILES);
}

/* --- which is for what --- */

/* The first that fits counts; a command that is NULL is any. */
static const struct {
	enum option_id id;
	const char *command;
	const char *words;
	offer_live *live;
} values[] = {
	{OPTION_SOCKET, NULL, NULL, files},
	{OPTION_OUTPUT, NULL, NULL, files},
	{OPTION_COLOR, NULL, "auto always never", NULL},
	{OPTION_CLASS, "hosts", "infected suspect misconfigured clean", NULL},
	{OPTION_CLASS, "watch", "infected suspect misconfigured clean", NULL},
	{OPTION_KIND, NULL, "event incident change", NULL},
	{OPTION_VERDICT, NULL, "refused passed", NULL},
	{OPTION_HOST, NULL, NULL, hosts},
	{OPTION_CLASS, NULL, "infected suspect misconfigured", NULL},
	{OPTION_EXPIRES, NULL, "30m 2h 1d 7d", NULL},
	{OPTION_FOR, NULL, "1h 6h 1d 7d", NULL},
	{OPTION_ORDER, "allow list", "id expires used hits added", NULL},
	{OPTION_ORDER, "hosts", "worst newest attempts destinations first-seen host", NULL},
	{OPTION_ORDER, NULL, "worst newest change", NULL},
	{OPTION_SINCE, NULL, "1h 24h 7d", NULL},
	{OPTION_UNTIL, NULL, "1h 24h 7d", NULL},
	{OPTION_POLICY, NULL, NULL, policies},
	{OPTION_RANGE, NULL, NULL, ranges},
	{OPTION_PREFIX, NULL, NULL, hosts},
	{OPTION_AFTER, "hosts", NULL, hosts},
	{OPTION_EXPIRING, NULL, "1h 1d 7d", NULL},
	{OPTION_NEVER_USED, NULL, "1d 7d 30d", NULL},
	{OPTION_ORIGIN, NULL, "socket configuration", NULL},
	{OPTION_INTERFACE, NULL, NULL, interfaces},
	{OPTION_FROM, "allow add", NULL, hosts},
	{OPTION_FROM, NULL, NULL, entry_sources},
	{OPTION_TO, NULL, NULL, entry_destinations},
};
#define VALUES (sizeof(values) / sizeof(values[0]))

static const struct {
	const char *command;
	offer_live *live[2]; /* by the place of the operand */
} operands[] = {
	{"allow del", {entry_ids, entry_ids}},
	{"allow check", {hosts, entry_destinations}},
	{"allow import", {files}},
	{"allow history", {entry_ids}},
	{"explain", {hosts, entry_destinations}},
	{"host", {hosts}},
	{"contain", {hosts}},
	{"release", {contained}},
	{"forget", {hosts}},
	{"incidents show", {incidents}},
	{"incidents close", {open_incidents}},
};

/* The row of values[] for an option; their number: there is none. */
static size_t find_value(const char *command, enum option_id id)
{
	size_t i = 0;

	while (i < VALUES && (values[i].id != id ||
			      (values[i].command && strcmp(values[i].command, command) != 0)))
		i++;
	return i;
}

const char *complete_words(const char *command, enum option_id id)
{
	const size_t i = find_value(command, id);

	return i < VALUES ? values[i].words : NULL;
}

void complete_option(struct offers *offers, const struct arguments *before, const char *command,
		     enum option_id id)
{
	const size_t i = find_value(command, id);

	if (i < VALUES && values[i].words)
		offer_words(offers, values[i].words);
	else if (i < VALUES)
		values[i].live(offers, before);
}

void complete_operand(struct offers *offers, const struct arguments *before, const char *command,
		      size_t index)
{
	for (size_t i = 0; i < sizeof(operands) / sizeof(operands[0]); i++)
		if (index < 2 && operands[i].live[index] && !strcmp(operands[i].command, command))
			operands[i].live[index](offers, before);
}
