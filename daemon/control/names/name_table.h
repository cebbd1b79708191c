/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one file says about addresses: filled in by a parser, then closed and only read. Pure.
 * Of several entries for one prefix the last one counts, as in the journals of DHCP servers.
 */
#ifndef EDGE25_CONTROL_NAME_TABLE_H
#define EDGE25_CONTROL_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

struct name_entry {
	struct prefix prefix;
	uint8_t mac[6];
	bool mac_known;
	bool gone;    /* released or free: what was said of the prefix before does not count */
	int64_t ends; /* seconds since 1970, UTC; 0: never, or not known */
};

struct name_table;

/* Keeps @max entries at most. NULL: no memory. */
struct name_table *name_table_new(size_t max);
void name_table_free(struct name_table *table);

/*
 * @name: @length bytes as the file has them, made safe here; 0: none. Without memory the entry is
 * left out, and the table says so.
 */
void name_table_add(struct name_table *table, const struct name_entry *entry, const char *name,
		    size_t length);
/* Something in the file that the parser did not understand; @line: from 1, 0: not known. */
void name_table_misread(struct name_table *table, size_t line);
/* No more is added; look-ups may begin. 0 or -ENOMEM. */
int name_table_close(struct name_table *table);

/*
 * The entry of the longest prefix that holds @addr and has not ended at @now (seconds), or NULL;
 * @name: its name, "" for none.
 */
const struct name_entry *name_table_find(const struct name_table *table, const struct addr *addr,
					 int64_t now, const char **name);
/* Of the entries with a name and this MAC address that have not ended, the one that ends last. */
const struct name_entry *name_table_by_mac(const struct name_table *table, const uint8_t mac[6],
					   int64_t now, const char **name);

/* Entry @index in the order of the prefixes. */
const struct name_entry *name_table_at(const struct name_table *table, size_t index,
				       const char **name);
size_t name_table_count(const struct name_table *table);
/* Entries that had no room. */
uint64_t name_table_left_out(const struct name_table *table);
/* How often name_table_misread() was called, and with which line first. */
uint64_t name_table_misreads(const struct name_table *table, size_t *first);

#endif
