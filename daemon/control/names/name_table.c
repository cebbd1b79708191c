// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/names/name_table.h"
#include "control/names/name_text.h"

struct row {
	struct name_entry entry;
	uint32_t order; /* in the file */
	uint32_t name;  /* in the texts; 0: none */
};

struct name_table {
	struct row *rows;   /* as they come; sorted, each prefix once, after a sift */
	uint32_t *by_mac;   /* rows with name and MAC, in the order of the MAC; after the close */
	char *texts;        /* NUL-terminated, one after the other; the first is "" */
	size_t count, room; /* of rows */
	size_t texts_size, texts_room;
	size_t mac_count;
	size_t max;
	uint32_t next_order;
	bool has4[33], has6[129]; /* is there an entry of this length? */
	uint64_t left_out, misreads;
	size_t first_misread;
};

struct name_table *name_table_new(size_t max)
{
	struct name_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->max = max;
	table->texts = calloc(1, 1);
	table->texts_size = table->texts_room = 1;
	if (!table->texts) {
		free(table);
		return NULL;
	}
	return table;
}

void name_table_free(struct name_table *table)
{
	if (!table)
		return;
	free(table->rows);
	free(table->by_mac);
	free(table->texts);
	free(table);
}

/* --- filling in --- */

/* 0: no memory. */
static uint32_t add_text(struct name_table *table, const char *text)
{
	size_t size = strlen(text) + 1, at = table->texts_size;

	if (at + size > UINT32_MAX)
		return 0;
	if (at + size > table->texts_room) {
		size_t room = (at + size) * 2;
		char *texts = realloc(table->texts, room);

		if (!texts)
			return 0;
		table->texts = texts;
		table->texts_room = room;
	}
	memcpy(table->texts + at, text, size);
	table->texts_size += size;
	return (uint32_t)at;
}

static int by_prefix(const void *a, const void *b)
{
	const struct row *p = a, *q = b;
	int order = prefix_compare(&p->entry.prefix, &q->entry.prefix);

	return order ? order : (p->order > q->order) - (p->order < q->order);
}

/* The texts of the rows that are left, without those of rows that are not. */
static int pack_texts(struct name_table *table)
{
	size_t size = 1;
	char *texts;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].name)
			size += strlen(table->texts + table->rows[i].name) + 1;
	texts = malloc(size);
	if (!texts)
		return -ENOMEM;
	texts[0] = '\0';
	table->texts_room = size;
	size = 1;
	for (size_t i = 0; i < table->count; i++) {
		struct row *row = &table->rows[i];
		size_t length = strlen(table->texts + row->name) + 1;

		if (!row->name)
			continue;
		memcpy(texts + size, table->texts + row->name, length);
		row->name = (uint32_t)size;
		size += length;
	}
	free(table->texts);
	table->texts = texts;
	table->texts_size = size;
	return 0;
}

/* Sorts the rows and keeps the last of each prefix; beyond @max the highest addresses go. */
static int sift(struct name_table *table)
{
	size_t kept = 0;

	if (table->count)
		qsort(table->rows, table->count, sizeof(*table->rows), by_prefix);
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		bool last = i + 1 == table->count ||
			    !prefix_equal(&row->entry.prefix, &row[1].entry.prefix);

		if (last && !row->entry.gone)
			table->rows[kept++] = *row;
	}
	if (kept > table->max) {
		table->left_out += kept - table->max;
		kept = table->max;
	}
	table->count = kept;
	return pack_texts(table);
}

