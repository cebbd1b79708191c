// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the status page: what was refused today and before, and what each policy does. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "field.h"
#include "status.h"
#include "table.h"

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))
#define NAMES_MAX 32 /* policies of the last days; 16 at a time */

/* What was counted for one policy: today, yesterday, and in all days that are told of. */
struct counted {
	const char *policy;
	int64_t refused, passed, unanswered, yesterday, before;
};

static struct counted *counted_of(struct counted *all, size_t *count, const char *policy)
{
	size_t i = 0;

	while (i < *count && strcmp(all[i].policy, policy) != 0)
		i++;
	if (i == NAMES_MAX)
		return NULL;
	if (i == *count)
		all[(*count)++] = (struct counted){.policy = policy};
	return &all[i];
}

/* The day before; "" where it is no date. */
static const char *day_before(const char *day, char text[16])
{
	struct tm date = {.tm_hour = 12};

	text[0] = '\0';
	if (strptime(day, "%Y-%m-%d", &date)) {
		date.tm_mday--;
		timegm(&date);
		strftime(text, 16, "%Y-%m-%d", &date);
	}
	return text;
}

static size_t count_days(const json_t *status, struct counted all[NAMES_MAX])
{
	const char *today = field_text(status, "today");
	char yesterday[16];
	const json_t *day;
	size_t count = 0, i;

	day_before(today, yesterday);
	json_array_foreach(json_object_get(status, "days"), i, day)
	{
		struct counted *one = counted_of(all, &count, field_text(day, "policy"));
		const int64_t refused = field_number(day, "refused");

		if (!one)
			continue;
		one->before += refused;
		if (!strcmp(field_text(day, "day"), yesterday))
			one->yesterday += refused;
		if (strcmp(field_text(day, "day"), today) != 0)
			continue;
		one->refused += refused;
		one->passed += field_number(day, "passed");
		one->unanswered += field_number(day, "unanswered");
	}
	return count;
}

static int days_table(const struct screen *screen, const struct counted *all, size_t count)
{
	static const struct column columns[] = {
		{.title = "POLICY", .shrink = 8},
		{.title = "REFUSED", .right = true},
		{.title = "PASSED", .right = true},
		{.title = "UNANSWERED", .right = true, .drop = 2},
		{.title = "REFUSED YESTERDAY", .right = true, .drop = 1},
		{.title = "IN 7 DAYS", .right = true, .drop = 3},
	};
	struct table *table = table_new(columns, COUNT(columns), screen->utf8);
	int error;

	for (size_t i = 0; i < count; i++) {
		table_add(table, all[i].policy);
		table_add_number(table, all[i].refused);
		table_add_number(table, all[i].passed);
		table_add_number(table, all[i].unanswered);
		table_add_number(table, all[i].yesterday);
		table_add_number(table, all[i].before);
	}
	error = table_print(table, screen, 2);
	table_free(table);
	return error;
}

static void since_the_start(const struct screen *screen, const json_t *totals)
{
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX], c[TEXT_NUMBER_MAX], d[TEXT_NUMBER_MAX];
	char text[256];

	snprintf(
		text, sizeof(text),
		"in all %s attempts: %s refused, %s passed; %s openings of ports 465 and 587, never "
		"touched",
		text_number(field_number(totals, "attempts"), a),
		text_number(field_number(totals, "refused"), b),
		text_number(field_number(totals, "passed"), c),
		text_number(field_number(totals, "submission"), d));
	fputs("  ", screen->out);
	screen_wrap(screen, 4, 2, text);
}

static int print_today(const struct screen *screen, const json_t *status)
{
	struct counted all[NAMES_MAX];
	size_t count = count_days(status, all);
	int64_t refused = 0, passed = 0;
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX], text[128];
	int error = 0;

	for (size_t i = 0; i < count; i++) {
		refused += all[i].refused;
		passed += all[i].passed;
	}
	if (refused || passed)
		snprintf(text, sizeof(text), "REFUSED TODAY: %s of %s attempts since midnight",
			 text_number(refused, a), text_number(refused + passed, b));
	else
		snprintf(text, sizeof(text), "REFUSED TODAY: nobody tried port 25 since midnight");
	status_heading(screen, STYLE_BOLD, text);
	if (count)
		error = days_table(screen, all, count);
	since_the_start(screen, json_object_get(status, "totals"));
	return error;
}

/* The names in an array of them, "dsl, cable". */
static const char *join(const json_t *names, char *text, size_t size)
{
	const json_t *name;
	size_t used = 0;
	size_t i;

	text[0] = '\0';
	json_array_foreach(names, i, name)
	{
		int length = snprintf(text + used, size - used, "%s%s", i ? ", " : "",
				      json_is_string(name) ? json_string_value(name) : "?");

		if (length < 0 || used + (size_t)length >= size)
			break;
		used += (size_t)length;
	}
	return text;
}

