// SPDX-License-Identifier: GPL-2.0-or-later
/* edge25ctl allow list, check and history. */
#include <string.h>

#include "allow_pages.h"
#include "command.h"
#include "csv_out.h"
#include "entry.h"
#include "field.h"
#include "number.h"
#include "params.h"
#include "table.h"

static const char *const list_csv[] = {"id",      "name",    "from",   "to",     "expires",
				       "comment", "watched", "always", "origin", "added",
				       "by.user", "hits",    "used",   NULL};

/* --- list --- */

static int collect(void *ctx, const json_t *entry)
{
	return json_array_append(ctx, (json_t *)entry);
}

#define FILTERS                                                                              \
	(OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_COMMENT) |      \
	 OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_ORIGIN) | OPTION_BIT(OPTION_EXPIRING) | \
	 OPTION_BIT(OPTION_NEVER_USED) | OPTION_BIT(OPTION_ORDER))

/* NULL: said on stderr. */
static json_t *filters(const struct arguments *arguments)
{
	const bool watched = arguments->option[OPTION_WATCHED];
	const bool always = arguments->option[OPTION_ALWAYS];
	json_t *params;

	if (watched && always) {
		text_error("--watched and --always: give one of them");
		return NULL;
	}
	params = json_object();
	if (watched || always)
		json_object_set_new(params, "way", json_string(watched ? "watched" : "always"));
	if (params_set(arguments, FILTERS, params))
		return params;
	json_decref(params);
	return NULL;
}

static void print_list(const struct screen *screen, const json_t *result)
{
	const json_t *entries = json_object_get(result, "entries");
	const size_t shown = json_array_size(entries);

	if (!shown)
		fputs("no entries\n", screen->out);
	else if (entry_table(screen, entries, 0))
		text_error("no memory");
	if (shown && field_number(result, "total") > (int64_t)shown)
		fprintf(screen->out, "%zu of %lld entries\n", shown,
			(long long)field_number(result, "total"));
}

enum exit_code command_allow_list(const struct arguments *arguments, const struct screen *screen)
{
	json_t *entries, *params, *result = NULL;
	json_int_t limit;
	enum exit_code code;

	if (!number_option(arguments, OPTION_LIMIT, -1, &limit))
		return EXIT_TROUBLE;
	params = filters(arguments);
	if (!params)
		return EXIT_TROUBLE;
	entries = json_array();
	code = allow_pages(arguments, params, limit, collect, entries, &result);
	if (code == EXIT_OK) {
		json_object_set(result, "entries", entries);
		request_show_list(arguments, screen, result, print_list, "entries", list_csv);
	}
	json_decref(result);
	json_decref(entries);
	return code;
}

/* --- check --- */

static void print_check(const struct screen *screen, const json_t *result)
{
	const json_t *entries = json_object_get(result, "entries"), *entry;
	const int64_t partly = field_number(result, "partly");
	char number[TEXT_NUMBER_MAX];
	size_t i;

	json_array_foreach(entries, i, entry)
		entry_print(screen, i ? "and by" : "covered by", entry);
	if (!json_array_size(entries))
		fputs("not covered\n", screen->out);
	if (partly)
		fprintf(screen->out, "%s %s a part of it\n", text_number(partly, number),
			json_array_size(entries) ?
				partly == 1 ? "other entry covers" : "other entries cover" :
			partly == 1 ? "entry covers" :
				      "entries cover");
}

enum exit_code command_allow_check(const struct arguments *arguments, const struct screen *screen)
{
	static const char *const names[] = {"src", "dst"};
	json_t *params = json_object(), *result;
	enum exit_code code;

	for (size_t i = 0; i < arguments->operands; i++) {
		if (strcmp(arguments->operand[i], "any") == 0 ||
		    !json_object_set_new(params, names[i], json_string(arguments->operand[i])))
			continue;
		text_error("'%s' is not UTF-8", arguments->operand[i]);
		json_decref(params);
		return EXIT_TROUBLE;
	}
	code = request(arguments, ACCESS_READ, "allow.check", params, &result);
	if (code != EXIT_OK)
		return code == EXIT_NOT ? EXIT_TROUBLE : code;
	request_show(arguments, screen, result, print_check);
	code = field_true(result, "covered") ? EXIT_OK : EXIT_NOT;
	json_decref(result);
	return code;
}
