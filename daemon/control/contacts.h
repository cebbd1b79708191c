/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The destinations of one host within a day, in memory of one size: how many different ones in any
 * window, which of them answered, whether it comes back to them, and a sample of the first.
 *
 * Up to CONTACTS_EXACT destinations each is known (by 32 bits of a keyed hash: 96 of them are one
 * too few in a run of a million). Beyond that the same memory is a sketch: CONTACTS_CELLS cells with
 * the time at which a destination of that cell was last met, counted by linear counting (Whang,
 * Vander-Zanden, Taylor 1990): of m cells with the share v still empty, n = -m ln v, with a standard
 * error of sqrt(m (e^t - t - 1)) / n, t = n / m. For m = 432: 3.5 % at 100, 5.4 % at 1000, 12 % at
 * 2000; about CONTACTS_MOST is as much as it can tell. A destination counts as new when its cell is
 * empty, with the weight m / (empty cells): on average as often as new ones come (Ting 2014). It goes
 * back to exact counting when nothing was met for a day.
 *
 * Time: seconds of one clock that does not go back, kept in steps (steps.h): contacts_expire() must be
 * called at least every other day.
 */
#ifndef EDGE25_CONTROL_CONTACTS_H
#define EDGE25_CONTROL_CONTACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "networks.h"

#define CONTACTS_EXACT 96
#define CONTACTS_CELLS 432
#define CONTACTS_MOST 2620 /* 432 ln 432 */
#define CONTACTS_SAMPLE 12
#define CONTACTS_KEEP (24 * 60 * 60) /* seconds after which a destination is new again */

/* One that the host met early: what it returns to tells a queue from a bot, and it is evidence. */
struct contact {
	struct addr addr;
	bool answered;  /* it completed a handshake */
	uint16_t port;  /* source port, of the first attempt */
	uint16_t tries; /* times that it was asked about */
	uint32_t first, last;
};

struct contacts {
	uint16_t count; /* of exact entries */
	bool sketched;
	uint8_t samples;
	float part; /* of a new destination that was not told yet */
	float part_answered;
	union {
		struct {
			uint32_t mark[CONTACTS_EXACT];
			uint16_t first[CONTACTS_EXACT], last[CONTACTS_EXACT];
			uint8_t flags[CONTACTS_EXACT];
		} exact;
		uint16_t cells[CONTACTS_CELLS];
	};
	struct networks networks;
	struct contact sample[CONTACTS_SAMPLE];
};

/* A destination by the tracker's keyed hashes. */
struct contact_hash {
	uint64_t address, network;
};

/* Met now: the number of new destinations to add (of a sketch 0, or more than one). */
unsigned contacts_meet(struct contacts *contacts, const struct addr *addr, uint16_t port,
		       struct contact_hash hash, uint32_t now);
/* It answered: the number of destinations to add to those that did for the first time in a day. */
unsigned contacts_answer(struct contacts *contacts, const struct addr *addr,
			 struct contact_hash hash, uint32_t now);

/* Different destinations, and those that answered, met in the last @seconds, a day at most. */
unsigned contacts_servers(const struct contacts *contacts, uint32_t now, uint32_t seconds);
unsigned contacts_answered(const struct contacts *contacts, uint32_t now, uint32_t seconds);

/*
 * Does the host come back to those that did not answer? Of the ones first met @age seconds ago or
 * earlier, or of the sample of them.
 */
struct contact_returns {
	unsigned mature;   /* how many there are */
	unsigned returned; /* ... that were met again CONTACTS_RETURN or more after the first time */
};
#define CONTACTS_RETURN 600 /* seconds: the kernel hides what comes back earlier (remember-for) */
struct contact_returns contacts_returns(const struct contacts *contacts, uint32_t now,
					uint32_t age);

/* Forgets what was not met for a day. */
void contacts_expire(struct contacts *contacts, uint32_t now);

#endif
