/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/contradict.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "rules/contents.h"
#include "rules/element_read.h"

/*
 * A change of boxes begins a new, empty map of refusals, so a contradiction would be a fault of ours
 * in every one of them: a million boxes beside each of 65,000 refusals need not be looked at.
 */
#define BOXES 256

struct pair {
	const struct contradiction *contradiction;
	enum family family;
	const uint8_t *source;
	const uint8_t *destination;
	size_t size;
};

static bool within(const uint8_t *address, const uint8_t *first, const uint8_t *last, size_t size)
{
	return memcmp(address, first, size) >= 0 && memcmp(address, last, size) <= 0;
}

/* The whole /64 that is remembered, for IPv6. */
static bool source_within(const struct pair *pair, const struct allow_element *allow)
{
	uint8_t last[16];

	memcpy(last, pair->source, pair->size);
	if (pair->family == FAMILY_IPV6)
		memset(last + 8, 0xff, 8);
	return within(pair->source, allow->from_first, allow->from_last, pair->size) &&
	       memcmp(last, allow->from_last, pair->size) <= 0;
}

static bool covers(const struct pair *pair, const struct allow_element *allow)
{
	if (allow->expires && allow->expires <= pair->contradiction->now)
		return false;
	return (allow->kind == ALLOW_DESTINATION || source_within(pair, allow)) &&
	       (allow->kind == ALLOW_SOURCE ||
		within(pair->destination, allow->to_first, allow->to_last, pair->size));
}

/* The first element behind all those that come before @wanted or are it. */
static size_t behind(const struct contradiction *contradiction, const struct allow_element *wanted)
{
	size_t low = 0, high = contradiction->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (allow_element_compare(&contradiction->allows[middle], wanted) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Of one end, elements are disjoint: only the last that begins at or before the address can cover
 * it. Boxes of pairs overlap in one of their ends: BOXES of those that begin before are looked at.
 */
static const struct allow_element *find(const struct pair *pair, enum allow_kind kind,
					enum allow_way way, bool exact)
{
	struct allow_element wanted = {.kind = (uint8_t)kind,
				       .family = (uint8_t)pair->family,
				       .exact = exact,
				       .way = (uint8_t)way};
	const struct allow_element *allows = pair->contradiction->allows;
	size_t at;

	if (kind != ALLOW_DESTINATION) {
		memcpy(wanted.from_first, pair->source, pair->size);
		memset(wanted.from_last, 0xff, pair->size);
		if (exact)
			memcpy(wanted.from_last, pair->source, pair->size);
	}
	if (kind != ALLOW_SOURCE) {
		memcpy(wanted.to_first, pair->destination, pair->size);
		memset(wanted.to_last, 0xff, pair->size);
		if (exact)
			memcpy(wanted.to_last, pair->destination, pair->size);
	}
	at = behind(pair->contradiction, &wanted);
	for (int boxes = 0; at > 0 && boxes < BOXES; at--, boxes++) {
		const struct allow_element *allow = &allows[at - 1];

		if (allow->kind != kind || allow->family != pair->family || allow->exact != exact ||
		    allow->way != way)
			return NULL;
		if (covers(pair, allow))
			return allow;
		if (kind != ALLOW_PAIR || exact)
			return NULL;
	}
	return NULL;
}

const struct allow_element *contradict(const struct contradiction *contradiction,
				       const uint8_t *key, size_t length)
{
	const struct pair pair = {
		.contradiction = contradiction,
		.family = length == 8 ? FAMILY_IPV4 : FAMILY_IPV6,
		.source = key,
		.destination = key + length / 2,
		.size = length / 2,
	};

	if (length != 8 && length != 32)
		return NULL;
	for (enum allow_kind kind = ALLOW_SOURCE; kind <= ALLOW_PAIR; kind++)
		for (enum allow_way way = ALLOW_FREE; way < ALLOW_CONTAINED; way++)
			for (int exact = 0; exact < 2; exact++) {
				const struct allow_element *allow = find(&pair, kind, way, exact);

				if (allow)
					return allow;
			}
	return NULL;
}

static int look(const struct nlattr *element, void *arg)
{
	const struct contradiction *contradiction = arg;
	const struct element_view view = element_read(element);
	const struct allow_element *allow;
	struct message_item item = {.kind = MESSAGE_ELEMENT, .problem = MESSAGE_UNEXPECTED};
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], text[160];
	int family = view.key_length == 8 ? AF_INET : AF_INET6;

	++*contradiction->found;
	if (!contradiction->set || strncmp(contradiction->set, "refused", 7) != 0)
		return 0;
	allow = contradict(contradiction, view.key, view.key_length);
	if (!allow)
		return 0;
	snprintf(item.name, sizeof(item.name), "%s", contradiction->set);
	snprintf(text, sizeof(text), "%s . %s, remembered as refused against allow entry %u",
		 inet_ntop(family, view.key, source, sizeof(source)),
		 inet_ntop(family, view.key + view.key_length / 2, destination,
			   sizeof(destination)),
		 allow->id);
	differences_add(contradiction->differences, &item, NULL, text);
	return 0;
}

int contradict_message(const struct nlmsghdr *message, const struct contradiction *contradiction)
{
	return elements_each(message, look, (void *)(uintptr_t)contradiction);
}
