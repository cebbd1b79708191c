// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "control/names/lease_parse.h"

#define FIELD_BYTES_MAX 256
#define ESCAPE "&#x" /* and two hex digits: a byte that is a comma, '&' or not printable */

enum column {
	COLUMN_ADDRESS,
	COLUMN_HWADDR,
	COLUMN_DUID,
	COLUMN_LIFETIME,
	COLUMN_EXPIRE,
	COLUMN_HOSTNAME,
	COLUMN_STATE,
	COLUMN_TYPE,
	COLUMN_LENGTH,
	COLUMNS
};

static const char *const titles[COLUMNS] = {
	[COLUMN_ADDRESS] = "address",   [COLUMN_HWADDR] = "hwaddr",
	[COLUMN_DUID] = "duid",         [COLUMN_LIFETIME] = "valid_lifetime",
	[COLUMN_EXPIRE] = "expire",     [COLUMN_HOSTNAME] = "hostname",
	[COLUMN_STATE] = "state",       [COLUMN_TYPE] = "lease_type",
	[COLUMN_LENGTH] = "prefix_len",
};

enum { STATE_ASSIGNED = 0, STATE_REGISTERED = 4 };
enum { TYPE_DELEGATED = 2 };
enum { LIFETIME_FOREVER = 0xffffffff };

/* The next field; a row has one more than commas. */
static bool next_field(struct piece *rest, bool *more, struct piece *field)
{
	const char *comma = rest->length ? memchr(rest->text, ',', rest->length) : NULL;

	if (!*more)
		return false;
	*field = *rest;
	*more = comma != NULL;
	if (!comma)
		return true;
	field->length = (size_t)(comma - rest->text);
	rest->length -= field->length + 1;
	rest->text = comma + 1;
	return true;
}

struct header {
	size_t place[COLUMNS]; /* from 1; 0: the file has no such column */
};

static bool read_header(struct piece line, struct header *header)
{
	struct piece field;
	bool more = true;

	memset(header, 0, sizeof(*header));
	for (size_t place = 1; next_field(&line, &more, &field); place++)
		for (size_t i = 0; i < COLUMNS; i++)
			if (piece_is(&field, titles[i]))
				header->place[i] = place;
	return header->place[COLUMN_ADDRESS] && header->place[COLUMN_EXPIRE] &&
	       header->place[COLUMN_HOSTNAME] && header->place[COLUMN_LIFETIME];
}

static size_t unescape(const struct piece *field, char out[FIELD_BYTES_MAX])
{
	const size_t tag = strlen(ESCAPE);
	size_t n = 0;

	for (size_t i = 0; i < field->length && n < FIELD_BYTES_MAX; i++) {
		const char *at = field->text + i;

		if (field->length - i >= tag + 2 && memcmp(at, ESCAPE, tag) == 0 &&
		    hex_value(at[tag]) >= 0 && hex_value(at[tag + 1]) >= 0) {
			out[n++] = (char)(hex_value(at[tag]) << 4 | hex_value(at[tag + 1]));
			i += tag + 1;
		} else {
			out[n++] = *at;
		}
	}
	return n;
}

/* A number that may be missing from the row. */
static bool read_number(const struct piece *field, int64_t preset, int64_t *number)
{
	*number = preset;
	return !field->length || piece_number(field, number) == 0;
}

static bool read_prefix(const struct piece fields[COLUMNS], struct prefix *prefix)
{
	int64_t type, length;

	if (piece_prefix(&fields[COLUMN_ADDRESS], prefix) || !prefix_is_host(prefix) ||
	    !read_number(&fields[COLUMN_TYPE], 0, &type) ||
	    !read_number(&fields[COLUMN_LENGTH], 128, &length))
		return false;
	if (type != TYPE_DELEGATED)
		return true;
	if (prefix->addr.family != FAMILY_IPV6 || length < 0 || length > 128)
		return false;
	*prefix = prefix_of(&prefix->addr, (unsigned)length);
	return true;
}

static void read_mac(const struct piece fields[COLUMNS], struct name_entry *entry)
{
	uint8_t duid[16];
	int size = piece_hex(&fields[COLUMN_DUID], duid, sizeof(duid));

	entry->mac_known = piece_mac(&fields[COLUMN_HWADDR], entry->mac) == 0;
	if (!entry->mac_known && size > 0 && (size_t)size <= sizeof(duid))
		entry->mac_known = duid_mac(duid, (size_t)size, entry->mac);
}

static bool read_row(struct name_table *table, const struct header *header, struct piece line)
{
	struct piece fields[COLUMNS] = {{NULL, 0}}, field;
	struct name_entry entry = {0};
	char name[FIELD_BYTES_MAX];
	int64_t lifetime, state;
	bool more = true;

	for (size_t place = 1; next_field(&line, &more, &field); place++)
		for (size_t i = 0; i < COLUMNS; i++)
			if (header->place[i] == place)
				fields[i] = field;
	if (!fields[COLUMN_HOSTNAME].text || !read_prefix(fields, &entry.prefix) ||
	    piece_number(&fields[COLUMN_EXPIRE], &entry.ends) ||
	    piece_number(&fields[COLUMN_LIFETIME], &lifetime) ||
	    !read_number(&fields[COLUMN_STATE], STATE_ASSIGNED, &state))
		return false;
	entry.gone = !lifetime || (state != STATE_ASSIGNED && state != STATE_REGISTERED);
	if (lifetime == LIFETIME_FOREVER)
		entry.ends = 0;
	read_mac(fields, &entry);
	name_table_add(table, &entry, name, unescape(&fields[COLUMN_HOSTNAME], name));
	return true;
}

void lease_kea(struct name_table *table, const char *text, size_t size)
{
	struct piece rest = {text, size}, line;
	struct header header;

	if (!piece_line(&rest, &line))
		return;
	piece_trim(&line);
	if (!read_header(line, &header)) {
		name_table_misread(table, 1);
		return;
	}
	for (size_t number = 2; piece_line(&rest, &line); number++) {
		piece_trim(&line);
		if (line.length && !read_row(table, &header, line))
			name_table_misread(table, number);
	}
}
