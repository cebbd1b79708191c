// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/allow/allowlist.h"
#include "control/allow/name_clock.h"
#include "control/config/times.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

static const char *const origins[] = {"socket", "configuration", NULL};

const struct rpc_field entry_fields[] = {
	FIELD("id", SHAPE_NUMBER, FIELD_NULL, "null for an entry of the configuration"),
	FIELD("name", SHAPE_TEXT, FIELD_OPTIONAL, "of its section in the configuration"),
	FIELD("from", SHAPE_TEXT, FIELD_NULL, "source, an address or prefix; null for any"),
	FIELD("to", SHAPE_TEXT, FIELD_NULL,
	      "destination, an address, prefix or name; null for any"),
	FIELD("addresses", SHAPE_TEXT, FIELD_LIST | FIELD_OPTIONAL,
	      "of a name: what it stands for now"),
	FIELD("addresses_since", SHAPE_TIME, FIELD_NULL | FIELD_OPTIONAL,
	      "since when it does; null while nothing is known of it"),
	FIELD("resolved", SHAPE_TIME, FIELD_NULL | FIELD_OPTIONAL,
	      "when DNS last answered for it; null for never since the start"),
	FIELD("expires", SHAPE_TIME, FIELD_NULL, "null for never"),
	FIELD("remaining", SHAPE_NUMBER, FIELD_NULL, "seconds until then"),
	FIELD("comment", SHAPE_TEXT, 0, ""),
	FIELD("watched", SHAPE_FLAG, 0, "the source is guarded rather than free"),
	FIELD("always", SHAPE_FLAG, 0, "lets through also what is contained"),
	FIELD_WORD("origin", 0, origins, ""),
	FIELD("added", SHAPE_TIME, FIELD_NULL, "null for an entry of the configuration"),
	FIELD_OF("by", FIELD_NULL, by_fields, "who added it"),
	FIELD("hits", SHAPE_NUMBER, 0, "packets that it was found for"),
	FIELD("used", SHAPE_TIME, FIELD_NULL,
	      "when it last was, to within read-interval; null for never"),
	FIELD_END,
};

json_t *number_json(uint64_t value)
{
	return json_integer((json_int_t)value);
}

json_t *string_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

json_t *time_or_null(int64_t seconds)
{
	char text[TIME_TEXT_MAX];

	return seconds ? json_string(time_format(seconds, text)) : json_null();
}

json_t *side_or_null(const struct prefix *side)
{
	char text[PREFIX_TEXT_MAX];

	return side->addr.family ? json_string(prefix_format(side, text)) : json_null();
}

/* What the name of an entry stands for; of an entry that is gone, what it did. */
static void name_json(const struct allowlist *list, const struct allow_entry *entry, json_t *object)
{
	const struct destination_name *name =
		destination_names_find(allowlist_names(list), entry->to_name);
	const bool known = name && (name->answered || name->count);
	json_t *addresses = json_array();

	for (size_t i = 0; name && i < name->count; i++) {
		char text[ADDR_TEXT_MAX];

		json_array_append_new(addresses,
				      json_string(addr_format(&name->addresses[i].addr, text)));
	}
	json_object_set_new(object, "addresses", addresses);
	json_object_set_new(object, "addresses_since",
			    known ? time_or_null(name_time(name->since)) : json_null());
	json_object_set_new(object, "resolved",
			    name && name->answered ? time_or_null(name_time(name->answer_time)) :
						     json_null());
}

json_t *entry_json(const struct allowlist *list, const struct allow_entry *entry, int64_t now)
{
	const bool stored = entry->id != 0;
	json_t *object = json_object();

	json_object_set_new(object, "id", stored ? json_integer(entry->id) : json_null());
	if (!stored)
		json_object_set_new(object, "name", string_or_null(entry->name));
	json_object_set_new(object, "from", side_or_null(&entry->from));
	json_object_set_new(object, "to",
			    entry->to_name ? json_string(entry->to_name) :
					     side_or_null(&entry->to));
	if (entry->to_name)
		name_json(list, entry, object);
	json_object_set_new(object, "expires", time_or_null(entry->expires));
	json_object_set_new(object, "remaining",
			    entry->expires ?
				    json_integer(entry->expires > now ? entry->expires - now : 0) :
				    json_null());
	json_object_set_new(object, "comment", json_string(entry->comment ? entry->comment : ""));
	json_object_set_new(object, "watched", json_boolean(entry->way == ALLOW_WATCHED));
	json_object_set_new(object, "always", json_boolean(entry->way == ALLOW_ALWAYS));
	json_object_set_new(object, "origin", json_string(stored ? "socket" : "configuration"));
	json_object_set_new(object, "added", time_or_null(entry->added));
	json_object_set_new(object, "by",
			    stored ? json_pack("{s:I, s:s?}", "uid", (json_int_t)entry->uid, "user",
					       entry->user) :
				     json_null());
	json_object_set_new(object, "hits", json_integer((json_int_t)entry->hits));
	json_object_set_new(object, "used", time_or_null(entry->used));
	return object;
}
