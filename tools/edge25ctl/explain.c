// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "command.h"
#include "entry.h"
#include "field.h"

#define LABEL 12 /* columns before a value */
#define TEXT_MAX 1024

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
	fprintf(screen->out, "  %-*s ", LABEL - 3, label);
	screen_wrap(screen, LABEL, LABEL, text);
}

/* "ask, answer refuse" */
static const char *verdict_text(const json_t *place, char *text, size_t size)
{
	const char *verdict = field_text(place, "verdict"), *answer = field_text(place, "answer");

	snprintf(text, size, "%s%s%s", *verdict ? verdict : "unknown", *answer ? ", answer " : "",
		 answer);
	return text;
}

/* "dsl (100.64.0.0/10 on ppp*)" */
static const char *range_text(const json_t *place, char *text, size_t size)
{
	const char *prefix = field_text(place, "prefix");
	const char *interface = field_text(place, "interface");
	bool both = *prefix && *interface, any = *prefix || *interface;

	snprintf(text, size, "%s%s%s%s%s%s", field_text(place, "range"), any ? " (" : "", prefix,
		 both ? " on " : "", interface, any ? ")" : "");
	return text;
}

static const char *policy_text(const json_t *result, char *text, size_t size)
{
	const char *policy = field_text(result, "policy");

	const int64_t pace = field_number(result, "pace");
	char number[TEXT_NUMBER_MAX], paced[TEXT_NUMBER_MAX + 32] = "";

	text[0] = '\0';
	if (pace)
		snprintf(paced, sizeof(paced), ", pace %s a second", text_number(pace, number));
	if (*policy)
		snprintf(text, size, "%s (number %lld), mode %s%s", policy,
			 (long long)field_number(result, "policy_number"),
			 field_text(result, "mode"), paced);
	return text;
}

/* ", 4m 57s left", of what ends. */
static const char *left_text(const json_t *object, char text[TEXT_DURATION_MAX + 16])
{
	char left[TEXT_DURATION_MAX];

	text[0] = '\0';
	if (json_is_integer(json_object_get(object, "remaining")))
		snprintf(text, TEXT_DURATION_MAX + 16, ", %s left",
			 text_duration(field_number(object, "remaining"), left));
	return text;
}

static void contained_line(const struct screen *screen, const json_t *contained)
{
	char text[TEXT_MAX], left[TEXT_DURATION_MAX + 16];
	const char *comment = field_text(contained, "comment");

	if (!json_is_object(contained))
		return;
	snprintf(text, sizeof(text), "%s until %s%s, by %s%s%s", field_text(contained, "host"),
		 field_text(contained, "until"), left_text(contained, left),
		 field_true(contained, "automatic") ?
			 "edge25" :
			 field_text(json_object_get(contained, "by"), "user"),
		 *comment ? ": " : "", comment);
	line(screen, "contained", text);
}

static void remembered_line(const struct screen *screen, const json_t *remembered)
{
	char text[TEXT_MAX], left[TEXT_DURATION_MAX + 16];

	if (!json_is_object(remembered))
		return;
	snprintf(text, sizeof(text), "%s%s, in %s", field_text(remembered, "answer"),
		 left_text(remembered, left), field_text(remembered, "set"));
	line(screen, "remembers", text);
}

/* What a packet met in the kernel's table: "range4_1: 100.64.0.0/10, policy home" */
static void element_line(const struct screen *screen, const json_t *element)
{
	const char *from = field_text(element, "from"), *to = field_text(element, "to");
	const char *set = field_text(element, "set"), *policy = field_text(element, "policy");
	char text[TEXT_MAX], left[TEXT_DURATION_MAX + 16], id[TEXT_NUMBER_MAX + 16] = "";

	if (json_is_integer(json_object_get(element, "id")))
		snprintf(id, sizeof(id), ", entry %lld", (long long)field_number(element, "id"));
	snprintf(text, sizeof(text), "%s: %s%s%s%s%s%s%s%s", *set ? set : "a rule", from,
		 *from && *to ? " -> " : "", to, *policy && (*from || *to) ? ", " : "",
		 *policy ? "policy " : "", policy, id, left_text(element, left));
	line(screen, "", text);
}

