// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/allow/allow_name.h"

bool allow_name_unknown(const struct control *control, const struct allow_entry *entry)
{
	const struct destination_name *name;

	if (!entry->to_name)
		return false;
	name = destination_names_find(allowlist_names(control->allowlist), entry->to_name);
	return !name || !name->count;
}

static bool any_fit(const struct resolver_part *part)
{
	for (size_t i = 0; i < part->count; i++)
		if (destination_address_fit(&part->addresses[i]))
			return true;
	return false;
}

const char *allow_name_unusable(const struct resolver_answer *answer)
{
	if (answer->v4.outcome == RESOLVER_FAILED || answer->v6.outcome == RESOLVER_FAILED ||
	    any_fit(&answer->v4) || any_fit(&answer->v6))
		return NULL;
	if (answer->v4.count || answer->v6.count)
		return "has no address in DNS that may be a mail server's";
	if (answer->v4.no_such_name && answer->v6.no_such_name)
		return "is no name that DNS knows";
	return "has no address in DNS";
}

bool allow_name_silent(const struct resolver_answer *answer)
{
	return !answer ||
	       (answer->v4.outcome != RESOLVER_FOUND && answer->v6.outcome != RESOLVER_FOUND);
}

void allow_name_warn(const struct control *control, const struct allow_entry *entry, bool silent,
		     json_t *warnings)
{
	const struct destination_name *name;

	if (!entry->to_name)
		return;
	name = destination_names_find(allowlist_names(control->allowlist), entry->to_name);
	if (silent)
		json_array_append_new(
			warnings,
			json_sprintf("DNS did not answer for %s (%s): this entry matches nothing "
				     "until it does",
				     entry->to_name,
				     name && name->problem ? name->problem : "in time"));
	else if (!allowlist_says(control->allowlist, entry))
		json_array_append_new(
			warnings,
			json_sprintf("%s has no address of the family of the source: this entry "
				     "matches nothing",
				     entry->to_name));
	if (name && name->full)
		json_array_append_new(warnings,
				      json_sprintf("%s has more than %d addresses: only those "
						   "count",
						   entry->to_name, NAME_ADDRESSES_MAX));
}
