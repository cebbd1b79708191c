/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(struct addr) == 17, "travels in messages");
_Static_assert(ADDR_TEXT_MAX == INET6_ADDRSTRLEN, "inet_ntop(3) writes that much");

size_t addr_size(uint8_t family)
{
	switch (family) {
	case FAMILY_IPV4:
		return 4;
	case FAMILY_IPV6:
		return 16;
	default:
		return 0;
	}
}

unsigned addr_bits(uint8_t family)
{
	return (unsigned)addr_size(family) * 8;
}

int addr_parse(const char *text, struct addr *addr)
{
	struct addr parsed = {0};

	if (inet_pton(AF_INET, text, parsed.bytes) == 1)
		parsed.family = FAMILY_IPV4;
	else if (inet_pton(AF_INET6, text, parsed.bytes) == 1)
		parsed.family = FAMILY_IPV6;
	else
		return -EINVAL;
	*addr = parsed;
	return 0;
}

const char *addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX])
{
	int family = addr->family == FAMILY_IPV4 ? AF_INET : AF_INET6;

	if (!addr_size(addr->family) || !inet_ntop(family, addr->bytes, text, ADDR_TEXT_MAX))
		snprintf(text, ADDR_TEXT_MAX, "-");
	return text;
}

struct addr addr_from_wire(uint8_t family, const uint8_t *wire)
{
	struct addr addr = {.family = family};

	memcpy(addr.bytes, wire, addr_size(family));
	return addr;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

struct addr addr_next(const struct addr *addr)
{
	struct addr next = *addr;

	for (size_t i = addr_size(addr->family); i > 0; i--)
		if (++next.bytes[i - 1])
			return next;
	return (struct addr){0};
}

struct addr addr_previous(const struct addr *addr)
{
	struct addr previous = *addr;

	for (size_t i = addr_size(addr->family); i > 0; i--)
		if (previous.bytes[i - 1]--)
			return previous;
	return (struct addr){0};
}

/* The bits of byte @index that belong to a prefix of @length bits. */
static uint8_t byte_mask(unsigned length, size_t index)
{
	size_t before = index * 8;

	if (length >= before + 8)
		return 0xff;
	if (length <= before)
		return 0;
	return (uint8_t)(0xff00u >> (length - before));
}

struct addr addr_mask(const struct addr *addr, unsigned length)
{
	struct addr masked = *addr;

	for (size_t i = 0; i < sizeof(masked.bytes); i++)
		masked.bytes[i] &= byte_mask(length, i);
	return masked;
}

/* One to three digits without a leading zero; more digits are a length that is too long. */
static int parse_length(const char *text, unsigned longest, uint8_t *length)
{
	size_t digits = strspn(text, "0123456789");
	unsigned value = 0;

	if (digits == 0 || text[digits] || (digits > 1 && text[0] == '0'))
		return -EINVAL;
	if (digits > 3)
		return -ERANGE;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	if (value > longest)
		return -ERANGE;
	*length = (uint8_t)value;
	return 0;
}

int prefix_parse(const char *text, struct prefix *prefix)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char host[ADDR_TEXT_MAX];
	struct prefix parsed;
	struct addr addr;
	int err;

	if (length >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	err = addr_parse(host, &addr);
	if (err)
		return err;
	parsed.length = (uint8_t)addr_bits(addr.family);
	if (slash)
		err = parse_length(slash + 1, parsed.length, &parsed.length);
	if (err)
		return err;
	parsed.addr = addr_mask(&addr, parsed.length);
	*prefix = parsed;
	return addr_equal(&parsed.addr, &addr) ? 0 : -EDOM;
}

const char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	size_t used;

	addr_format(&prefix->addr, text);
	if (!prefix->addr.family || prefix_is_host(prefix))
		return text;
	used = strlen(text);
	snprintf(text + used, PREFIX_TEXT_MAX - used, "/%u", prefix->length);
	return text;
}

struct prefix prefix_of(const struct addr *addr, unsigned length)
{
	unsigned bits = addr_bits(addr->family);

	if (length > bits)
		length = bits;
	return (struct prefix){.addr = addr_mask(addr, length), .length = (uint8_t)length};
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	struct addr masked = addr_mask(addr, prefix->length);

	return addr_size(addr->family) && addr_equal(&prefix->addr, &masked);
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->length <= inner->length && prefix_contains(outer, &inner->addr);
}

bool prefix_overlap(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length && addr_equal(&a->addr, &b->addr);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order = addr_compare(&a->addr, &b->addr);

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

bool prefix_is_host(const struct prefix *prefix)
{
	unsigned bits = addr_bits(prefix->addr.family);

	return bits && prefix->length == bits;
}

struct addr prefix_last(const struct prefix *prefix)
{
	struct addr last = prefix->addr;

	for (size_t i = 0; i < addr_size(last.family); i++)
		last.bytes[i] |= (uint8_t)~byte_mask(prefix->length, i);
	return last;
}
