/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contents of the range maps and of the allow sets. */
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "rules/elements.h"
#include "rules/fine.h"
#include "rules/sets.h"

struct chains {
	char names[POLICIES_MAX][RULES_NAME_MAX];
};

static void chains_of(const struct plan *plan, struct chains *chains)
{
	memset(chains, 0, sizeof(*chains));
	for (uint32_t i = 0; i < plan->header->policies; i++)
		snprintf(chains->names[plan->policies[i].number], RULES_NAME_MAX, "policy_%s",
			 plan->policies[i].name);
}

static void fill4(struct batch *batch, const char *map, const struct interval4 *intervals,
		  uint32_t count, const struct chains *chains)
{
	struct elements elements;

	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, map);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t first = htobe32(intervals[i].first), last = htobe32(intervals[i].last);

		elements_add_interval(&elements,
				      (struct element){.key = &first,
						       .key_length = 4,
						       .chain = chains->names[intervals[i].policy]},
				      (const uint8_t *)&last);
	}
	elements_close(&elements);
}

static void fill6(struct batch *batch, const char *map, const struct interval6 *intervals,
		  uint32_t count, const struct chains *chains)
{
	struct elements elements;

	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, map);
	for (uint32_t i = 0; i < count; i++)
		elements_add_interval(
			&elements,
			(struct element){.key = intervals[i].first,
					 .key_length = 16,
					 .chain = chains->names[intervals[i].policy[0]]},
			intervals[i].last);
	elements_close(&elements);
}

void set_fill_ranges(struct batch *batch, const struct plan *plan,
		     const struct generations *generations)
{
	struct elements elements;
	struct chains chains;
	char name[RULES_NAME_MAX];

	chains_of(plan, &chains);
	for (uint32_t i = 0; i <= plan->header->places; i++) {
		struct plan_prefixes prefixes = plan_prefixes(plan, i);
		bool place = prefixes.interface != NULL;

		fill4(batch,
		      place ? set_place_name(FAMILY_IPV4, i, generations, name) :
			      set_name(SET_RANGE4, generations, name),
		      prefixes.v4, prefixes.v4_count, &chains);
		fill6(batch,
		      place ? set_place_name(FAMILY_IPV6, i, generations, name) :
			      set_name(SET_RANGE6, generations, name),
		      prefixes.v6, prefixes.v6_count, &chains);
	}
	set_fill_fine(batch, plan, generations);
	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
		      set_name(SET_INTERFACE, generations, name));
	for (uint32_t i = 0; i < plan->header->interfaces; i++)
		if (!interface_wildcard(plan->interfaces[i].name)) /* those are rules */
			elements_add(&elements,
				     &(struct element){
					     .key = plan->interfaces[i].name,
					     .key_length = INTERFACE_MAX,
					     .chain = chains.names[plan->interfaces[i].policy]});
	elements_close(&elements);
}

/* An interval's two elements, attributes and all, without the name of its policy's chain. */
#define LENGTH4 60
#define LENGTH6 84
#define MESSAGES 256        /* such a part of it are the messages around them */
#define OTHERS (256u << 10) /* what else a plan makes, and how far a part goes beyond its end */

size_t set_ranges_length(const struct plan *plan)
{
	const struct plan_header *header = plan->header;
	struct chains chains;
	size_t longest = 0, length;

	chains_of(plan, &chains);
	for (size_t i = 0; i < POLICIES_MAX; i++)
		if (strlen(chains.names[i]) >= longest)
			longest = strlen(chains.names[i]) + 1;
	longest = NLA_ALIGN(longest);
	length = (header->intervals4 + header->place_intervals4) * (LENGTH4 + longest) +
		 (header->intervals6 + header->place_intervals6) * (LENGTH6 + longest);
	return length + length / MESSAGES + OTHERS;
}

/* One allow element as the kernel's one or two. */
static void put_allow(struct elements *elements, const struct allow_element *allow,
		      struct element element)
{
	size_t size = addr_size(allow->family);
	bool from = allow->kind != ALLOW_DESTINATION;
	const uint8_t *first = from ? allow->from_first : allow->to_first;
	const uint8_t *last = from ? allow->from_last : allow->to_last;
	uint8_t key[32], key_end[32];

	if (allow->kind != ALLOW_PAIR && !allow->exact) {
		element.key = first;
		element.key_length = size;
		elements_add_interval(elements, element, last);
		return;
	}
	memcpy(key, first, size);
	memcpy(key_end, last, size);
	element.key = key;
	element.key_length = size;
	if (allow->kind == ALLOW_PAIR) {
		memcpy(key + size, allow->to_first, size);
		memcpy(key_end + size, allow->to_last, size);
		element.key_length = 2 * size;
		if (!allow->exact)
			element.key_end = key_end;
	}
	elements_add(elements, &element);
}

/* The set of one element; of contained IPv6 hosts there is one for each length. */
struct open_set {
	enum set set;
	unsigned length;
};

static struct open_set set_of(const struct allow_element *allow)
{
	struct open_set set = {.set = set_of_allow(allow)};

	if (set.set == SET_CONTAINED6)
		set.length = allow_contained_length(allow);
	return set;
}

/* What people see beside an element. */
static const char *comment_of(const struct allow_element *allow, char comment[32])
{
	if (allow->way == ALLOW_CONTAINED)
		return NULL;
	snprintf(comment, 32, "allow %u", allow->id);
	return allow->id ? comment : "configuration";
}

/* Calls put_allow() for each element, a message for each run of one set. */
static void each_allow(struct batch *batch, const struct allow_element *allows, size_t count,
		       uint16_t type, uint16_t flags, uint64_t now)
{
	struct elements elements = {0};
	struct open_set open = {.set = SETS_EVER};
	char name[RULES_NAME_MAX];

	for (size_t i = 0; i < count; i++) {
		const struct allow_element *allow = &allows[i];
		const struct open_set set = set_of(allow);
		struct element element = {0};
		char comment[32];

		if (type == NFT_MSG_NEWSETELEM) {
			if (allow->expires && allow->expires <= now)
				continue;
			element.timeout = allow->expires ? allow->expires - now : 0;
			element.comment = comment_of(allow, comment);
		}
		if (set.set != open.set || set.length != open.length) {
			elements_close(&elements);
			open = set;
			elements_open(&elements, batch, type, flags,
				      set.length ? set_contained_name(set.length, name) :
						   set_name(set.set, NULL, name));
		}
		put_allow(&elements, allow, element);
	}
	elements_close(&elements);
}

void set_allow_add(struct batch *batch, const struct allow_element *elements, size_t count,
		   uint64_t now)
{
	each_allow(batch, elements, count, NFT_MSG_NEWSETELEM, NLM_F_CREATE, now);
}

void set_allow_delete(struct batch *batch, const struct allow_element *elements, size_t count,
		      bool destroy)
{
	each_allow(batch, elements, count, destroy ? MESSAGE_DESTROY_ELEMENTS : NFT_MSG_DELSETELEM,
		   0, 0);
}
