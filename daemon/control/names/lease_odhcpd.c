// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "control/names/lease_parse.h"

#define NAME_MAX_BYTES 256 /* no host name is longer; what is longer is cut anyhow */
#define BROKEN "broken\\x20"

/* "\xNN" as the byte that it stands for. */
static size_t unescape(struct piece name, char out[NAME_MAX_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < name.length && n < NAME_MAX_BYTES; i++) {
		const char *at = name.text + i;

		if (name.length - i >= 4 && at[0] == '\\' && at[1] == 'x' &&
		    hex_value(at[2]) >= 0 && hex_value(at[3]) >= 0) {
			out[n++] = (char)(hex_value(at[2]) << 4 | hex_value(at[3]));
			i += 3;
		} else {
			out[n++] = *at;
		}
	}
	return n;
}

static void add(struct name_table *table, const struct name_entry *entry, struct piece name)
{
	const size_t broken = strlen(BROKEN);
	char text[NAME_MAX_BYTES];

	if (name.length >= broken && memcmp(name.text, BROKEN, broken) == 0) {
		name.text += broken;
		name.length -= broken;
	}
	name_table_add(table, entry, text, piece_is(&name, "-") ? 0 : unescape(name, text));
}

/* "END ID LENGTH" before the prefixes; -1 stands for never. */
static bool read_end(struct piece *rest, int64_t *ends)
{
	struct piece length, id, end;
	int64_t number;

	if (!piece_last_word(rest, &length) || piece_number(&length, &number) || number < 0 ||
	    number > 128 || !piece_last_word(rest, &id) || !piece_last_word(rest, &end) ||
	    piece_number(&end, ends))
		return false;
	return true;
}

static void read_mac(struct name_entry *entry, const struct piece *id, const struct piece *iaid)
{
	uint8_t duid[16];
	int size = piece_hex(id, duid, sizeof(duid));

	if (piece_is(iaid, "ipv4"))
		entry->mac_known = piece_mac(id, entry->mac) == 0;
	else
		entry->mac_known = size > 0 && (size_t)size <= sizeof(duid) &&
				   duid_mac(duid, (size_t)size, entry->mac);
}

/*
 * From both ends: an old odhcpd writes the name as the client sent it, blanks and all, so it is
 * what remains in the middle. What follows it has no '/' but in the prefixes.
 */
static bool read_lease(struct name_table *table, struct piece rest)
{
	struct piece interface, id, iaid, name, left, prefixes, word;
	struct name_entry entry = {0};
	bool understood = true;

	if (!piece_word(&rest, &word) || !piece_word(&rest, &interface) ||
	    !piece_word(&rest, &id) || !piece_word(&rest, &iaid))
		return false;
	left = rest;
	do {
		name = left;
	} while (piece_last_word(&left, &word) && memchr(word.text, '/', word.length));
	prefixes.text = name.text + name.length;
	prefixes.length = (size_t)(rest.text + rest.length - prefixes.text);
	if (!read_end(&name, &entry.ends))
		return false;
	entry.gone = entry.ends == 0;
	entry.ends = entry.ends < 0 ? 0 : entry.ends;
	read_mac(&entry, &id, &iaid);
	piece_trim(&name);
	while (piece_word(&prefixes, &word)) {
		if (piece_prefix(&word, &entry.prefix))
			understood = false;
		else
			add(table, &entry, name);
	}
	return understood;
}

void lease_odhcpd(struct name_table *table, const char *text, size_t size)
{
	struct piece rest = {text, size}, line;

	for (size_t number = 1; piece_line(&rest, &line); number++) {
		struct piece words = line, first;

		/* The lines for a hosts file say nothing that those with a '#' do not. */
		if (!piece_word(&words, &first) || !piece_is(&first, "#"))
			continue;
		if (!read_lease(table, line))
			name_table_misread(table, number);
	}
}
