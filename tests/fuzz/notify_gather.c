/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents as control would send them, one a line, until the command's document is made of them. */
#include <string.h>

#include "fuzz.h"
#include "tools/edge25-notify/gather.h"

static const struct wanted wanted = {.changes = CHANGES_PRESET, .class = {"suspect"}, .classes = 1};

/* One line, ASCII, and JSON that says how many it is about. */
static void check(const struct notice *notice)
{
	json_t *document = json_loadb(notice->text, notice->length, JSON_ALLOW_NUL, NULL);

	require(json_is_object(document));
	for (size_t i = 0; i + 1 < notice->length; i++)
		require(notice->text[i] >= ' ' && notice->text[i] < 0x7f);
	require(notice->text[notice->length - 1] == '\n');
	require(notice->count >= 1 && notice->upto >= 1);
	if (notice->digest)
		require(json_array_size(json_object_get(document, "incidents")) +
				(size_t)json_integer_value(json_object_get(document, "left_out")) ==
			notice->count);
	else
		require(strspn(notice->item.host, "0123456789abcdefABCDEF.:/") ==
			strlen(notice->item.host));
	json_decref(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gather *gather = gather_new(&wanted, 2);
	struct told told = {0};
	int64_t done = 0;

	while (gather && size) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;
		json_t *document = json_loadb((const char *)data, length, JSON_ALLOW_NUL, NULL);
		struct notice notice;

		gather_add(gather, &told, document);
		json_decref(document);
		/* A line that is no JSON: the command runs. */
		if (!document && gather_count(gather) &&
		    gather_take(gather, &told, (unsigned)length, 0, &notice) == 0) {
			check(&notice);
			notice_free(&notice);
		}
		require(gather_done(gather) >= done);
		done = gather_done(gather);
		length += end != NULL;
		data += length;
		size -= length;
	}
	told_free(&told);
	gather_free(gather);
	return 0;
}
