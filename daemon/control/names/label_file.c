// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/names/lease_parse.h"

/* Without its comment. */
static struct piece without_comment(struct piece line)
{
	for (size_t i = 0; i < line.length; i++) {
		if (line.text[i] == '#' &&
		    (i == 0 || line.text[i - 1] == ' ' || line.text[i - 1] == '\t')) {
			line.length = i;
			break;
		}
	}
	return line;
}

static bool read_label(struct name_table *table, struct piece rest)
{
	struct name_entry entry = {0};
	struct piece prefix;

	if (!piece_word(&rest, &prefix))
		return true; /* blank, or a comment alone */
	piece_trim(&rest);
	if (!rest.length || piece_prefix(&prefix, &entry.prefix))
		return false;
	name_table_add(table, &entry, rest.text, rest.length);
	return true;
}

void label_file(struct name_table *table, const char *text, size_t size)
{
	struct piece rest = {text, size}, line;
	size_t number = 1;

	for (; piece_line(&rest, &line); number++)
		if (!read_label(table, without_comment(line)))
			name_table_misread(table, number);
	if (!read_label(table, without_comment(rest)))
		name_table_misread(table, number);
}
