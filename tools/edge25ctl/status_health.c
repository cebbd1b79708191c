// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the status page: the title, what was looked at, and what was lost. */
#include <string.h>

#include "field.h"
#include "status.h"

#define STATE 9 /* columns of a state and the blank behind it */

static void print_title(const struct screen *screen, const json_t *status)
{
	const char *kernel = field_text(json_object_get(status, "engine"), "kernel");
	bool healthy = field_true(status, "healthy");
	bool enforcing = field_true(status, "enforcing");
	const char *health = healthy ? "healthy" : "NOT HEALTHY";
	const char *effect = enforcing ? "enforcing" : "NOT ENFORCING";
	char up[TEXT_DURATION_MAX];
	char text[256];
	unsigned column;

	snprintf(text, sizeof(text), "edge25 %s: ", field_text(status, "version"));
	screen_safe(screen, STYLE_BOLD, text);
	column = (unsigned)(strlen(text) + strlen(health) + strlen(effect) + 2 * strlen(", "));
	screen_safe(screen, healthy ? STYLE_GOOD : STYLE_BAD, health);
	fputs(", ", screen->out);
	screen_safe(screen, enforcing ? STYLE_PLAIN : STYLE_WARN, effect);
	snprintf(text, sizeof(text), "up %s%s%s", text_duration(field_number(status, "uptime"), up),
		 *kernel ? ", kernel " : "", kernel);
	fputs(", ", screen->out);
	screen_wrap(screen, 2, column, text);
}

static const struct {
	const char *word; /* as control has it */
	const char *shown;
	enum style style;
} states[] = {
	{"problem", "PROBLEM", STYLE_BAD},
	{"warning", "warning", STYLE_WARN},
	{"ok", "ok", STYLE_GOOD},
};

static void line(const struct screen *screen, size_t state, const char *name, const char *text)
{
	char all[1024];

	fputs("  ", screen->out);
	screen_safe(screen, states[state].style, states[state].shown);
	fprintf(screen->out, "%*s", STATE - (int)strlen(states[state].shown), "");
	snprintf(all, sizeof(all), "%s: %s", name, text);
	screen_wrap(screen, STATE + 4, STATE + 2, all);
}

/* What is wrong comes first. */
static void print_checks(const struct screen *screen, const json_t *status)
{
	const json_t *checks = json_object_get(status, "checks"), *check;
	const enum style style = field_true(status, "healthy") ? STYLE_BOLD : STYLE_BAD;
	size_t i;

	if (json_array_size(checks))
		status_heading(screen, style, "HEALTH");
	for (size_t state = 0; state < sizeof(states) / sizeof(states[0]); state++)
		json_array_foreach(checks, i, check) if (!strcmp(field_text(check, "state"),
								 states[state].word))
			line(screen, state, field_text(check, "name"), field_text(check, "text"));
	if (json_is_false(json_object_get(status, "fresh")))
		fputs("  The counters were not read lately: the figures below are old.\n",
		      screen->out);
}

void status_health_print(const struct screen *screen, const json_t *status)
{
	print_title(screen, status);
	print_checks(screen, status);
}

void status_losses_print(const struct screen *screen, const json_t *losses)
{
	const json_t *loss;
	bool any = false;
	size_t i;

	json_array_foreach(losses, i, loss)
	{
		const int64_t count = field_number(loss, "count");
		const int64_t recent = field_number(loss, "recent");
		char number[TEXT_NUMBER_MAX], late[TEXT_NUMBER_MAX];
		char text[1024];

		if (!count)
			continue;
		if (!any)
			status_heading(screen, STYLE_WARN, "LOST, since each part started");
		any = true;
		fputs("  ", screen->out);
		snprintf(text, sizeof(text), "%s %s%s%s%s%s%s", field_text(loss, "name"),
			 text_number(count, number), recent ? " (" : "",
			 recent ? text_number(recent, late) : "",
			 recent ? " in the last hour)" : "", *field_text(loss, "text") ? ": " : "",
			 field_text(loss, "text"));
		screen_wrap(screen, 4, 2, text);
	}
}
