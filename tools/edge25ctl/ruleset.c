// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "command.h"
#include "field.h"
#include "table.h"

#define RULESET_TIMEOUT 620000 /* ms: control gives the engine ten minutes */

static enum exit_code ask(const struct arguments *arguments, const char *method, json_t **result)
{
	struct rpc rpc;
	enum exit_code code = request_open(arguments, ACCESS_READ, &rpc);

	rpc.timeout = RULESET_TIMEOUT;
	if (code == EXIT_OK)
		code = request_call(&rpc, method, NULL, result);
	rpc_close(&rpc);
	return code;
}

/* "chains 19, rules 57, ..." */
static void print_compared(const struct screen *screen, const json_t *result)
{
	static const char *const names[] = {"chains", "rules", "sets", "objects", "elements"};
	const json_t *compared = json_object_get(result, "compared");
	char number[TEXT_NUMBER_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fprintf(screen->out, "%s%s %s", i ? ", " : "compared: ",
			text_number(json_integer_value(json_object_get(compared, names[i])),
				    number),
			names[i]);
	fprintf(screen->out, ", in %s ms\n",
		text_number(json_integer_value(json_object_get(result, "milliseconds")), number));
}

static void print_verdict(const struct screen *screen, const json_t *result)
{
	const json_t *differences = json_object_get(result, "differences"), *difference;
	json_int_t total = json_integer_value(json_object_get(result, "total"));
	char number[TEXT_NUMBER_MAX];
	size_t i;

	if (!total) {
		screen_safe(screen, STYLE_GOOD, "the kernel's table is what it should be");
		fputc('\n', screen->out);
	} else {
		screen_safe(screen, STYLE_BAD, "the kernel's table differs from what it should be");
		fprintf(screen->out, ": %s %s\n", text_number(total, number),
			total == 1 ? "difference" : "differences");
	}
	json_array_foreach(differences, i, difference)
	{
		fputs("  ", screen->out);
		screen_wrap(screen, 4, 2, field_text(difference, "text"));
	}
	if (total > (json_int_t)json_array_size(differences))
		fprintf(screen->out, "  ... and %s more\n",
			text_number(total - (json_int_t)json_array_size(differences), number));
	if (field_true(result, "repairing"))
		fputs("it is put back now: ask again to see\n", screen->out);
	print_compared(screen, result);
}

enum exit_code command_ruleset_verify(const struct arguments *arguments,
				      const struct screen *screen)
{
	json_t *result;
	enum exit_code code = ask(arguments, "ruleset.verify", &result);

	if (code != EXIT_OK)
		return code;
	request_show(arguments, screen, result, print_verdict);
	code = field_true(result, "matches") ? EXIT_OK : EXIT_NOT;
	json_decref(result);
	return code;
}

/* --- show --- */

struct section {
	const char *kind;    /* of the items */
	const char *counted; /* the field with their number; NULL: none */
	const struct column *columns;
	size_t count;
};

static void print_section(const struct screen *screen, const struct section *section,
			  const json_t *items)
{
	struct table *table = table_new(section->columns, section->count, screen->utf8);
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		if (strcmp(field_text(item, "kind"), section->kind) != 0)
			continue;
		table_add(table, field_text(item, "name"));
		table_add_number(table,
				 json_integer_value(json_object_get(item, section->counted)));
		table_add(table, field_text(item, "text"));
	}
	fputc('\n', screen->out);
	table_print(table, screen, 0);
	table_free(table);
}

static void print_rules(const struct screen *screen, const json_t *items)
{
	const char *chain = "";
	const json_t *item;
	unsigned number = 0;
	size_t i;

	fputs("\nRULES\n", screen->out);
	json_array_foreach(items, i, item)
	{
		char head[32];

		if (strcmp(field_text(item, "kind"), "rule") != 0)
			continue;
		if (strcmp(field_text(item, "name"), chain) != 0) {
			chain = field_text(item, "name");
			number = 0;
			screen_safe(screen, STYLE_BOLD, chain);
			fputc('\n', screen->out);
		}
		snprintf(head, sizeof(head), "%4u  ", ++number);
		fputs(head, screen->out);
		screen_wrap(screen, 6, 6, field_text(item, "text"));
	}
}

static void print_items(const struct screen *screen, const json_t *result)
{
	static const struct column chains[] = {{.title = "CHAIN"},
					       {.title = "RULES", .right = true},
					       {.title = "TYPE", .shrink = 20, .drop = 1}};
	static const struct column sets[] = {{.title = "SET"},
					     {.title = "ELEMENTS", .right = true},
					     {.title = "DEFINITION", .shrink = 20, .drop = 1}};
	static const struct column objects[] = {{.title = "COUNTER OR LIMIT"},
						{.title = "PACKETS", .right = true},
						{.title = "TYPE", .shrink = 20, .drop = 1}};
	static const struct section sections[] = {
		{"chain", "rules", chains, 3},
		{"set", "elements", sets, 3},
		{"object", "packets", objects, 3},
	};
	const json_t *items = json_object_get(result, "items"), *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		if (strcmp(field_text(item, "kind"), "table") != 0)
			continue;
		fputs("table inet ", screen->out);
		screen_safe(screen, STYLE_BOLD, field_text(item, "name"));
		fputs(": ", screen->out);
		screen_safe(screen, STYLE_PLAIN, field_text(item, "text"));
		fputc('\n', screen->out);
	}
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		print_section(screen, &sections[i], items);
	print_rules(screen, items);
	if (!field_true(result, "matches"))
		fputs("\nit is not what it should be: see edge25ctl ruleset verify\n", screen->out);
}

enum exit_code command_ruleset_show(const struct arguments *arguments, const struct screen *screen)
{
	json_t *result;
	enum exit_code code = ask(arguments, "ruleset.show", &result);

	if (code != EXIT_OK)
		return code;
	request_show(arguments, screen, result, print_items);
	json_decref(result);
	return EXIT_OK;
}
