// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"

#define END_TEXT_MAX 80
#define TIME_COLUMNS 19 /* 2026-12-01T12:00:00 */

static const char *end_text(const json_t *event, const char *address, const char *port,
			    char text[END_TEXT_MAX])
{
	const char *ip = field_text(event, address);
	bool ipv6 = strchr(ip, ':');
	long long number = field_number(event, port);

	if (number)
		snprintf(text, END_TEXT_MAX, "%s%s%s:%lld", ipv6 ? "[" : "", ip, ipv6 ? "]" : "",
			 number);
	else
		snprintf(text, END_TEXT_MAX, "%s", ip);
	return text;
}

/*
 * What a person wants to know at once; --json has the rest. The name comes last: it may be its
 * owner's text, blanks and all.
 */
static const char *const shown[] = {"policy",
				    "would_be",
				    "reason",
				    "attempts",
				    "destinations",
				    "period_attempts",
				    "period_destinations",
				    "name"};

/* " key=value" for a text or a number. */
static void print_pair(const struct screen *screen, const char *key, const json_t *value)
{
	char text[256];

	if (json_is_string(value))
		snprintf(text, sizeof(text), " %s=%s", key, json_string_value(value));
	else if (json_is_integer(value))
		snprintf(text, sizeof(text), " %s=%lld", key, (long long)json_integer_value(value));
	else
		return;
	screen_safe(screen, STYLE_DIM, text);
}

static void print_alert(const struct screen *screen, const json_t *event, const json_t *alert)
{
	const json_t *metadata = json_object_get(alert, "metadata");
	const char *action = field_text(alert, "action");
	char source[END_TEXT_MAX];
	char destination[END_TEXT_MAX];
	char text[512];

	snprintf(text, sizeof(text), "%.*s ", TIME_COLUMNS, field_text(event, "timestamp"));
	screen_safe(screen, STYLE_DIM, text);
	screen_safe(screen, !strcmp(action, "blocked") ? STYLE_BAD : STYLE_WARN, action);
	snprintf(text, sizeof(text), " %s -> %s  %s", end_text(event, "src_ip", "src_port", source),
		 end_text(event, "dest_ip", "dest_port", destination),
		 field_text(alert, "signature"));
	screen_safe(screen, STYLE_PLAIN, text);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		print_pair(screen, shown[i], json_object_get(metadata, shown[i]));
}

void event_print(const struct screen *screen, const json_t *event)
{
	const json_t *alert = json_object_get(event, "alert");
	char *text = NULL;

	if (json_is_object(alert)) {
		print_alert(screen, event, alert);
	} else {
		text = json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
		screen_safe(screen, STYLE_PLAIN, text ? text : "no memory");
	}
	fputc('\n', screen->out);
	free(text);
}

void change_print(const struct screen *screen, const json_t *change)
{
	const json_t *by = json_object_get(change, "by");
	char text[256];

	snprintf(text, sizeof(text), "%.*s ", TIME_COLUMNS, field_text(change, "time"));
	screen_safe(screen, STYLE_DIM, text);
	if (json_is_object(by))
		snprintf(text, sizeof(text), "%s by %s (uid %lld): ", field_text(change, "method"),
			 field_text(by, "user"), (long long)field_number(by, "uid"));
	else
		snprintf(text, sizeof(text), "%s: ", field_text(change, "method"));
	screen_safe(screen, STYLE_BOLD, text);
	screen_safe(screen, STYLE_PLAIN, field_text(change, "text"));
	fputc('\n', screen->out);
}
