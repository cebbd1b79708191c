/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/fine.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <string.h>

#include "rules/elements.h"

#define HALF 8 /* bytes of a /64, and behind it */

/* Does an interval begin in the middle of a /64, or end there? */
static bool begins_inside(const struct interval6 *interval)
{
	static const uint8_t zero[HALF];

	return memcmp(interval->first + HALF, zero, HALF) != 0;
}

static bool ends_inside(const struct interval6 *interval)
{
	static const uint8_t ones[HALF] = {255, 255, 255, 255, 255, 255, 255, 255};

	return memcmp(interval->last + HALF, ones, HALF) != 0;
}

bool ranges_fine(const struct plan *plan)
{
	for (uint32_t i = 0; i <= plan->header->places; i++) {
		struct plan_prefixes prefixes = plan_prefixes(plan, i);

		for (uint32_t j = 0; j < prefixes.v6_count; j++)
			if (begins_inside(&prefixes.v6[j]) || ends_inside(&prefixes.v6[j]))
				return true;
	}
	return false;
}

/* One that is there already is no error. */
static void put(struct elements *elements, const uint8_t address[2 * HALF])
{
	uint8_t key[2 * HALF] = {0};

	memcpy(key, address, HALF);
	elements_add(elements, &(struct element){.key = key, .key_length = sizeof(key)});
}

void set_fill_fine(struct batch *batch, const struct plan *plan,
		   const struct generations *generations)
{
	struct elements elements;
	char name[RULES_NAME_MAX];

	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
		      set_name(SET_FINE6, generations, name));
	for (uint32_t i = 0; i <= plan->header->places; i++) {
		struct plan_prefixes prefixes = plan_prefixes(plan, i);

		for (uint32_t j = 0; j < prefixes.v6_count; j++) {
			if (begins_inside(&prefixes.v6[j]))
				put(&elements, prefixes.v6[j].first);
			if (ends_inside(&prefixes.v6[j]))
				put(&elements, prefixes.v6[j].last);
		}
	}
	elements_close(&elements);
}
