/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "allow.h"

#include <string.h>

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

	if (from && to && from != to)
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

bool allow_rule_matches(const struct allow_rule *rule, const struct addr *source,
			const struct addr *destination)
{
	if (!rule->from.addr.family && !rule->to.addr.family)
		return false;
	if (rule->from.addr.family && !prefix_contains(&rule->from, source))
		return false;
	return !rule->to.addr.family || prefix_contains(&rule->to, destination);
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
		.id = rule->id,
		.expires = rule->expires,
	};

	set_end(element.from_first, element.from_last, &rule->from.addr);
	set_end(element.to_first, element.to_last, &rule->to.addr);
	return element;
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

bool allow_element_valid(const struct allow_element *element)
{
	size_t size = addr_size(element->family);
	size_t from = element->kind == ALLOW_DESTINATION ? 0 : size;
	size_t to = element->kind == ALLOW_SOURCE ? 0 : size;

	return element->kind >= ALLOW_SOURCE && element->kind <= ALLOW_PAIR && size != 0 &&
	       element->exact <= 1 && element->reserved == 0 &&
	       end_valid(element->from_first, element->from_last, from, element->exact) &&
	       end_valid(element->to_first, element->to_last, to, element->exact);
}
