// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/names/lease_parse.h"

/* Of 2001; what is less is a duration, and since when, nobody says. */
#define EARLIEST_END 1000000000

/* "06-00:11:..." is no Ethernet address; "01-" may stand before one. */
static bool ethernet(struct piece word, uint8_t mac[6])
{
	if (word.length > 3 && word.text[2] == '-') {
		if (word.text[0] != '0' || word.text[1] != '1')
			return false;
		word.text += 3;
		word.length -= 3;
	}
	return piece_mac(&word, mac) == 0;
}

/* False: no lease. */
static bool read_lease(struct name_table *table, struct piece line)
{
	struct piece end, link, address, name, client;
	struct name_entry entry = {0};
	uint8_t duid[16];

	if (!piece_word(&line, &end) || !piece_word(&line, &link) || !piece_word(&line, &address) ||
	    !piece_word(&line, &name) || !piece_word(&line, &client))
		return false;
	if (piece_number(&end, &entry.ends) || entry.ends < 0 ||
	    piece_prefix(&address, &entry.prefix) || !prefix_is_host(&entry.prefix))
		return false;
	if (entry.ends < EARLIEST_END)
		entry.ends = 0;
	if (entry.prefix.addr.family == FAMILY_IPV4) {
		entry.mac_known = ethernet(link, entry.mac);
	} else {
		int size = piece_hex(&client, duid, sizeof(duid));

		entry.mac_known = size > 0 && (size_t)size <= sizeof(duid) &&
				  duid_mac(duid, (size_t)size, entry.mac);
	}
	name_table_add(table, &entry, name.text, piece_is(&name, "*") ? 0 : name.length);
	return true;
}

void lease_dnsmasq(struct name_table *table, const char *text, size_t size)
{
	struct piece rest = {text, size}, line;

	for (size_t number = 1; piece_line(&rest, &line); number++) {
		struct piece words = line, first;

		if (!piece_word(&words, &first) || piece_is(&first, "duid"))
			continue;
		if (!read_lease(table, line))
			name_table_misread(table, number);
	}
}
