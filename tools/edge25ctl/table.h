/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables that fit the screen: columns shrink, then those that matter least are left out. */
#ifndef EDGE25CTL_TABLE_H
#define EDGE25CTL_TABLE_H

#include "text.h"

#define TABLE_COLUMNS_MAX 16

struct column {
	const char *title;
	bool right;      /* numbers */
	unsigned shrink; /* may be cut to so many columns before others go, ending in "..."; 0: no */
	unsigned drop;   /* left out when there is no room, highest first; 0: never */
	bool optional;   /* left out where all its cells are empty */
	bool whole;      /* never cut: where there is no room for it rows are printed in words */
};

struct table;

/* @columns, 1 to TABLE_COLUMNS_MAX, must live on. NULL: no memory (the others accept that). */
struct table *table_new(const struct column *columns, size_t count, bool utf8);
void table_free(struct table *table);

/* The next cell, row by row; what is in @text is made safe. */
void table_add(struct table *table, const char *text);
void table_add_number(struct table *table, int64_t number);
void table_add_duration(struct table *table, int64_t seconds);

/* 0, or -ENOMEM if a cell could not be kept. */
int table_print(const struct table *table, const struct screen *screen, unsigned indent);

#endif
