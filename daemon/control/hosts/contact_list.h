/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The destinations of a host while they are few: each with the times at which it was met first and last,
 * and whether it answered. What its networks did follows from that.
 *
 * A destination is a mark, whose high bits are those of its network; the list is in the order of marks, so
 * that servers of one network lie together. Times are kept in steps (steps.h).
 */
#ifndef EDGE25_CONTROL_CONTACT_LIST_H
#define EDGE25_CONTROL_CONTACT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/hosts/contact_sample.h"
#include "control/hosts/networks.h"

#define CONTACT_LIST_MAX 123
#define CONTACT_LOW_BITS 24 /* those that tell servers of one network apart */

struct contact_list {
	uint32_t mark[CONTACT_LIST_MAX]; /* the high bits */
	uint16_t low[CONTACT_LIST_MAX];
	uint16_t first[CONTACT_LIST_MAX]; /* and a flag: it answered */
	uint16_t last[CONTACT_LIST_MAX];
	uint8_t count;
};

/* Met now: 1 if it is new, 0 if not, -1 if it is one too many. */
int contact_list_meet(struct contact_list *list, uint64_t mark, uint32_t now);
/* It answered: 1 for the first time, or else 0. */
unsigned contact_list_answer(struct contact_list *list, uint64_t mark);

/* Different destinations that were met in the last @seconds, a day at most. */
struct contact_counts {
	uint32_t seconds; /* to be set */
	unsigned servers, answered;
};
/* Adds to @counts. */
void contact_list_count(const struct contact_list *list, uint32_t now,
			struct contact_counts *counts, size_t windows);
struct contact_returns contact_list_returns(const struct contact_list *list, uint32_t now,
					    uint32_t age);
/* The one at @i: its mark, the seconds since it was met last, and whether it answered. */
uint64_t contact_list_get(const struct contact_list *list, unsigned i, uint32_t now,
			  uint32_t *quiet, bool *answered);
/* Their networks, and of each its mark, which is one of theirs without CONTACT_LOW_BITS. */
void contact_list_networks(const struct contact_list *list, uint32_t now,
			   struct network_list *networks, uint32_t marks[NETWORKS_LISTED]);
/* Forgets what was not met for a day; at least every other day. */
void contact_list_expire(struct contact_list *list, uint32_t now);

#endif
