// SPDX-License-Identifier: GPL-2.0-or-later
/* forget; log reopen */
#include "command.h"
#include "field.h"

/* What was removed, a line for each part that had something. */
static void forget_print(const struct screen *screen, const json_t *result)
{
	static const struct {
		const char *field, *one, *several;
	} parts[] = {
		{"records", "record in memory", "records in memory"},
		{"summaries", "summary in the database", "summaries in the database"},
		{"incidents", "incident", "incidents"},
		{"containments", "past containment", "past containments"},
		{"audit", "line of the audit trail", "lines of the audit trail"},
		{"elements", "element of the kernel's sets", "elements of the kernel's sets"},
		{"lines", "line of event files", "lines of event files"},
	};
	const json_t *removed = json_object_get(result, "removed");
	char text[512];
	bool any = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		any |= field_number(removed, parts[i].field) != 0;
	snprintf(text, sizeof(text), "%s %s", field_text(result, "host"),
		 any ? "is forgotten; removed:" : "was not known: nothing was removed");
	screen_safe(screen, STYLE_PLAIN, text);
	fputc('\n', screen->out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const long long count = field_number(removed, parts[i].field);

		if (count)
			fprintf(screen->out, "  %lld %s\n", count,
				count == 1 ? parts[i].one : parts[i].several);
	}
}

static void reopen_print(const struct screen *screen, const json_t *result)
{
	char text[4200];

	snprintf(text, sizeof(text), "events are written to %s", field_text(result, "file"));
	screen_safe(screen, STYLE_PLAIN, text);
	fputc('\n', screen->out);
}

enum exit_code command_forget(const struct arguments *arguments, const struct screen *screen)
{
	return request_change(arguments, screen, "forget",
			      json_pack("{s:s}", "host", arguments->operand[0]), forget_print);
}

enum exit_code command_log_reopen(const struct arguments *arguments, const struct screen *screen)
{
	return request_change(arguments, screen, "log.reopen", json_object(), reopen_print);
}
