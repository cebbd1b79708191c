/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds whatever a lease file says. */
#ifndef EDGE25_FUZZ_LEASE_H
#define EDGE25_FUZZ_LEASE_H

#include <string.h>

#include "common/utf8.h"
#include "control/names/lease_parse.h"
#include "control/names/name_text.h"
#include "fuzz.h"

#define FUZZ_ENTRIES 16 /* few, so that small inputs fill a table */

/* Any JSON takes it, no terminal obeys it. */
static inline void require_clean(const char *name)
{
	require(strlen(name) < NAME_TEXT_MAX);
	while (*name) {
		uint32_t point;
		size_t length = utf8_next(name, &point);

		require(length > 0 && !utf8_hostile(point));
		name += length;
	}
}

static inline int fuzz_lease(lease_parser *parse, const uint8_t *data, size_t size)
{
	struct name_table *table = name_table_new(FUZZ_ENTRIES);
	char *text = malloc(size ? size : 1); /* exactly that long */
	const struct name_entry *entry, *before = NULL;
	const char *name;

	if (!table || !text)
		goto out;
	if (size)
		memcpy(text, data, size);
	parse(table, text, size);
	if (name_table_close(table))
		goto out;
	require(name_table_count(table) <= FUZZ_ENTRIES);
	for (size_t i = 0; i < name_table_count(table); i++, before = entry) {
		entry = name_table_at(table, i, &name);
		require_clean(name);
		require(!entry->gone);
		require(!before || prefix_compare(&before->prefix, &entry->prefix) < 0);
		require(prefix_contains(&entry->prefix, &entry->prefix.addr));
		if (prefix_is_host(&entry->prefix) && !entry->ends)
			require(name_table_find(table, &entry->prefix.addr, 0, &name) == entry);
		if (*name && entry->mac_known)
			require(name_table_by_mac(table, entry->mac, entry->ends - 1, &name) !=
				NULL);
	}
out:
	free(text);
	name_table_free(table);
	return 0;
}

#endif
