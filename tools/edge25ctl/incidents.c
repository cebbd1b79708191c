// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "field.h"
#include "incident.h"
#include "label.h"
#include "list.h"
#include "number.h"

static void list_print(const struct screen *screen, const json_t *result)
{
	const json_t *incidents = json_object_get(result, "incidents");

	if (!json_array_size(incidents))
		fputs("No such incidents.\n", screen->out);
	else
		incident_table(screen, incidents, 0);
	if (field_true(result, "more"))
		fprintf(screen->out, "%zu, and there are more; --limit shows others\n",
			json_array_size(incidents));
}

/* All that the reply has of each but the sample. */
static const char *const incidents_csv[] = {
	"id",          "change",   "state",           "class",   "host",   "name",
	"name_source", "action",   "contained_until", "policy",  "range",  "interface",
	"mac",         "verified", "shared",          "opened",  "closed", "first_seen",
	"last_seen",   "attempts", "destinations",    "reasons", NULL,
};

static bool has_more(const json_t *result)
{
	return field_true(result, "more");
}

/* As control sorts. */
static void set_keys(const json_t *incident, const char *order, int64_t keys[LIST_KEYS])
{
	const bool open = !strcmp(field_text(incident, "state"), "open");
	const int64_t change = field_number(incident, "change");

	if (!strcmp(order, "change")) {
		keys[0] = -change;
		return;
	}
	if (!strcmp(order, "worst")) {
		keys[0] = open;
		keys[1] = open ? class_rank(field_text(incident, "class")) : 0;
	}
	keys[2] = text_moment(field_text(incident, "last_seen"));
	keys[3] = change;
}

enum exit_code command_incidents_list(const struct arguments *arguments,
				      const struct screen *screen)
{
	static const struct list list = {.method = "incidents.list",
					 .member = "incidents",
					 .preset = "worst",
					 .order = "change",
					 .cursor = "change",
					 .id = "id",
					 .options = INCIDENTS_FILTERS,
					 .more = has_more,
					 .keys = set_keys,
					 .columns = incidents_csv,
					 .page = list_print};
	const bool open = arguments->option[OPTION_OPEN], closed = arguments->option[OPTION_CLOSED];

	if (open && closed) {
		text_error("--open and --closed: give one of them, or neither");
		return EXIT_TROUBLE;
	}
	return list_run(arguments, screen, &list,
			json_pack("{s:s}", "state",
				  open   ? "open" :
				  closed ? "closed" :
					   "all"));
}

static void show_print(const struct screen *screen, const json_t *incident)
{
	const char *class = field_text(incident, "class");
	const json_t *evidence = json_object_get(incident, "evidence");
	char name[256];

	screen_safe(screen, STYLE_BOLD, field_text(incident, "host"));
	fputs(": ", screen->out);
	screen_safe(screen, class_style(class), class);
	fprintf(screen->out, " (incident %lld, ", (long long)field_number(incident, "id"));
	screen_safe(screen, STYLE_PLAIN, field_text(incident, "state"));
	fputs(")\n", screen->out);
	label_list(screen, "reasons", json_object_get(incident, "reasons"));
	name_text(incident, name, sizeof(name));
	label_line(screen, "name", name);
	label_line(screen, "mac", field_text(incident, "mac"));
	label_line(screen, "interface", field_text(incident, "interface"));
	label_line(screen, "range", field_text(incident, "range"));
	label_line(screen, "policy", field_text(incident, "policy"));
	label_line(screen, "address", trust_text(incident));
	label_line(screen, "action", field_text(incident, "action"));
	label_line(screen, "contained", field_text(incident, "contained_until"));
	label_line(screen, "first seen", field_text(incident, "first_seen"));
	label_line(screen, "last seen", field_text(incident, "last_seen"));
	label_line(screen, "opened", field_text(incident, "opened"));
	label_line(screen, "closed", field_text(incident, "closed"));
	label_format(screen, "attempts", "%lld", (long long)field_number(incident, "attempts"));
	label_format(screen, "destinations", "%lld",
		     (long long)field_number(incident, "destinations"));
	if (!json_array_size(evidence))
		return;
	fputs("\nSample of its attempts\n", screen->out);
	evidence_table(screen, evidence, 2);
}

/* incidents show and close: the reply is the incident. */
static enum exit_code about_one(const struct arguments *arguments, const struct screen *screen,
				enum access access, const char *method)
{
	json_t *result;
	enum exit_code code;
	json_int_t id;

	if (!number_operand(arguments, 0, &id))
		return EXIT_TROUBLE;
	code = request(arguments, access, method, json_pack("{s:I}", "id", id), &result);
	if (code != EXIT_OK)
		return code;
	request_show(arguments, screen, result, show_print);
	json_decref(result);
	return EXIT_OK;
}

enum exit_code command_incidents_show(const struct arguments *arguments,
				      const struct screen *screen)
{
	return about_one(arguments, screen, ACCESS_READ, "incidents.show");
}

enum exit_code command_incidents_close(const struct arguments *arguments,
				       const struct screen *screen)
{
	return about_one(arguments, screen, ACCESS_CHANGE, "incidents.close");
}
