// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "entry.h"
#include "field.h"
#include "incident.h"
#include "status.h"
#include "table.h"

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

static const char cut_text[] =
	"More was changed in that time than is looked through: the newest 20,000 count.";
static const char *const classes[] = {"infected", "suspect", "misconfigured"};

static int finish(struct table *table, const struct screen *screen)
{
	int error = table_print(table, screen, 2);

	table_free(table);
	return error;
}

static void none(const struct screen *screen, const char *text)
{
	fprintf(screen->out, "  %s\n", text);
}

/* "2026-11-15 07:00 UTC" */
static const char *moment(const json_t *object, const char *name, char text[32])
{
	const char *time = field_text(object, name);

	if (strlen(time) < 16)
		return time;
	snprintf(text, 32, "%.10s %.5s", time, time + 11);
	return text;
}

static void print_title(const struct screen *screen, const json_t *report)
{
	char since[32], until[32], text[128];

	snprintf(text, sizeof(text), "edge25: %s to %s UTC", moment(report, "since", since),
		 moment(report, "until", until));
	screen_safe(screen, STYLE_BOLD, text);
	fputc('\n', screen->out);
	if (json_is_false(json_object_get(report, "complete")))
		fprintf(screen->out, "%s\n", cut_text);
}

static int print_days(const struct screen *screen, const json_t *days)
{
	static const struct column columns[] = {
		{.title = "DAY"},
		{.title = "POLICY", .shrink = 8},
		{.title = "ATTEMPTS", .right = true},
		{.title = "REFUSED", .right = true},
		{.title = "PASSED", .right = true},
		{.title = "UNANSWERED", .right = true, .drop = 1},
	};
	static const char *const counts[] = {"attempts", "refused", "passed", "unanswered"};
	int64_t sums[COUNT(counts)] = {0};
	struct table *table;
	const json_t *day;
	size_t i;

	status_heading(screen, STYLE_BOLD, "BY DAY, from midnight to midnight of the gateway");
	if (!json_array_size(days)) {
		none(screen, "nobody tried port 25");
		return 0;
	}
	table = table_new(columns, COUNT(columns), screen->utf8);
	json_array_foreach(days, i, day)
	{
		table_add(table, field_text(day, "day"));
		table_add(table, field_text(day, "policy"));
		for (size_t j = 0; j < COUNT(counts); j++) {
			table_add_number(table, field_number(day, counts[j]));
			sums[j] += field_number(day, counts[j]);
		}
	}
	table_add(table, "in all");
	table_add(table, "");
	for (size_t j = 0; j < COUNT(counts); j++)
		table_add_number(table, sums[j]);
	return finish(table, screen);
}

static int print_incidents(const struct screen *screen, const json_t *incidents)
{
	static const struct column columns[] = {
		{.title = "CLASS"},
		{.title = "OPENED", .right = true},
		{.title = "CLOSED", .right = true},
		{.title = "OPEN NOW", .right = true},
	};
	struct table *table = table_new(columns, COUNT(columns), screen->utf8);

	status_heading(screen, STYLE_BOLD, "INCIDENTS");
	for (size_t i = 0; i < COUNT(classes); i++) {
		table_add(table, classes[i]);
		table_add_number(table,
				 field_number(json_object_get(incidents, "opened"), classes[i]));
		table_add_number(table,
				 field_number(json_object_get(incidents, "closed"), classes[i]));
		table_add_number(table,
				 field_number(json_object_get(incidents, "open"), classes[i]));
	}
	return finish(table, screen);
}

static void print_host(const struct screen *screen, const json_t *incident)
{
	const char *class = field_text(incident, "class");
	char name[256], text[512], a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX], since[32];
	const json_t *reason;
	size_t i;

	name_text(incident, name, sizeof(name));
	fputs("  ", screen->out);
	screen_safe(screen, class_style(class), class);
	snprintf(text, sizeof(text),
		 "%s%s%s: %s attempts, %s mail servers; incident %lld (%s) of %s, %s",
		 field_text(incident, "host"), *name ? " " : "", name,
		 text_number(field_number(incident, "attempts"), a),
		 text_number(field_number(incident, "destinations"), b),
		 (long long)field_number(incident, "id"), field_text(incident, "state"),
		 moment(incident, "opened", since), field_text(incident, "action"));
	fputc(' ', screen->out);
	screen_wrap(screen, 4, 3 + (unsigned)strlen(class), text);
	json_array_foreach(json_object_get(incident, "reasons"), i, reason)
	{
		fputs("    - ", screen->out);
		screen_wrap(screen, 6, 6, json_is_string(reason) ? json_string_value(reason) : "");
	}
}

