// SPDX-License-Identifier: GPL-2.0-or-later
#include "csv_in.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

void csv_in_start(struct csv_in *csv, const char *text, size_t length)
{
	*csv = (struct csv_in){.at = text, .end = text + length};
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		csv->at += 3;
}

void csv_in_end(struct csv_in *csv)
{
	free(csv->scratch);
	csv->scratch = NULL;
}

/* The next line without its end. False: there is none. */
static bool take_line(struct csv_in *csv, const char **line, size_t *length)
{
	const char *end;

	if (csv->at == csv->end)
		return false;
	end = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));
	*line = csv->at;
	csv->at = end ? end + 1 : csv->end;
	*length = (size_t)((end ? end : csv->end) - *line);
	if (*length && (*line)[*length - 1] == '\r')
		--*length;
	csv->line++;
	return true;
}

/* Text that a line of CSV may be made of; @line ends in a NUL. */
static const char *bad_text(const char *line, size_t length)
{
	if (memchr(line, '\0', length))
		return "a NUL byte: is this text?";
	if (memchr(line, '\r', length))
		return "a carriage return within the line";
	while (*line) {
		uint32_t point;
		size_t taken = utf8_next(line, &point);

		if (!taken)
			return "not UTF-8";
		line += taken;
	}
	return NULL;
}

/*
 * Takes the quotes off a field in place: it begins at @from, and *to is where the text goes. Returns what
 * follows the field; NULL: csv->error says what is wrong.
 */
static char *take_quoted(struct csv_in *csv, char *from, char **to)
{
	for (from++; *from; from++) {
		if (*from != '"') {
			*(*to)++ = *from;
		} else if (from[1] == '"') {
			*(*to)++ = *from++;
		} else if (!from[1] || from[1] == ',') {
			return from + 1;
		} else {
			csv->error =
				"text behind the closing quote of a field: write \"\" for a quote";
			return NULL;
		}
	}
	csv->error = "a quote that is not closed in its line";
	return NULL;
}

static char *take_plain(struct csv_in *csv, char *from, char **to)
{
	for (; *from && *from != ','; from++) {
		if (*from == '"') {
			csv->error =
				"a quote within a field: put the whole field in quotes, and write "
				"\"\" for a quote";
			return NULL;
		}
		*(*to)++ = *from;
	}
	return from;
}

/* Cuts the scratch, which holds the line, into fields; they only become shorter. */
static int cut(struct csv_in *csv)
{
	char *from = csv->scratch, *to = csv->scratch;
	bool more = true;

	csv->count = 0;
	while (more) {
		char *const field = to;

		if (csv->count == CSV_FIELDS_MAX) {
			csv->error = "too many fields";
			return -EINVAL;
		}
		from = *from == '"' ? take_quoted(csv, from, &to) : take_plain(csv, from, &to);
		if (!from)
			return -EINVAL;
		more = *from == ',';
		from += more;
		*to++ = '\0'; /* at the latest where the comma was */
		csv->field[csv->count++] = field;
	}
	return 1;
}

int csv_in_next(struct csv_in *csv)
{
	const char *line;
	size_t length;

	do {
		if (!take_line(csv, &line, &length))
			return 0;
	} while (!length);
	if (length >= csv->room) {
		char *scratch = realloc(csv->scratch, length + 1);

		if (!scratch)
			return -ENOMEM;
		csv->scratch = scratch;
		csv->room = length + 1;
	}
	memcpy(csv->scratch, line, length);
	csv->scratch[length] = '\0';
	csv->error = bad_text(csv->scratch, length);
	return csv->error ? -EINVAL : cut(csv);
}
