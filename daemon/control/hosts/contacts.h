/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The destinations of one host within a day, in memory of one size: how many different ones in any
 * window, which of them answered, whether it comes back to them, their networks, and a sample of the
 * first.
 *
 * Up to CONTACTS_EXACT each is known (contact_list.h), by a keyed hash of its network and, within that, by
 * the last byte of an IPv4 address or a hash of an IPv6 one, 24 bits each: one in a million has one too few
 * in IPv4; in IPv6 one in 4000 that meet 90 servers in one /48. Beyond that the same memory holds a sketch
 * of them (contact_sketch.h) and a sample of their networks (networks.h). It goes back to exact counting
 * when nothing was met for a day.
 *
 * Time: seconds of one clock that does not go back; contacts_expire() must be called at least every other
 * day.
 */
#ifndef EDGE25_CONTROL_CONTACTS_H
#define EDGE25_CONTROL_CONTACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/hash.h"
#include "control/hosts/contact_list.h"
#include "control/hosts/contact_sample.h"
#include "control/hosts/contact_sketch.h"
#include "control/hosts/networks.h"

#define CONTACTS_EXACT CONTACT_LIST_MAX
#define CONTACTS_MOST SKETCH_MOST

struct contacts {
	bool sketched;
	union {
		struct contact_list list;
		struct {
			struct contact_sketch sketch;
			struct networks networks;
		};
	};
	struct contact_sample sample;
};

/* Met now: the number of new destinations to add (of a sketch 0, or more than one). */
unsigned contacts_meet(struct contacts *contacts, const struct hash_key *key,
		       const struct addr *addr, uint16_t port, uint32_t now);
/* It answered: the number of destinations to add to those that did for the first time in a day. */
unsigned contacts_answer(struct contacts *contacts, const struct hash_key *key,
			 const struct addr *addr, uint32_t now);

void contacts_count(const struct contacts *contacts, uint32_t now, struct contact_counts *counts,
		    size_t windows);
struct contact_returns contacts_returns(const struct contacts *contacts, uint32_t now,
					uint32_t age);
void contacts_networks(const struct contacts *contacts, uint32_t now, struct network_list *list);

/* Forgets what was not met for a day. */
void contacts_expire(struct contacts *contacts, uint32_t now);

#endif
