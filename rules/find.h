/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One element of a set of table inet edge25, by its key, as `nft get element` finds it. */
#ifndef EDGE25_RULES_FIND_H
#define EDGE25_RULES_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/names.h"
#include "rules/netlink.h"

#define FIND_KEY_MAX 32  /* a pair of IPv6 addresses */
#define FIND_DATA_MAX 16 /* a register */

struct found {
	uint8_t first[FIND_KEY_MAX], last[FIND_KEY_MAX]; /* alike where the set has no intervals */
	uint8_t data[FIND_DATA_MAX];                     /* of a map to values */
	size_t data_length;
	int32_t verdict;            /* of a map to verdicts; 0: of none */
	char chain[RULES_NAME_MAX]; /* and where it leads */
	uint64_t left;              /* ms until it ends; 0: it does not */
	char comment[128];
};

/*
 * @flags are NFT_SET_* of the set, @length is that of its keys. Nothing is counted and no token taken
 * by it. -ENOENT: there is none.
 */
int find_element(struct netlink *netlink, const char *set, uint32_t flags, const void *key,
		 size_t length, struct found *found);

#endif
