// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "command.h"
#include "contain.h"
#include "field.h"
#include "incident.h"
#include "label.h"
#include "rows.h"

static const struct column windows[] = {
	{.title = "WITHIN"},
	{.title = "ATTEMPTS", .right = true},
	{.title = "SERVERS", .right = true},
	{.title = "NEW", .right = true, .drop = 1},
	{.title = "ANSWERED", .right = true, .drop = 3},
	{.title = "NETWORKS", .right = true, .drop = 2},
	{.title = NULL},
};

static void add_window(struct table *table, const json_t *window)
{
	table_add_duration(table, field_number(window, "seconds"));
	table_add_number(table, field_number(window, "attempts"));
	table_add_number(table, field_number(window, "destinations"));
	table_add_number(table, field_number(window, "new"));
	table_add_number(table, field_number(window, "answered"));
	table_add_number(table, field_number(window, "networks"));
}

static void contained_line(const struct screen *screen, const json_t *contained)
{
	const char *comment = field_text(contained, "comment");
	char left[TEXT_DURATION_MAX];

	if (!json_is_object(contained))
		return;
	label_format(screen, "contained", "for %s more%s%s%s",
		     text_duration(field_number(contained, "remaining"), left),
		     field_true(contained, "applied") ? "" : " (waits for the engine)",
		     *comment ? ": " : "", comment);
}

static void known_lines(const struct screen *screen, const json_t *host)
{
	char text[256];

	label_list(screen, "reasons", json_object_get(host, "reasons"));
	name_text(host, text, sizeof(text));
	label_line(screen, "name", text);
	label_line(screen, "mac", field_text(host, "mac"));
	label_line(screen, "interface", field_text(host, "interface"));
	label_line(screen, "policy", field_text(host, "policy"));
	label_line(screen, "address", trust_text(host));
	label_line(screen, "first seen", field_text(host, "first_seen"));
	label_line(screen, "last seen", field_text(host, "last_seen"));
	label_format(screen, "attempts", "%lld, %lld refused, %lld passed",
		     (long long)field_number(host, "attempts"),
		     (long long)field_number(host, "refused"),
		     (long long)field_number(host, "passed"));
	label_format(screen, "mail servers", "%lld%s",
		     (long long)field_number(host, "destinations"),
		     field_true(host, "exact") ? "" : ", about");
	if (field_number(host, "submissions"))
		label_format(screen, "submission", "%lld connections to 465 and 587",
			     (long long)field_number(host, "submissions"));
}

static void host_print(const struct screen *screen, const json_t *host)
{
	const bool known = field_true(host, "known");
	const char *class = known ? field_text(host, "class") : "not known";
	const json_t *incident = json_object_get(host, "incident");
	const json_t *closed = json_object_get(host, "incidents");
	const json_t *evidence = json_object_get(host, "evidence");

	screen_safe(screen, STYLE_BOLD, field_text(host, "host"));
	fputs(": ", screen->out);
	screen_safe(screen, class_style(class), class);
	fputc('\n', screen->out);
	if (known)
		known_lines(screen, host);
	contained_line(screen, json_object_get(host, "containment"));
	if (json_is_object(incident))
		label_format(screen, "incident", "%lld, open since %s",
			     (long long)field_number(incident, "id"),
			     field_text(incident, "opened"));
	if (known) {
		fputc('\n', screen->out);
		rows_print(screen, windows, add_window, json_object_get(host, "windows"), 2);
	}
	if (json_array_size(evidence)) {
		fputs("\nSample of its attempts in the last day\n", screen->out);
		evidence_table(screen, evidence, 2);
	}
	if (json_array_size(closed)) {
		fputs("\nEarlier incidents\n", screen->out);
		incident_table(screen, closed, 2);
	}
	if (!strcmp(class, "clean") || !known) {
		fputc('\n', screen->out);
		screen_wrap(screen, 0, 0, field_text(host, "silence"));
	}
}

enum exit_code command_host(const struct arguments *arguments, const struct screen *screen)
{
	json_t *params = json_pack("{s:s}", "host", arguments->operand[0]), *result;
	enum exit_code code;

	if (!params) {
		text_error("'%s' is not an address", arguments->operand[0]);
		return EXIT_TROUBLE;
	}
	code = request(arguments, ACCESS_READ, "host", params, &result);
	if (code != EXIT_OK)
		return code;
	request_show(arguments, screen, result, host_print);
	json_decref(result);
	return EXIT_OK;
}
