/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists as CSV (RFC 4180): a header, a record a line, CR LF at its end, UTF-8. Columns are what a
 * script relies on: new ones come last.
 */
#ifndef EDGE25CTL_CSV_OUT_H
#define EDGE25CTL_CSV_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Texts that a spreadsheet would run as a formula get an apostrophe in front, which a spreadsheet
 * takes as "this is text". CSV_EXACT leaves them as they are: for files that edge25 reads again.
 */
enum csv_texts { CSV_GUARDED, CSV_EXACT };

/*
 * The header and a record for each object of @rows. @columns, with NULL at the end, are the names of
 * their members: "class", or "by.user" for the member of a member. Null and what is missing are
 * empty; flags are true and false; an array of texts is joined by "; ".
 */
void csv_print(FILE *out, const json_t *rows, const char *const *columns, enum csv_texts texts);
/* Its two parts, for records that come a page at a time. */
void csv_header(FILE *out, const char *const *columns);
void csv_rows(FILE *out, const json_t *rows, const char *const *columns, enum csv_texts texts);

/* One field of a record, quoted if it has to be; what a terminal would obey is escaped. */
void csv_field(FILE *out, const char *text, enum csv_texts texts);

#endif
