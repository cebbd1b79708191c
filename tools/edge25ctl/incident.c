// SPDX-License-Identifier: GPL-2.0-or-later
#include "incident.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "rows.h"

enum style class_style(const char *class)
{
	return !strcmp(class, "infected")      ? STYLE_BAD :
	       !strcmp(class, "suspect")       ? STYLE_WARN :
	       !strcmp(class, "misconfigured") ? STYLE_BOLD :
						 STYLE_PLAIN;
}

unsigned class_rank(const char *class)
{
	static const char *const classes[] = {"misconfigured", "suspect", "infected"};

	for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!strcmp(classes[i], class))
			return i + 1;
	return 0;
}

void name_text(const json_t *object, char *text, size_t size)
{
	const char *name = field_text(object, "name"), *source = field_text(object, "name_source");

	snprintf(text, size, "%s%s%s%s", name, *name && *source ? " (" : "", *name ? source : "",
		 *name && *source ? ")" : "");
}

const char *trust_text(const json_t *object)
{
	const bool verified = field_true(object, "verified"), shared = field_true(object, "shared");

	if (shared)
		return verified ? "verified, shared by many households" :
				  "not verified, shared by many households";
	return verified ? "verified" : "not verified: it may be forged";
}

static const char *first_reason(const json_t *incident)
{
	const char *text =
		json_string_value(json_array_get(json_object_get(incident, "reasons"), 0));

	return text ? text : "";
}

static const struct column incident_columns[] = {
	{.title = "ID", .right = true},
	{.title = "STATE", .drop = 2},
	{.title = "CLASS"},
	{.title = "HOST", .shrink = 18, .whole = true},
	{.title = "NAME", .shrink = 8, .drop = 3, .optional = true},
	{.title = "ACTION", .drop = 1},
	{.title = "LAST SEEN", .drop = 4},
	{.title = "ATTEMPTS", .right = true, .drop = 5},
	{.title = "REASON", .shrink = 16},
	{.title = NULL},
};

static void add_incident(struct table *table, const json_t *incident)
{
	table_add_number(table, field_number(incident, "id"));
	table_add(table, field_text(incident, "state"));
	table_add(table, field_text(incident, "class"));
	table_add(table, field_text(incident, "host"));
	table_add(table, field_text(incident, "name"));
	table_add(table, field_text(incident, "action"));
	table_add(table, field_text(incident, "last_seen"));
	table_add_number(table, field_number(incident, "attempts"));
	table_add(table, first_reason(incident));
}

void incident_table(const struct screen *screen, const json_t *incidents, unsigned indent)
{
	rows_print(screen, incident_columns, add_incident, incidents, indent);
}

void incident_line(const struct screen *screen, const json_t *incident)
{
	const char *name = field_text(incident, "name");
	const char *class = field_text(incident, "class");
	char text[512];

	snprintf(text, sizeof(text), "incident %lld %s: ", (long long)field_number(incident, "id"),
		 field_text(incident, "state"));
	screen_safe(screen, STYLE_PLAIN, text);
	screen_safe(screen, class_style(class), class);
	snprintf(text, sizeof(text), " %s %s: %s%s%s%s", field_text(incident, "host"),
		 field_text(incident, "action"), first_reason(incident), *name ? " (" : "", name,
		 *name ? ")" : "");
	screen_safe(screen, STYLE_PLAIN, text);
	fputc('\n', screen->out);
}

static const struct column evidence_columns[] = {
	{.title = "TIME"},
	{.title = "SOURCE", .shrink = 12, .whole = true, .drop = 1},
	{.title = "PORT", .right = true, .drop = 2},
	{.title = "MAIL SERVER", .shrink = 18, .whole = true},
	{.title = "ANSWERED", .optional = true},
	{.title = NULL},
};

static void add_evidence(struct table *table, const json_t *one)
{
	const char *server = field_text(one, "dest_ip");
	char port[8];

	snprintf(port, sizeof(port), "%u", (unsigned)field_number(one, "src_port") & 0xffff);
	table_add(table, field_text(one, "time"));
	table_add(table, field_text(one, "src_ip"));
	table_add(table, port);
	table_add(table, *server ? server : "not kept");
	table_add(table, field_true(one, "answered") ? "yes" : "");
}

void evidence_table(const struct screen *screen, const json_t *evidence, unsigned indent)
{
	rows_print(screen, evidence_columns, add_evidence, evidence, indent);
}
