// SPDX-License-Identifier: GPL-2.0-or-later
#include "label.h"

#include <stdarg.h>
#include <stdlib.h>

#define LABEL_COLUMNS 13

void label_line(const struct screen *screen, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(screen->out, "  %-*s", LABEL_COLUMNS, label);
	screen_wrap(screen, LABEL_COLUMNS + 2, LABEL_COLUMNS + 2, text);
}

void label_format(const struct screen *screen, const char *label, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (length < 0)
		return;
	label_line(screen, label, text);
	free(text);
}

void label_list(const struct screen *screen, const char *label, const json_t *texts)
{
	const json_t *text;
	size_t i;

	json_array_foreach(texts, i, text) label_line(
		screen, i ? "" : label, json_string_value(text) ? json_string_value(text) : "");
}