static void print_worst(const struct screen *screen, const json_t *worst)
{
	const json_t *incident;
	size_t i;

	status_heading(screen, STYLE_BOLD, "WORST HOSTS");
	if (!json_array_size(worst))
		none(screen, "none");
	json_array_foreach(worst, i, incident) print_host(screen, incident);
}

static const char *who(const json_t *object)
{
	const char *user = field_text(json_object_get(object, "by"), "user");

	return *user ? user : "edge25";
}

static int print_contained(const struct screen *screen, const json_t *contained)
{
	static const struct column columns[] = {
		{.title = "CONTAINED"},       {.title = "HOST", .whole = true}, {.title = "UNTIL"},
		{.title = "BY", .shrink = 8}, {.title = "WHY", .shrink = 8},
	};
	struct table *table;
	const json_t *one;
	char a[32], b[32];
	size_t i;

	if (!json_array_size(contained))
		return 0;
	status_heading(screen, STYLE_BOLD, "CUT OFF FROM PORT 25, the newest first");
	table = table_new(columns, COUNT(columns), screen->utf8);
	json_array_foreach(contained, i, one)
	{
		table_add(table, moment(one, "time", a));
		table_add(table, field_text(one, "host"));
		table_add(table, moment(one, "until", b));
		table_add(table, who(one));
		table_add(table, field_text(one, "comment"));
	}
	return finish(table, screen);
}

static int print_changes(const struct screen *screen, const json_t *changes)
{
	static const struct column columns[] = {
		{.title = "BY", .shrink = 8},
		{.title = "DID"},
		{.title = "TIMES", .right = true},
	};
	struct table *table;
	const json_t *change;
	size_t i;

	status_heading(screen, STYLE_BOLD, "CHANGES");
	if (!json_array_size(changes)) {
		none(screen, "none");
		return 0;
	}
	table = table_new(columns, COUNT(columns), screen->utf8);
	json_array_foreach(changes, i, change)
	{
		table_add(table, who(change));
		table_add(table, field_text(change, "action"));
		table_add_number(table, field_number(change, "count"));
	}
	return finish(table, screen);
}

static int print_unused(const struct screen *screen, const json_t *allow)
{
	const json_t *entries = json_object_get(allow, "entries");
	const int64_t unused = field_number(allow, "unused");
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX], text[160];

	snprintf(text, sizeof(text), "ALLOW ENTRIES THAT WERE THERE BEFORE: %s, never used: %s%s",
		 text_number(field_number(allow, "count"), a), text_number(unused, b),
		 unused > (int64_t)json_array_size(entries) ? "; the oldest:" : "");
	status_heading(screen, STYLE_BOLD, text);
	return json_array_size(entries) ? entry_table(screen, entries, 2) : 0;
}

int report_print(const struct screen *screen, const json_t *report)
{
	int error;

	print_title(screen, report);
	error = print_days(screen, json_object_get(report, "days"));
	if (!error)
		error = print_incidents(screen, json_object_get(report, "incidents"));
	print_worst(screen, json_object_get(report, "worst"));
	if (!error)
		error = print_contained(screen, json_object_get(report, "contained"));
	if (!error)
		error = print_changes(screen, json_object_get(report, "changes"));
	return error ? error : print_unused(screen, json_object_get(report, "allow"));
}

enum exit_code command_report(const struct arguments *arguments, const struct screen *screen)
{
	json_t *params = json_pack("{s:s*, s:s*}", "since", arguments->option[OPTION_SINCE],
				   "until", arguments->option[OPTION_UNTIL]);
	enum exit_code code;
	json_t *report;

	if (!params) {
		text_error("--since, --until: not a time");
		return EXIT_TROUBLE;
	}
	code = request(arguments, ACCESS_READ, "report", params, &report);
	if (code != EXIT_OK)
		return code;
	if (arguments->option[OPTION_JSON]) {
		request_print(report, JSON_INDENT(2));
	} else if (arguments->option[OPTION_CSV]) {
		if (json_is_false(json_object_get(report, "complete")))
			text_warning("%s", cut_text);
		report_csv(screen->out, report);
	} else if (report_print(screen, report)) {
		text_error("no memory");
		code = EXIT_TROUBLE;
	}
	json_decref(report);
	return code;
}
