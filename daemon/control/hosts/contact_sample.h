/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first destinations that one host met within a day, each with its times: evidence for people, and
 * for the tracker where there are too many to know them all. Those of a host are of one family.
 */
#ifndef EDGE25_CONTROL_CONTACT_SAMPLE_H
#define EDGE25_CONTROL_CONTACT_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

#define CONTACTS_SAMPLE 12
#define CONTACTS_KEEP (24 * 60 * 60) /* seconds after which a destination is new again */
#define CONTACT_TRIES_MAX 0x7fff

/* One that the host met early: what it returns to tells a queue from a bot, and it is evidence. */
struct contact {
	struct addr addr;
	bool answered;  /* it completed a handshake */
	uint16_t port;  /* source port, of the first attempt */
	uint16_t tries; /* times that it was asked about, CONTACT_TRIES_MAX at most */
	uint32_t first, last;
};

struct contact_sample {
	uint8_t family, count;
	struct {
		uint8_t address[16];
		uint32_t first, last;
		uint16_t port;
		uint16_t tries : 15;
		uint16_t answered : 1;
	} kept[CONTACTS_SAMPLE];
};

/*
 * Does the host come back to those that did not answer? Of the ones first met @age seconds ago or
 * earlier, or of the sample of them.
 */
struct contact_returns {
	unsigned mature;   /* how many there are */
	unsigned returned; /* ... that were met again CONTACTS_RETURN or more after the first time */
};
#define CONTACTS_RETURN 600 /* seconds: the kernel hides what comes back earlier (remember-for) */

void contact_sample_meet(struct contact_sample *sample, const struct addr *addr, uint16_t port,
			 uint32_t now);
void contact_sample_answer(struct contact_sample *sample, const struct addr *addr);
/* The one at @index, from 0 to count - 1; false: it was not met for a day. */
bool contact_sample_get(const struct contact_sample *sample, unsigned index, uint32_t now,
			struct contact *contact);
struct contact_returns contact_sample_returns(const struct contact_sample *sample, uint32_t now,
					      uint32_t age);

#endif