static int print_policies(const struct screen *screen, const json_t *policies)
{
	static const struct column columns[] = {
		{.title = "POLICY", .shrink = 8},
		{.title = "MODE"},
		{.title = "DENY", .drop = 2},
		{.title = "RANGES", .shrink = 20, .drop = 1},
		{.title = "ASKED", .right = true, .drop = 5},
		{.title = "REFUSED", .right = true},
		{.title = "REJECTS SENT", .right = true, .drop = 6},
		{.title = "PASSED", .right = true},
		{.title = "UNANSWERED", .right = true, .drop = 3},
		{.title = "LOST", .right = true, .drop = 4},
	};
	struct table *table;
	const json_t *policy;
	char ranges[512];
	size_t i;
	int error;

	if (!json_array_size(policies))
		return 0;
	status_heading(screen, STYLE_BOLD, "POLICIES, since control began to count");
	table = table_new(columns, COUNT(columns), screen->utf8);
	json_array_foreach(policies, i, policy)
	{
		table_add(table, field_text(policy, "name"));
		table_add(table, field_text(policy, "mode"));
		table_add(table, field_text(policy, "deny"));
		table_add(table, join(json_object_get(policy, "ranges"), ranges, sizeof(ranges)));
		table_add_number(table, field_number(policy, "asked"));
		table_add_number(table, field_number(policy, "refused"));
		table_add_number(table, field_number(policy, "sent"));
		table_add_number(table, field_number(policy, "passed"));
		table_add_number(table, field_number(policy, "unanswered"));
		table_add_number(table, field_number(policy, "lost"));
	}
	error = table_print(table, screen, 2);
	table_free(table);
	return error;
}

/* Said in words for each: a monitor policy looks like protection and is none. */
static void print_not_enforcing(const struct screen *screen, const json_t *policies)
{
	const json_t *policy;
	size_t i;

	json_array_foreach(policies, i, policy)
	{
		char text[256];

		if (strcmp(field_text(policy, "mode"), "monitor") != 0)
			continue;
		fputs("  ", screen->out);
		screen_safe(screen, STYLE_WARN, "not enforcing");
		snprintf(
			text, sizeof(text),
			"%s (mode monitor lets everything pass and counts what block would refuse)",
			field_text(policy, "name"));
		fputs(": ", screen->out);
		screen_wrap(screen, 4, 17, text);
	}
}

/* What guard policies refused without anybody's being contained. */
static void print_bursts(const struct screen *screen, const json_t *policies)
{
	const json_t *policy;
	size_t i;

	json_array_foreach(policies, i, policy)
	{
		int64_t count = field_number(policy, "answered_refuse");
		char number[TEXT_NUMBER_MAX], time[TEXT_DURATION_MAX], text[256];

		if (!count || strcmp(field_text(policy, "mode"), "guard") != 0)
			continue;
		snprintf(text, sizeof(text),
			 "%s: %s openings refused when asked about (burst: %lld new servers in %s)",
			 field_text(policy, "name"), text_number(count, number),
			 (long long)field_number(policy, "burst"),
			 text_duration(field_number(policy, "burst_time"), time));
		fputs("  ", screen->out);
		screen_wrap(screen, 4, 2, text);
	}
}

/* What policies refused, or watched, besides attempts on port 25 that are a host's own. */
static void print_aside(const struct screen *screen, const json_t *policies)
{
	static const struct {
		const char *field, *words;
	} kinds[] = {
		{"untrue", "from sources that no route leads back to"},
		{"split", "IPv6 first fragments without a port"},
		{"tunnelled", "packets of tunnels"},
		{"contained", "packets refused for their host is contained"},
	};
	const json_t *policy;
	size_t i;

	json_array_foreach(policies, i, policy)
	{
		for (size_t kind = 0; kind < COUNT(kinds); kind++) {
			int64_t count = field_number(policy, kinds[kind].field);
			char number[TEXT_NUMBER_MAX], text[256];

			if (!count)
				continue;
			snprintf(text, sizeof(text), "%s: %s %s", field_text(policy, "name"),
				 text_number(count, number), kinds[kind].words);
			fputs("  ", screen->out);
			screen_wrap(screen, 4, 2, text);
		}
	}
}

int status_policies_print(const struct screen *screen, const json_t *status)
{
	const json_t *policies = json_object_get(status, "policies");
	int error = print_today(screen, status);

	if (!error)
		error = print_policies(screen, policies);
	if (error)
		return error;
	print_not_enforcing(screen, policies);
	print_bursts(screen, policies);
	print_aside(screen, policies);
	return 0;
}
