// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"
#include "field.h"

static void print_page(const struct screen *screen, const json_t *result)
{
	const json_t *line;
	size_t i;

	if (field_true(result, "dry_run"))
		fputs("dry run: nothing was changed; this is what a reload would do\n",
		      screen->out);
	json_array_foreach(json_object_get(result, "summary"), i, line)
	{
		screen_safe(screen, STYLE_PLAIN,
			    json_string_value(line) ? json_string_value(line) : "?");
		fputc('\n', screen->out);
	}
}

enum exit_code command_reload(const struct arguments *arguments, const struct screen *screen)
{
	json_t *params = json_pack("{s:b}", "dry_run", arguments->option[OPTION_DRY_RUN] != NULL);
	json_t *result;
	enum exit_code code = request(arguments, ACCESS_CHANGE, "reload", params, &result);

	if (code != EXIT_OK)
		return code;
	request_show(arguments, screen, result, print_page);
	request_warnings(result);
	json_decref(result);
	return EXIT_OK;
}
