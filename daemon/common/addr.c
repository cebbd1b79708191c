/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "addr.h"

#include <arpa/inet.h>
#include <endian.h>
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

/*
 * Four numbers as inet_pton(3) takes them, and what stands behind them; NULL where there are none. Lists
 * of a million prefixes are read with it.
 */
static const char *parse_dotted(const char *text, uint8_t bytes[4])
{
	for (size_t i = 0; i < 4; i++) {
		unsigned value, digit;

		if (i && *text++ != '.')
			return NULL;
		value = (unsigned)*text - '0';
		if (value > 9)
			return NULL;
		while ((digit = (unsigned)*++text - '0') <= 9) {
			value = value ? value * 10 + digit : 256; /* no zero leads */
			if (value > 255)
				return NULL;
		}
		bytes[i] = (uint8_t)value;
	}
	return text;
}

int addr_parse(const char *text, struct addr *addr)
{
	struct addr parsed = {.family = FAMILY_IPV4};
	const char *rest = parse_dotted(text, parsed.bytes);

	if (!rest || *rest) {
		parsed.family = FAMILY_IPV6;
		if (inet_pton(AF_INET6, text, parsed.bytes) != 1)
			return -EINVAL;
	}
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

static uint64_t half(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return be64toh(value);
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	uint64_t first = a->family, second = b->family;

	if (first == second) {
		first = half(a->bytes);
		second = half(b->bytes);
	}
	if (first == second) {
		first = half(a->bytes + 8);
		second = half(b->bytes + 8);
	}
	return (first > second) - (first < second);
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

/* The first @length bits of 64, or all. */
static uint64_t ones(unsigned length)
{
	return length >= 64 ? UINT64_MAX : ~(UINT64_MAX >> length);
}

static void mask_half(uint8_t *bytes, unsigned length)
{
	uint64_t value = htobe64(half(bytes) & ones(length));

	memcpy(bytes, &value, sizeof(value));
}

struct addr addr_mask(const struct addr *addr, unsigned length)
{
	struct addr masked = *addr;

	mask_half(masked.bytes, length);
	mask_half(masked.bytes + 8, length > 64 ? length - 64 : 0);
	return masked;
}

/* One to three digits without a leading zero; more digits are a length that is too long. */
static int parse_length(const char *text, unsigned longest, uint8_t *length)
{
	size_t digits = 0;
	unsigned value = 0;

	for (; text[digits] >= '0' && text[digits] <= '9'; digits++)
		if (digits < 3)
			value = value * 10 + (unsigned)(text[digits] - '0');
	if (digits == 0 || text[digits] || (digits > 1 && text[0] == '0'))
		return -EINVAL;
	if (digits > 3 || value > longest)
		return -ERANGE;
	*length = (uint8_t)value;
	return 0;
}

/* The address before a '/' or the end; what stands behind it, or NULL. */
static const char *parse_host(const char *text, struct addr *addr)
{
	const char *end = strchrnul(text, '/');
	char host[ADDR_TEXT_MAX];

	if ((size_t)(end - text) >= sizeof(host))
		return NULL;
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	return addr_parse(host, addr) ? NULL : end;
}

int prefix_parse(const char *text, struct prefix *prefix)
{
	struct addr addr = {.family = FAMILY_IPV4};
	const char *rest = parse_dotted(text, addr.bytes);
	struct prefix parsed;
	int err = 0;

	if (!rest || (*rest && *rest != '/'))
		rest = parse_host(text, &addr);
	if (!rest)
		return -EINVAL;
	parsed.length = (uint8_t)addr_bits(addr.family);
	if (*rest)
		err = parse_length(rest + 1, parsed.length, &parsed.length);
	if (err)
		return err;
	parsed.addr = addr_mask(&addr, parsed.length);
	*prefix = parsed;
	return addr_equal(&parsed.addr, &addr) ? 0 : -EDOM;
}

const char *prefix_begin4(const char *text, struct prefix *prefix)
{
	struct prefix parsed = {.addr.family = FAMILY_IPV4};
	const char *rest = parse_dotted(text, parsed.addr.bytes);
	unsigned length, digit;
	uint32_t value;

	if (!rest || *rest != '/')
		return NULL;
	length = (unsigned)rest[1] - '0';
	if (length > 9)
		return NULL;
	rest += 2;
	digit = (unsigned)*rest - '0';
	if (length && digit <= 9) { /* no zero leads */
		length = length * 10 + digit;
		rest++;
	}
	memcpy(&value, parsed.addr.bytes, sizeof(value));
	if (length > 32 || be32toh(value) & (uint32_t)(UINT64_C(0xffffffff) >> length))
		return NULL;
	parsed.length = (uint8_t)length;
	*prefix = parsed;
	return rest;
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
	size_t size = addr_size(last.family), whole = prefix->length / 8;

	if (whole < size) {
		last.bytes[whole] |= (uint8_t)(0xffu >> prefix->length % 8);
		memset(last.bytes + whole + 1, 0xff, size - whole - 1);
	}
	return last;
}
