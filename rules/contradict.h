/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remembered refusals that an allow entry contradicts: there must be none. */
#ifndef EDGE25_RULES_CONTRADICT_H
#define EDGE25_RULES_CONTRADICT_H

#include "common/allow.h"
#include "rules/picture.h"

struct nlmsghdr;

struct contradiction {
	const struct allow_element *allows; /* sorted by allow_element_compare() */
	size_t count;
	uint64_t now;    /* CLOCK_BOOTTIME, ms */
	const char *set; /* NULL or another than a map of refusals: elements are counted only */
	struct differences *differences;
	size_t *found;
};

/*
 * Does an entry let the pair through, though it is remembered as refused? @key is source and
 * destination. IPv6 sources are remembered by /64: entries finer than that are asked before.
 */
const struct allow_element *contradict(const struct contradiction *contradiction,
				       const uint8_t *key, size_t length);

/* A message of the kernel's dump of the map. */
int contradict_message(const struct nlmsghdr *message, const struct contradiction *contradiction);

#endif
