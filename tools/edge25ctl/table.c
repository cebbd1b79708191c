// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* blanks between columns */
#define ELLIPSIS "..."
#define SQUEEZED 8 /* columns, for a cell that may shrink where nothing else can be left out */

struct table {
	const struct column *columns;
	size_t count;
	char **cells; /* row by row */
	size_t used;
	size_t room;
	bool utf8;
	bool failed;
};

struct table *table_new(const struct column *columns, size_t count, bool utf8)
{
	struct table *table = count && count <= TABLE_COLUMNS_MAX ? calloc(1, sizeof(*table)) :
								    NULL;

	if (!table)
		return NULL;
	table->columns = columns;
	table->count = count;
	table->utf8 = utf8;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->used; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

void table_add(struct table *table, const char *text)
{
	char *cell;

	if (!table || table->failed)
		return;
	if (table->used == table->room) {
		size_t room = table->room ? 2 * table->room : 8 * table->count;
		char **cells = reallocarray(table->cells, room, sizeof(*cells));

		table->failed = !cells;
		if (!cells)
			return;
		table->cells = cells;
		table->room = room;
	}
	cell = text_safe(text, table->utf8);
	table->failed = !cell;
	if (cell)
		table->cells[table->used++] = cell;
}

void table_add_number(struct table *table, int64_t number)
{
	char text[TEXT_NUMBER_MAX];

	table_add(table, text_number(number, text));
}

void table_add_duration(struct table *table, int64_t seconds)
{
	char text[TEXT_DURATION_MAX];

	table_add(table, text_duration(seconds, text));
}

static unsigned natural_width(const struct table *table, size_t column)
{
	unsigned title = (unsigned)strlen(table->columns[column].title), width = 0;

	for (size_t i = column; i < table->used; i += table->count) {
		unsigned cell = text_columns(table->cells[i], table->utf8);

		width = cell > width ? cell : width;
	}
	if (!width && table->columns[column].optional)
		return 0;
	return width > title ? width : title;
}

static unsigned total_width(const struct table *table, const unsigned *widths, unsigned indent)
{
	unsigned total = indent;

	for (size_t i = 0; i < table->count; i++)
		total += widths[i] ? widths[i] + GAP : 0;
	return total - GAP;
}

static unsigned least_width(const struct column *column, bool squeeze)
{
	if (!column->shrink || column->whole)
		return UINT_MAX;
	return squeeze && column->shrink > SQUEEZED ? SQUEEZED : column->shrink;
}

/* Takes @excess away from the columns that may shrink, the widest first. What is left over. */
static unsigned shrink(const struct table *table, unsigned *widths, unsigned excess, bool squeeze)
{
	while (excess) {
		size_t widest = table->count;

		for (size_t i = 0; i < table->count; i++)
			if (widths[i] && widths[i] > least_width(&table->columns[i], squeeze) &&
			    (widest == table->count || widths[i] > widths[widest]))
				widest = i;
		if (widest == table->count)
			break;
		widths[widest]--;
		excess--;
	}
	return excess;
}

static bool drop(const struct table *table, unsigned *natural)
{
	size_t last = table->count;

	for (size_t i = 0; i < table->count; i++) {
		if (natural[i] && table->columns[i].drop &&
		    (last == table->count || table->columns[i].drop > table->columns[last].drop))
			last = i;
	}
	if (last == table->count)
		return false;
	natural[last] = 0;
	return true;
}

/* The last column but the first goes, whatever it is: a line that the terminal breaks is no table. */
static bool cut(const struct table *table, unsigned *widths)
{
	for (size_t i = table->count; i-- > 1;) {
		if (!widths[i])
			continue;
		widths[i] = 0;
		return true;
	}
	return false;
}

/* Columns are cut, and left out as long as that is not enough. False: it does not fit. */
static bool fit_by(const struct table *table, unsigned *widths, unsigned indent, unsigned width,
		   bool squeeze)
{
	unsigned natural[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < table->count; i++)
		natural[i] = natural_width(table, i);
	do {
		unsigned total;

		memcpy(widths, natural, table->count * sizeof(*widths));
		total = total_width(table, widths, indent);
		if (!width || total <= width || !shrink(table, widths, total - width, squeeze))
			return true;
	} while (drop(table, natural));
	return false;
}

/* Columns with width 0 are left out. False: one that must be whole has no room. */
static bool fit(const struct table *table, unsigned *widths, unsigned indent, unsigned width)
{
	if (fit_by(table, widths, indent, width, false) ||
	    fit_by(table, widths, indent, width, true))
		return true;
	for (size_t i = 0; i < table->count; i++)
		if (table->columns[i].whole && widths[i])
			return false;
	while (total_width(table, widths, indent) > width && cut(table, widths))
		;
	return true;
}

/* "ID 1, FROM 100.64.3.7, COMMENT ticket 42", a row after the other, in as many lines as it takes. */
static int print_records(const struct table *table, const struct screen *screen, unsigned indent)
{
	for (size_t i = 0; i < table->used; i += table->count) {
		char *text = NULL;
		size_t size;
		FILE *row = open_memstream(&text, &size);

		if (!row)
			return -ENOMEM;
		for (size_t column = 0; column < table->count; column++)
			if (*table->cells[i + column])
				fprintf(row, "%s%s %s", column ? ", " : "",
					table->columns[column].title, table->cells[i + column]);
		if (fclose(row) == 0) {
			fprintf(screen->out, "%*s", (int)indent, "");
			screen_wrap(screen, indent + GAP, indent, text);
		}
		free(text);
	}
	return 0;
}

static void print_cell(const struct screen *screen, const struct column *column, const char *text,
		       unsigned width, bool last)
{
	unsigned columns = text_columns(text, screen->utf8);
	int pad = columns < width ? (int)(width - columns) : 0;

	if (columns > width) {
		size_t bytes = text_fit(text, width - strlen(ELLIPSIS), screen->utf8);

		fprintf(screen->out, "%.*s" ELLIPSIS, (int)bytes, text);
	} else if (column->right) {
		fprintf(screen->out, "%*s%s", pad, "", text);
	} else {
		fprintf(screen->out, "%s%*s", text, last ? 0 : pad, "");
	}
	fprintf(screen->out, "%*s", last ? 0 : GAP, "");
}

int table_print(const struct table *table, const struct screen *screen, unsigned indent)
{
	unsigned widths[TABLE_COLUMNS_MAX];
	size_t last = 0;

	if (!table || table->failed)
		return -ENOMEM;
	if (!fit(table, widths, indent, screen->width))
		return print_records(table, screen, indent);
	for (size_t i = 0; i < table->count; i++)
		last = widths[i] ? i : last;
	fprintf(screen->out, "%*s%s", (int)indent, "", screen->colour ? "\033[2m" : "");
	for (size_t i = 0; i <= last; i++) {
		if (widths[i])
			print_cell(screen, &table->columns[i], table->columns[i].title, widths[i],
				   i == last);
	}
	fputs(screen->colour ? "\033[0m" : "", screen->out);
	for (size_t i = 0; i < table->used; i++) {
		size_t column = i % table->count;

		if (column == 0)
			fprintf(screen->out, "\n%*s", (int)indent, "");
		if (widths[column])
			print_cell(screen, &table->columns[column], table->cells[i], widths[column],
				   column == last);
	}
	fputc('\n', screen->out);
	return 0;
}
