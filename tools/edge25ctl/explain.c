// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "command.h"
#include "entry.h"
#include "field.h"

static enum style verdict_style(const char *verdict)
{
	return !strcmp(verdict, "accept") ? STYLE_GOOD :
	       !strcmp(verdict, "refuse") ? STYLE_BAD :
					    STYLE_WARN;
}

/* A labelled line; without @text none. */
static void line(const struct screen *screen, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(screen->out, "  %-9s", label);
	screen_wrap(screen, 11, 11, text);
}

/* "dsl (100.64.0.0/10 on ppp*)" */
static void range_text(const json_t *result, char *text, size_t size)
{
	const char *prefix = field_text(result, "prefix");
	const char *interface = field_text(result, "interface");
	bool both = *prefix && *interface, any = *prefix || *interface;

	snprintf(text, size, "%s%s%s%s%s%s", field_text(result, "range"), any ? " (" : "", prefix,
		 both ? " on " : "", interface, any ? ")" : "");
}

static void explain_print(const struct screen *screen, const json_t *result)
{
	const char *verdict = field_text(result, "verdict");
	const char *destination = field_text(result, "dst");
	const json_t *allow = json_object_get(result, "allow");
	char text[512];

	snprintf(text, sizeof(text), "%s -> %s, port 25:", field_text(result, "src"),
		 *destination ? destination : "anywhere");
	screen_safe(screen, STYLE_PLAIN, text);
	fputc(' ', screen->out);
	screen_safe(screen, verdict_style(verdict), *verdict ? verdict : "unknown");
	fputc('\n', screen->out);
	line(screen, "reason", field_text(result, "reason"));
	range_text(result, text, sizeof(text));
	line(screen, "range", text);
	snprintf(text, sizeof(text), "%s%s%s", field_text(result, "policy"),
		 *field_text(result, "mode") ? ", mode " : "", field_text(result, "mode"));
	line(screen, "policy", text);
	if (json_is_object(allow))
		entry_print(screen, "  allowed by", allow);
}

enum exit_code command_explain(const struct arguments *arguments, const struct screen *screen)
{
	json_t *params = json_pack("{s:s, s:s*, s:s*}", "src", arguments->operand[0], "dst",
				   arguments->operands > 1 ? arguments->operand[1] : NULL,
				   "interface", arguments->option[OPTION_INTERFACE]);
	json_t *result;
	enum exit_code code;

	if (!params) {
		text_error("'%s' is not an address", arguments->operand[0]);
		return EXIT_TROUBLE;
	}
	code = request(arguments, ACCESS_READ, "explain", params, &result);
	if (code != EXIT_OK)
		return code;
	request_show(arguments, screen, result, explain_print);
	json_decref(result);
	return EXIT_OK;
}

/* A method a line: its name and what it says it is for. */
static void discover_print(const struct screen *screen, const json_t *result)
{
	const json_t *method;
	size_t i;

	json_array_foreach(json_object_get(result, "methods"), i, method)
	{
		const char *summary = field_text(method, "summary");
		screen_safe(screen, STYLE_BOLD, field_text(method, "name"));
		fputs("\n    ", screen->out);
		screen_wrap(screen, 4, 4, *summary ? summary : field_text(method, "description"));
	}
}

enum exit_code command_discover(const struct arguments *arguments, const struct screen *screen)
{
	json_t *result;
	enum exit_code code = request(arguments, ACCESS_READ, "rpc.discover", NULL, &result);

	if (code != EXIT_OK)
		return code;
	request_show(arguments, screen, result, discover_print);
	json_decref(result);
	return EXIT_OK;
}