static void kernel_lines(const struct screen *screen, const json_t *result)
{
	const json_t *kernel = json_object_get(result, "kernel"), *element;
	const char *deny, *chain;
	char text[TEXT_MAX], verdict[128], rule[TEXT_NUMBER_MAX + 16] = "";
	size_t i;

	if (!json_is_object(kernel)) {
		snprintf(text, sizeof(text), "not looked at: %s",
			 field_text(result, "kernel_error"));
		line(screen, "kernel", text);
		return;
	}
	deny = field_text(kernel, "deny");
	chain = field_text(kernel, "chain");
	if (json_is_integer(json_object_get(kernel, "rule")))
		snprintf(rule, sizeof(rule), ", rule %lld",
			 (long long)field_number(kernel, "rule"));
	snprintf(text, sizeof(text), "%s%s%s%s by: %s%s%s%s",
		 verdict_text(kernel, verdict, sizeof(verdict)), *deny ? " (" : "", deny,
		 *deny ? ")," : ",", field_text(kernel, "by"), *chain ? "; chain " : "", chain,
		 rule);
	line(screen, "kernel", text);
	json_array_foreach(json_object_get(kernel, "elements"), i, element)
		element_line(screen, element);
}

static void interface_lines(const struct screen *screen, const json_t *interfaces)
{
	char text[TEXT_MAX], range[256], verdict[128];
	const json_t *one;
	size_t i;

	json_array_foreach(interfaces, i, one)
	{
		snprintf(text, sizeof(text), "%s: %s; %s, policy %s", field_text(one, "interface"),
			 verdict_text(one, verdict, sizeof(verdict)),
			 range_text(one, range, sizeof(range)), field_text(one, "policy"));
		line(screen, i ? "" : "comes by", text);
	}
}

static void difference_lines(const struct screen *screen, const json_t *differences)
{
	const json_t *one;
	size_t i;

	json_array_foreach(differences, i, one)
	{
		fputs("  ", screen->out);
		screen_safe(screen, STYLE_BAD, "differs");
		fputs("  ", screen->out);
		screen_wrap(screen, LABEL, LABEL,
			    json_is_string(one) ? json_string_value(one) : "");
	}
}

static void explain_print(const struct screen *screen, const json_t *result)
{
	const char *destination = field_text(result, "dst");
	const json_t *allow = json_object_get(result, "allow");
	const json_t *incident = json_object_get(result, "incident");
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s -> %s, port 25:", field_text(result, "src"),
		 *destination ? destination : "anywhere");
	screen_safe(screen, STYLE_PLAIN, text);
	fputc(' ', screen->out);
	verdict_text(result, text, sizeof(text));
	screen_safe(screen,
		    verdict_style(*field_text(result, "answer") ? field_text(result, "answer") :
								  field_text(result, "verdict")),
		    text);
	fputc('\n', screen->out);
	line(screen, "reason", field_text(result, "reason"));
	difference_lines(screen, json_object_get(result, "differences"));
	line(screen, "range", range_text(result, text, sizeof(text)));
	line(screen, "policy", policy_text(result, text, sizeof(text)));
	if (json_is_object(allow))
		entry_print(screen, "  allowed by", allow);
	contained_line(screen, json_object_get(result, "contained"));
	if (json_is_integer(incident)) {
		snprintf(text, sizeof(text), "%lld, open", (long long)json_integer_value(incident));
		line(screen, "incident", text);
	}
	remembered_line(screen, json_object_get(result, "remembered"));
	kernel_lines(screen, result);
	interface_lines(screen, json_object_get(result, "interfaces"));
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
