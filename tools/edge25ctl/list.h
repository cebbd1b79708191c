/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of which control gives at most LIST_PAGE rows at once. Programs (--csv, --json) get all rows
 * unless --limit says how many; people get a page.
 */
#ifndef EDGE25CTL_LIST_H
#define EDGE25CTL_LIST_H

#include "request.h"

#define LIST_PAGE 1000
#define LIST_KEYS 4

/* What comes first has the larger keys. */
typedef void list_keys(const json_t *row, const char *order, int64_t keys[LIST_KEYS]);

struct list {
	const char *method;
	const char *member; /* of the result: the rows */
	const char *preset; /* the order if none is given */
	const char *order; /* in which pages follow one another, each behind a row of the last one */
	const char *cursor; /* the member of a row to go on behind */
	const char *id;   /* a row that comes again, for it has changed, is the same by this one */
	bool settled;     /* in that order no row comes again */
	uint64_t options; /* that become parameters */
	bool (*more)(const json_t *result); /* is this less than there are? */
	list_keys *keys;
	const char *const *columns; /* as csv_print() takes them */
	request_page *page;
};

/* Asks, and shows what the command line asks for. Consumes @params, which are set besides options. */
enum exit_code list_run(const struct arguments *arguments, const struct screen *screen,
			const struct list *list, json_t *params);

#endif
