// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/contacts.h"

#include <string.h>

_Static_assert(NETWORKS_LISTED >= CONTACTS_EXACT, "each network finds room in a list");

/*
 * A destination: 24 bits of a hash of its network (more a sample of networks does not keep), and what it is
 * in there: the last byte of an IPv4 address, so that those are never confused, or bits of a hash.
 */
static uint64_t mark_of(const struct hash_key *key, const struct addr *addr)
{
	const bool ipv4 = addr->family == FAMILY_IPV4;
	const struct addr network = addr_mask(addr, ipv4 ? 24 : 48);
	const uint64_t high = hash_bytes(key, &network, sizeof(network)) & NETWORK_MARK;
	const uint64_t low = ipv4 ? addr->bytes[3] : hash_bytes(key, addr, sizeof(*addr));

	return high << CONTACT_LOW_BITS | (low & ((1u << CONTACT_LOW_BITS) - 1));
}

static void become_sketch(struct contacts *contacts, uint32_t now)
{
	const struct contact_list list = contacts->list;
	uint32_t marks[NETWORKS_LISTED];
	struct network_list networks;

	memset(&contacts->sketch, 0, sizeof(contacts->sketch));
	memset(&contacts->networks, 0, sizeof(contacts->networks));
	contacts->sketched = true;
	for (unsigned i = 0; i < list.count; i++) {
		uint32_t quiet;
		bool answered;
		const uint64_t mark = contact_list_get(&list, i, now, &quiet, &answered);

		contact_sketch_take(&contacts->sketch, mark, quiet, answered, now);
	}
	contact_list_networks(&list, now, &networks, marks);
	for (unsigned i = 0; i < networks.count; i++)
		networks_take(&contacts->networks, marks[i], &networks.of[i], now);
}

unsigned contacts_meet(struct contacts *contacts, const struct hash_key *key,
		       const struct addr *addr, uint16_t port, uint32_t now)
{
	const uint64_t mark = mark_of(key, addr);

	contact_sample_meet(&contacts->sample, addr, port, now);
	if (!contacts->sketched) {
		int more = contact_list_meet(&contacts->list, mark, now);

		if (more >= 0)
			return (unsigned)more;
		become_sketch(contacts, now);
	}
	networks_meet(&contacts->networks, mark >> CONTACT_LOW_BITS, now);
	return contact_sketch_meet(&contacts->sketch, mark, now);
}

unsigned contacts_answer(struct contacts *contacts, const struct hash_key *key,
			 const struct addr *addr, uint32_t now)
{
	const uint64_t mark = mark_of(key, addr);

	contact_sample_answer(&contacts->sample, addr);
	if (!contacts->sketched)
		return contact_list_answer(&contacts->list, mark);
	networks_answer(&contacts->networks, mark >> CONTACT_LOW_BITS, now);
	return contact_sketch_answer(&contacts->sketch, mark, now);
}

void contacts_count(const struct contacts *contacts, uint32_t now, struct contact_counts *counts,
		    size_t windows)
{
	for (size_t i = 0; i < windows; i++)
		counts[i].servers = counts[i].answered = 0;
	if (contacts->sketched)
		contact_sketch_count(&contacts->sketch, now, counts, windows);
	else
		contact_list_count(&contacts->list, now, counts, windows);
}

struct contact_returns contacts_returns(const struct contacts *contacts, uint32_t now, uint32_t age)
{
	return contacts->sketched ? contact_sample_returns(&contacts->sample, now, age) :
				    contact_list_returns(&contacts->list, now, age);
}

void contacts_networks(const struct contacts *contacts, uint32_t now, struct network_list *list)
{
	uint32_t marks[NETWORKS_LISTED];

	if (contacts->sketched)
		networks_list(&contacts->networks, now, list);
	else
		contact_list_networks(&contacts->list, now, list, marks);
}

void contacts_expire(struct contacts *contacts, uint32_t now)
{
	if (!contacts->sketched) {
		contact_list_expire(&contacts->list, now);
		return;
	}
	networks_expire(&contacts->networks, now);
	if (contact_sketch_expire(&contacts->sketch, now))
		return;
	contacts->sketched = false;
	contacts->list.count = 0;
}
