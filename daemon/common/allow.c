/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "allow.h"

#include <string.h>

#include "policy.h"

_Static_assert(sizeof(struct allow_element) == 80, "travels in plans and messages");

/* An end that was not given is no obstacle; an address without family is no host. */
static bool exact_end(const struct prefix *end)
{
	return !end->addr.family || prefix_is_host(end);
}

enum allow_kind allow_rule_kind(const struct allow_rule *rule)
{
	if (!rule->to.addr.family)
		return ALLOW_SOURCE;
	return rule->from.addr.family ? ALLOW_PAIR : ALLOW_DESTINATION;
}

bool allow_rule_valid(const struct allow_rule *rule)
{
	uint8_t from = rule->from.addr.family, to = rule->to.addr.family;

	if ((from && to && from != to) || (rule->way == ALLOW_WATCHED && !from) ||
	    rule->way > ALLOW_ALWAYS)
		return false;
	return addr_size(from ? from : to) != 0;
}

bool allow_rule_exact(const struct allow_rule *rule)
{
	return allow_rule_valid(rule) && exact_end(&rule->from) && exact_end(&rule->to);
}

bool allow_rule_fine(const struct allow_rule *rule)
{
	return rule->from.addr.family == FAMILY_IPV6 && rule->from.length > 64;
}

static void set_end(uint8_t first[16], uint8_t last[16], const struct addr *addr)
{
	memcpy(first, addr->bytes, sizeof(addr->bytes));
	memcpy(last, addr->bytes, sizeof(addr->bytes));
}

struct allow_element allow_rule_element(const struct allow_rule *rule)
{
	struct allow_element element = {
		.kind = (uint8_t)allow_rule_kind(rule),
		.family = rule->from.addr.family ? rule->from.addr.family : rule->to.addr.family,
		.exact = 1,
		.way = rule->way,
		.id = rule->id,
		.expires = rule->expires,
	};

	set_end(element.from_first, element.from_last, &rule->from.addr);
	set_end(element.to_first, element.to_last, &rule->to.addr);
	return element;
}

const char *allow_way_word(unsigned way)
{
	return way == ALLOW_WATCHED ? "watched" : way == ALLOW_ALWAYS ? "always" : NULL;
}

struct allow_element allow_contained(const struct prefix *host, uint64_t expires)
{
	const struct addr last = prefix_last(host);
	struct allow_element element = {
		.kind = ALLOW_SOURCE,
		.family = host->addr.family,
		.exact = 1,
		.way = ALLOW_CONTAINED,
		.expires = expires,
	};

	memcpy(element.from_first, host->addr.bytes, sizeof(element.from_first));
	memcpy(element.from_last, last.bytes, sizeof(element.from_last));
	return element;
}

unsigned allow_contained_length(const struct allow_element *element)
{
	unsigned length = 0;

	while (length < 8 * addr_size(element->family) &&
	       !((element->from_first[length / 8] ^ element->from_last[length / 8]) &
		 0x80 >> length % 8))
		length++;
	return length;
}

int allow_element_compare(const struct allow_element *a, const struct allow_element *b)
{
	const size_t ends = offsetof(struct allow_element, from_first);
	int order = memcmp(a, b, offsetof(struct allow_element, id));

	if (order)
		return order;
	return memcmp(a->from_first, b->from_first, offsetof(struct allow_element, expires) - ends);
}

static bool zero(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

/* One end of an element: its first and last address, @size bytes used, or none. */
static bool end_valid(const uint8_t first[16], const uint8_t last[16], size_t size, bool exact)
{
	int order = memcmp(first, last, 16);

	return zero(first + size, 16 - size) && zero(last + size, 16 - size) &&
	       (exact ? order == 0 : order <= 0);
}

/* A host as policies have them, and nothing but a host. */
static bool contained_valid(const struct allow_element *element)
{
	struct prefix host = {.addr = {.family = element->family},
			      .length = (uint8_t)allow_contained_length(element)};
	struct allow_element again;

	memcpy(host.addr.bytes, element->from_first, sizeof(host.addr.bytes));
	if (!policy_is_host(&host))
		return false;
	again = allow_contained(&host, element->expires);
	return allow_element_compare(&again, element) == 0 && element->id == 0;
}

bool allow_element_valid(const struct allow_element *element)
{
	size_t size = addr_size(element->family);
	size_t from = element->kind == ALLOW_DESTINATION ? 0 : size;
	size_t to = element->kind == ALLOW_SOURCE ? 0 : size;

	if (element->way == ALLOW_CONTAINED)
		return contained_valid(element);
	return element->kind >= ALLOW_SOURCE && element->kind <= ALLOW_PAIR && size != 0 &&
	       element->exact <= 1 && element->way < ALLOW_CONTAINED &&
	       (element->way != ALLOW_WATCHED || element->kind != ALLOW_DESTINATION) &&
	       end_valid(element->from_first, element->from_last, from, element->exact) &&
	       end_valid(element->to_first, element->to_last, to, element->exact);
}
