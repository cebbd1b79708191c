/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CSV (RFC 4180), record by record: UTF-8, perhaps with a byte order mark, lines that end in CR LF or LF, fields
 * in quotes where they have to be. No field goes over the end of a line. Pure: text comes in.
 */
#ifndef EDGE25CTL_CSV_IN_H
#define EDGE25CTL_CSV_IN_H

#include <stddef.h>
#include <stdint.h>

#define CSV_FIELDS_MAX 32

struct csv_in {
	const char *at, *end;
	uint64_t line; /* of the record, from 1 */
	char *scratch; /* its fields, one after the other */
	size_t room;
	const char *field[CSV_FIELDS_MAX]; /* until the next record */
	size_t count;
	const char *error; /* what is wrong with it, in words */
};

/* @text must live on; csv_in_end() in any case. */
void csv_in_start(struct csv_in *csv, const char *text, size_t length);
void csv_in_end(struct csv_in *csv);
/*
 * The next record; empty lines are passed over. 1, or 0 at the end, or -EINVAL with csv->error (the next call
 * goes on with the next line), or -ENOMEM.
 */
int csv_in_next(struct csv_in *csv);

#endif
