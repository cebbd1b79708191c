// SPDX-License-Identifier: GPL-2.0-or-later
#include "methods.h"
#include "times.h"

json_t *string_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

json_t *time_or_null(int64_t seconds)
{
	char text[TIME_TEXT_MAX];

	return seconds ? json_string(time_format(seconds, text)) : json_null();
}

static json_t *side_json(const struct prefix *side)
{
	char text[PREFIX_TEXT_MAX];

	return side->addr.family ? json_string(prefix_format(side, text)) : json_null();
}

json_t *entry_json(const struct allow_entry *entry, int64_t now)
{
	const bool stored = entry->id != 0;
	json_t *object = json_object();

	json_object_set_new(object, "id", stored ? json_integer(entry->id) : json_null());
	if (!stored)
		json_object_set_new(object, "name", string_or_null(entry->name));
	json_object_set_new(object, "from", side_json(&entry->from));
	json_object_set_new(object, "to", side_json(&entry->to));
	json_object_set_new(object, "expires", time_or_null(entry->expires));
	json_object_set_new(object, "remaining",
			    entry->expires ?
				    json_integer(entry->expires > now ? entry->expires - now : 0) :
				    json_null());
	json_object_set_new(object, "comment", string_or_null(entry->comment));
	json_object_set_new(object, "watched", json_boolean(entry->way == ALLOW_WATCHED));
	json_object_set_new(object, "always", json_boolean(entry->way == ALLOW_ALWAYS));
	json_object_set_new(object, "origin", json_string(stored ? "socket" : "configuration"));
	json_object_set_new(object, "added", time_or_null(entry->added));
	json_object_set_new(object, "by",
			    stored ? json_pack("{s:I, s:s?}", "uid", (json_int_t)entry->uid, "user",
					       entry->user) :
				     json_null());
	return object;
}
