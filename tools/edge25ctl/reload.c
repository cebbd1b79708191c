// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"
#include "field.h"

/* Longer than control waits for the engine, and reads a million prefixes. */
#define RELOAD_TIMEOUT 120000

static void print_page(const struct screen *screen, const json_t *result)
{
	const json_t *line;
	size_t i;

	if (field_true(result, "dry_run"))
		fputs("dry run: nothing was changed; this is what a reload would do\n",
		      screen->out);
	json_array_foreach(json_object_get(result, "summary"), i, line) {
		screen_safe(screen, STYLE_PLAIN,
			    json_string_value(line) ? json_string_value(line) : "?");
		fputc('\n', screen->out);
	}
}

enum exit_code command_reload(const struct arguments *arguments, const struct screen *screen)
{
	json_t *params = json_pack("{s:b}", "dry_run", arguments->option[OPTION_DRY_RUN] != NULL);
	const json_t *warning;
	json_t *result;
	struct rpc rpc;
	enum exit_code code = request_open(arguments, ACCESS_CHANGE, &rpc);
	size_t i;

	rpc.timeout = RELOAD_TIMEOUT;
	if (code == EXIT_OK)
		code = request_call(&rpc, "reload", params, &result);
	else
		json_decref(params);
	rpc_close(&rpc);
	if (code != EXIT_OK)
		return code;
	if (arguments->option[OPTION_JSON])
		request_print(result, JSON_INDENT(2));
	else
		print_page(screen, result);
	json_array_foreach(json_object_get(result, "warnings"), i, warning)
		text_warning("%s", json_string_value(warning) ? json_string_value(warning) : "?");
	json_decref(result);
	return EXIT_OK;
}
