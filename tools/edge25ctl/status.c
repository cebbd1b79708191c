// SPDX-License-Identifier: GPL-2.0-or-later
#include "status.h"

#include "command.h"
#include "field.h"

void status_heading(const struct screen *screen, enum style style, const char *text)
{
	fputc('\n', screen->out);
	screen_safe(screen, style, text);
	fputc('\n', screen->out);
}

int status_print(const struct screen *screen, const json_t *status)
{
	int error;

	status_health_print(screen, status);
	error = status_policies_print(screen, status);
	if (!error)
		error = status_incidents_print(screen, status);
	if (!error)
		error = status_hosts_print(screen, status);
	status_losses_print(screen, json_object_get(status, "losses"));
	return error;
}

enum exit_code command_status(const struct arguments *arguments, const struct screen *screen)
{
	json_t *status;
	enum exit_code code = request(arguments, ACCESS_READ, "status", NULL, &status);

	if (code != EXIT_OK)
		return code;
	code = field_true(status, "healthy") ? EXIT_OK : EXIT_NOT;
	if (arguments->option[OPTION_JSON]) {
		request_print(status, JSON_INDENT(2));
	} else if (status_print(screen, status)) {
		text_error("no memory");
		code = EXIT_TROUBLE;
	}
	json_decref(status);
	return code;
}
