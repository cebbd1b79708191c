// SPDX-License-Identifier: GPL-2.0-or-later
#include "allow_pages.h"

#include <string.h>

#include "field.h"

#define PAGE 5000 /* the most that control sends at once */

/* Where the next page begins: behind an id nothing is lost when entries come and go meanwhile. */
static void move_on(json_t *params, const json_t *entries, bool by_id)
{
	const json_t *last = json_array_get(entries, json_array_size(entries) - 1);
	const int64_t offset = json_integer_value(json_object_get(params, "offset"));

	if (by_id && json_is_integer(json_object_get(last, "id"))) {
		json_object_set(params, "after", json_object_get(last, "id"));
		json_object_del(params, "offset");
		return;
	}
	json_object_set_new(params, "offset",
			    json_integer(offset + (json_int_t)json_array_size(entries)));
}

enum exit_code allow_pages(const struct arguments *arguments, json_t *params, int64_t limit,
			   allow_pages_each *each, void *ctx, json_t **result)
{
	const char *order = json_string_value(json_object_get(params, "order"));
	const bool by_id = !order || strcmp(order, "id") == 0;
	bool more = true;
	struct rpc rpc;
	enum exit_code code = request_open(arguments, ACCESS_READ, &rpc);

	while (code == EXIT_OK && more) {
		const int64_t page = limit >= 0 && limit < PAGE ? limit : PAGE;
		json_t *reply, *entries;
		const json_t *entry;
		size_t i;

		json_object_set_new(params, "limit", json_integer(page));
		code = request_call(&rpc, "allow.list", json_incref(params), &reply);
		if (code != EXIT_OK)
			break;
		entries = json_object_get(reply, "entries");
		json_array_foreach(entries, i, entry) if (more && each(ctx, entry)) more = false;
		if (limit >= 0)
			limit -= (int64_t)json_array_size(entries);
		more = more && limit && json_array_size(entries) == (size_t)page;
		if (more)
			move_on(params, entries, by_id);
		json_object_del(reply, "entries");
		if (result && !*result)
			*result = json_incref(reply);
		json_decref(reply);
	}
	rpc_close(&rpc);
	json_decref(params);
	return code;
}