/* Room for one more row. A journal has several of each prefix, so twice what is kept is held. */
static int make_room(struct name_table *table)
{
	size_t most = 2 * table->max, room;
	struct row *rows;

	if (table->count < table->room)
		return 0;
	if (table->count >= most)
		return sift(table);
	room = table->room ? table->room * 2 : 64;
	if (room > most)
		room = most;
	rows = reallocarray(table->rows, room, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	table->rows = rows;
	table->room = room;
	return 0;
}

void name_table_add(struct name_table *table, const struct name_entry *entry, const char *name,
		    size_t length)
{
	char text[NAME_TEXT_MAX];
	struct row row = {.entry = *entry, .order = table->next_order};

	if (make_room(table)) {
		table->left_out++;
		return;
	}
	if (!entry->gone && length && *name_clean(name, length, text)) {
		row.name = add_text(table, text);
		if (!row.name) {
			table->left_out++;
			return;
		}
	}
	table->next_order++;
	table->rows[table->count++] = row;
}

void name_table_misread(struct name_table *table, size_t line)
{
	if (!table->misreads++)
		table->first_misread = line;
}

/* --- closing --- */

/* qsort(3) hands no table on, so what is sorted has its key beside it. */
struct mac_row {
	uint8_t mac[6];
	uint32_t row;
};

static int by_mac(const void *a, const void *b)
{
	const struct mac_row *p = a, *q = b;

	return memcmp(p->mac, q->mac, sizeof(p->mac));
}

static int index_macs(struct name_table *table)
{
	struct mac_row *sorted = calloc(table->count + 1, sizeof(*sorted));
	size_t count = 0;

	table->by_mac = calloc(table->count + 1, sizeof(*table->by_mac));
	if (!sorted || !table->by_mac) {
		free(sorted);
		return -ENOMEM;
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		if (!row->name || !row->entry.mac_known)
			continue;
		memcpy(sorted[count].mac, row->entry.mac, sizeof(sorted[count].mac));
		sorted[count++].row = (uint32_t)i;
	}
	qsort(sorted, count, sizeof(*sorted), by_mac);
	for (size_t i = 0; i < count; i++)
		table->by_mac[i] = sorted[i].row;
	table->mac_count = count;
	free(sorted);
	return 0;
}

int name_table_close(struct name_table *table)
{
	struct row *rows;

	if (sift(table))
		return -ENOMEM;
	rows = reallocarray(table->rows, table->count ? table->count : 1, sizeof(*rows));
	if (rows) {
		table->rows = rows;
		table->room = table->count ? table->count : 1;
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct prefix *prefix = &table->rows[i].entry.prefix;

		if (prefix->addr.family == FAMILY_IPV4)
			table->has4[prefix->length] = true;
		else
			table->has6[prefix->length] = true;
	}
	return index_macs(table);
}

/* --- looking up --- */

static const struct row *row_of(const struct name_table *table, const struct prefix *prefix)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = prefix_compare(&table->rows[middle].entry.prefix, prefix);

		if (!order)
			return &table->rows[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool holds(const struct name_entry *entry, int64_t now)
{
	return !entry->ends || entry->ends > now;
}

const struct name_entry *name_table_find(const struct name_table *table, const struct addr *addr,
					 int64_t now, const char **name)
{
	const bool *has = addr->family == FAMILY_IPV4 ? table->has4 : table->has6;

	if (!addr_size(addr->family))
		return NULL;
	for (unsigned length = addr_bits(addr->family) + 1; length-- > 0;) {
		struct prefix prefix;
		const struct row *row;

		if (!has[length])
			continue;
		prefix = prefix_of(addr, length);
		row = row_of(table, &prefix);
		if (row && holds(&row->entry, now)) {
			*name = table->texts + row->name;
			return &row->entry;
		}
	}
	return NULL;
}

/* "Never" is later than any end. */
static bool later(int64_t a, int64_t b)
{
	return b && (!a || a > b);
}

const struct name_entry *name_table_by_mac(const struct name_table *table, const uint8_t mac[6],
					   int64_t now, const char **name)
{
	const struct row *best = NULL;
	size_t low = 0, high = table->mac_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct row *row = &table->rows[table->by_mac[middle]];

		if (memcmp(row->entry.mac, mac, 6) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < table->mac_count; low++) {
		const struct row *row = &table->rows[table->by_mac[low]];

		if (memcmp(row->entry.mac, mac, 6) != 0)
			break;
		if (holds(&row->entry, now) && (!best || later(row->entry.ends, best->entry.ends)))
			best = row;
	}
	if (!best)
		return NULL;
	*name = table->texts + best->name;
	return &best->entry;
}

const struct name_entry *name_table_at(const struct name_table *table, size_t index,
				       const char **name)
{
	*name = table->texts + table->rows[index].name;
	return &table->rows[index].entry;
}

size_t name_table_count(const struct name_table *table)
{
	return table->count;
}

uint64_t name_table_left_out(const struct name_table *table)
{
	return table->left_out;
}

uint64_t name_table_misreads(const struct name_table *table, size_t *first)
{
	*first = table->first_misread;
	return table->misreads;
}
