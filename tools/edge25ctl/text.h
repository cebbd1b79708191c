/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for people: what came from the server made safe for a terminal, numbers, durations, moments,
 * and the few styles there are.
 */
#ifndef EDGE25CTL_TEXT_H
#define EDGE25CTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define TEXT_NUMBER_MAX 32
#define TEXT_DURATION_MAX 48

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLES };

/* Where and how a page is printed. */
struct screen {
	FILE *out;
	unsigned width; /* columns; 0: no limit */
	bool colour;
	bool utf8; /* else everything beyond ASCII is escaped */
};

/* Standard output: its width, else COLUMNS; colour on a terminal, unless NO_COLOR is set. */
struct screen screen_standard(void);
/* What --color says of it: auto, always, never. False: said on stderr. */
bool screen_colour(struct screen *screen, const char *when);
/*
 * Standard input, output and error are open, or something that cannot be written (read) is in the place
 * of one that is not, so that no socket gets its number. False: not even that.
 */
bool text_outputs_open(void);

/* Prints @text, made safe. */
void screen_safe(const struct screen *screen, enum style style, const char *text);
/*
 * Prints the words of @text, made safe, in lines of the screen's width, and ends the last one. The
 * first begins at @column, where the cursor is, the others after @indent blanks.
 */
void screen_wrap(const struct screen *screen, unsigned indent, unsigned column, const char *text);

/*
 * A copy in which control characters (C0, DEL, C1), bidirectional and invisible ones and bytes that
 * are not UTF-8 are written as \xNN or \uNNNN. free() it; NULL: no memory.
 */
char *text_safe(const char *text, bool utf8);
/* Columns that safe text takes on the terminal. */
unsigned text_columns(const char *safe, bool utf8);
/* Bytes of the longest beginning of safe text that fits @columns. */
size_t text_fit(const char *safe, unsigned columns, bool utf8);

/* "1,204,233" */
const char *text_number(int64_t number, char text[TEXT_NUMBER_MAX]);
/* "3d 4h", "12m 5s", "0s" */
const char *text_duration(int64_t seconds, char text[TEXT_DURATION_MAX]);
/* Seconds since 1970 of "2026-12-01T12:00:00Z"; -1: not such a text. */
time_t text_moment(const char *text);

/* "edge25ctl: ..." on standard error, one line, made safe. */
__attribute__((format(printf, 1, 2))) void text_error(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void text_warning(const char *fmt, ...);

#endif
