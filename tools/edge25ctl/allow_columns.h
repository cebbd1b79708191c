/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of a CSV file of allow entries: its header, and records as entries. */
#ifndef EDGE25CTL_ALLOW_COLUMNS_H
#define EDGE25CTL_ALLOW_COLUMNS_H

#include <jansson.h>
#include <stddef.h>

#include "csv_in.h"

enum allow_column {
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_EXPIRES,
	COLUMN_COMMENT,
	COLUMN_WATCHED,
	COLUMN_ALWAYS,
	COLUMNS
};

struct allow_columns {
	enum allow_column column[CSV_FIELDS_MAX]; /* in the file's order */
	size_t count;
};

/* "from", "to", ... */
const char *allow_column_name(enum allow_column column);
/* From the record that is the header. 0 or -EINVAL with words. */
int allow_columns_read(struct allow_columns *columns, const struct csv_in *csv, char *error,
		       size_t size);
/* A record as allow.import takes it, with its line; NULL: @error has words. */
json_t *allow_columns_entry(const struct allow_columns *columns, const struct csv_in *csv,
			    char *error, size_t size);

#endif
