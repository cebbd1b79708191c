// SPDX-License-Identifier: GPL-2.0-or-later
#include "openmetrics.h"

#include <ctype.h>
#include <string.h>

#include "field.h"

/* Help and values of labels: what the format escapes, and no other control character. */
static void escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else
			fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
	}
}

/* Is it one of the format's names? Else a line of it would be read as another one. */
static bool name_good(const char *name)
{
	size_t length = 0;

	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	while (isalnum((unsigned char)name[length]) || name[length] == '_')
		length++;
	return !name[length];
}

static void write_labels(FILE *out, const json_t *labels)
{
	const char *name, *before = "{";
	const json_t *value;

	json_object_foreach((json_t *)labels, name, value)
	{
		if (!name_good(name) || !json_is_string(value))
			continue;
		fprintf(out, "%s%s=\"", before, name);
		escaped(out, json_string_value(value));
		fputc('"', out);
		before = ",";
	}
	if (*before == ',')
		fputc('}', out);
}

static void write_sample(FILE *out, const char *name, bool counter, const json_t *sample)
{
	const json_t *value = json_object_get(sample, "value");

	if (!json_is_number(value))
		return;
	fprintf(out, "%s%s", name, counter ? "_total" : "");
	write_labels(out, json_object_get(sample, "labels"));
	if (json_is_integer(value))
		fprintf(out, " %" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
	else
		fprintf(out, " %.15g\n", json_real_value(value));
}

static void write_family(FILE *out, const json_t *family)
{
	const char *name = field_text(family, "name"), *type = field_text(family, "type");
	const char *unit = field_text(family, "unit"), *help = field_text(family, "help");
	const json_t *sample;
	size_t i;

	if (!name_good(name) || !name_good(type))
		return;
	fprintf(out, "# TYPE %s %s\n", name, type);
	if (name_good(unit))
		fprintf(out, "# UNIT %s %s\n", name, unit);
	if (*help) {
		fprintf(out, "# HELP %s ", name);
		escaped(out, help);
		fputc('\n', out);
	}
	json_array_foreach(json_object_get(family, "samples"), i, sample)
		write_sample(out, name, !strcmp(type, "counter"), sample);
}

void openmetrics_write(FILE *out, const json_t *families)
{
	const json_t *family;
	size_t i;

	json_array_foreach(families, i, family) write_family(out, family);
	fputs("# EOF\n", out);
}
