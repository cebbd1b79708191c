// SPDX-License-Identifier: GPL-2.0-or-later
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "csv_out.h"
#include "field.h"
#include "number.h"
#include "params.h"

/* One listing: the rows from @skip on, and no more than @limit. */
struct listing {
	const struct arguments *arguments;
	const struct screen *screen;
	const struct list *list;
	const char *order;
	int64_t skip, limit;
	json_t *rows; /* by their id */
	bool printed; /* as they came: they are kept nowhere */
};

struct row {
	json_t *row;
	int64_t keys[LIST_KEYS];
	size_t place; /* in the order of the pages */
};

static int by_keys(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	for (size_t i = 0; i < LIST_KEYS; i++)
		if (one->keys[i] != other->keys[i])
			return one->keys[i] > other->keys[i] ? -1 : 1;
	return (one->place > other->place) - (one->place < other->place);
}

/* Rows as a list, in the order that was asked for. NULL: no memory. */
static json_t *sorted(const struct listing *listing)
{
	const size_t count = json_object_size(listing->rows);
	struct row *rows = calloc(count + 1, sizeof(*rows));
	json_t *list = rows ? json_array() : NULL, *row;
	const char *id;
	size_t i = 0;

	json_object_foreach(listing->rows, id, row)
	{
		if (!list)
			break;
		rows[i].row = row;
		rows[i].place = i;
		listing->list->keys(row, listing->order, rows[i++].keys);
	}
	if (list)
		qsort(rows, count, sizeof(*rows), by_keys);
	for (i = 0; list && i < count; i++)
		json_array_append(list, rows[i].row);
	free(rows);
	return list;
}

/* True: something was cut off behind the last one. */
static bool cut(const struct listing *listing, json_t *rows)
{
	const int64_t count = (int64_t)json_array_size(rows);
	const int64_t skip = listing->skip < count ? listing->skip : count;
	const bool cuts = count - skip > listing->limit;
	json_t *kept = json_array();

	for (int64_t i = skip; i < count && i - skip < listing->limit; i++)
		json_array_append(kept, json_array_get(rows, (size_t)i));
	json_array_clear(rows);
	json_array_extend(rows, kept);
	json_decref(kept);
	return cuts;
}

static void print_rows(struct listing *listing, json_t *rows)
{
	const int64_t count = (int64_t)json_array_size(rows);

	cut(listing, rows);
	listing->skip -= listing->skip < count ? listing->skip : count;
	listing->limit -= (int64_t)json_array_size(rows);
	csv_rows(listing->screen->out, rows, listing->list->columns, CSV_GUARDED);
}

static void keep_rows(struct listing *listing, const json_t *rows)
{
	const bool csv = listing->arguments->option[OPTION_CSV];
	const char *id = listing->list->id;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		char number[32];
		const json_t *value = json_object_get(row, id);

		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		if (csv)
			json_object_del(row, "evidence"); /* the largest part, and no column */
		json_object_set(listing->rows,
				json_is_integer(value) ? number : field_text(row, id), row);
	}
}

/* Page after page from the beginning. */
static enum exit_code gather(struct listing *listing, struct rpc *rpc, json_t *params)
{
	const struct list *list = listing->list;
	bool more = true;

	json_object_set_new(params, "order", json_string(list->order));
	while (more && (!listing->printed || listing->limit > 0)) {
		json_t *result, *rows, *last;
		enum exit_code code = request_call(rpc, list->method, json_incref(params), &result);

		if (code != EXIT_OK)
			return code;
		rows = json_object_get(result, list->member);
		last = json_array_get(rows, json_array_size(rows) - 1);
		more = last && list->more(result);
		json_object_set(params, "after", json_object_get(last, list->cursor));
		if (listing->printed)
			print_rows(listing, rows);
		else
			keep_rows(listing, rows);
		json_decref(result);
	}
	return EXIT_OK;
}

static enum exit_code show(struct listing *listing, json_t *result, json_t *rows)
{
	const bool cuts = cut(listing, rows);

	json_object_set(result, listing->list->member, rows);
	if (json_object_get(result, "more"))
		json_object_set_new(result, "more", json_boolean(cuts));
	request_show_list(listing->arguments, listing->screen, result, listing->list->page,
			  listing->list->member, listing->list->columns);
	return EXIT_OK;
}

/* More than control gives at once: @result is the first page, in the order that was asked for. */
static enum exit_code run_pages(struct listing *listing, struct rpc *rpc, json_t *params,
				json_t *result)
{
	const struct list *list = listing->list;
	enum exit_code code;
	json_t *rows;

	listing->printed = listing->arguments->option[OPTION_CSV] && list->settled &&
			   !strcmp(listing->order, list->order);
	if (listing->printed)
		csv_header(listing->screen->out, list->columns);
	listing->rows = json_object();
	code = gather(listing, rpc, params);
	if (code == EXIT_OK && !listing->printed) {
		rows = sorted(listing);
		if (rows) {
			code = show(listing, result, rows);
		} else {
			text_error("no memory");
			code = EXIT_TROUBLE;
		}
		json_decref(rows);
	}
	json_decref(listing->rows);
	return code;
}

/* All rows, or more of them than control gives at once. */
static enum exit_code run_whole(struct listing *listing, struct rpc *rpc, json_t *params)
{
	json_t *result;
	enum exit_code code;

	json_object_set_new(params, "limit", json_integer(LIST_PAGE));
	json_object_del(params, "offset");
	code = request_call(rpc, listing->list->method, json_incref(params), &result);
	if (code != EXIT_OK)
		return code;
	if (listing->list->more(result))
		code = run_pages(listing, rpc, params, result);
	else
		code = show(listing, result, json_object_get(result, listing->list->member));
	json_decref(result);
	return code;
}

static enum exit_code run_page(const struct listing *listing, struct rpc *rpc, json_t *params)
{
	const struct list *list = listing->list;
	json_t *result;
	enum exit_code code = request_call(rpc, list->method, json_incref(params), &result);

	if (code == EXIT_OK)
		request_show_list(listing->arguments, listing->screen, result, list->page,
				  list->member, list->columns);
	json_decref(result);
	return code;
}

enum exit_code list_run(const struct arguments *arguments, const struct screen *screen,
			const struct list *list, json_t *params)
{
	const bool machine = arguments->option[OPTION_CSV] || arguments->option[OPTION_JSON];
	struct listing listing = {.arguments = arguments, .screen = screen, .list = list};
	enum exit_code code = EXIT_TROUBLE;
	json_t *order = NULL; /* params get another one */
	json_int_t limit, skip;
	struct rpc rpc;

	if (number_option(arguments, OPTION_LIMIT, machine ? INT64_MAX : 1, &limit) &&
	    number_option(arguments, OPTION_OFFSET, 0, &skip) &&
	    params_set(arguments, list->options, params)) {
		if (!json_object_get(params, "order"))
			json_object_set_new(params, "order", json_string(list->preset));
		order = json_incref(json_object_get(params, "order"));
		listing.order = json_string_value(order);
		listing.limit = limit;
		listing.skip = skip;
		code = request_open(arguments, ACCESS_READ, &rpc);
		if (code == EXIT_OK)
			code = limit > LIST_PAGE ? run_whole(&listing, &rpc, params) :
						   run_page(&listing, &rpc, params);
		rpc_close(&rpc);
	}
	json_decref(order);
	json_decref(params);
	return code;
}
