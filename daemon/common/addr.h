/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 and IPv6 addresses and prefixes as values.
 *
 * Bytes are in network order. An IPv4 address uses bytes[0..3] and leaves the rest 0, so two
 * addresses are equal when all bytes of the struct are.
 */
#ifndef EDGE25_ADDR_H
#define EDGE25_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum family { FAMILY_IPV4 = 4, FAMILY_IPV6 = 6 };

struct addr {
	uint8_t family; /* enum family; 0 is no address */
	uint8_t bytes[16];
};

struct prefix {
	struct addr addr; /* host bits are 0 */
	uint8_t length;   /* 0..32 or 0..128 */
};

#define ADDR_TEXT_MAX 46   /* INET6_ADDRSTRLEN, RFC 5952 text with its NUL */
#define PREFIX_TEXT_MAX 50 /* and "/128" */

/* Length of an address of that family in bytes (4, 16) and in bits (32, 128). */
size_t addr_size(uint8_t family);
unsigned addr_bits(uint8_t family);

/* inet_pton(3) forms only, no zone, no name. 0 or -EINVAL. */
int addr_parse(const char *text, struct addr *addr);
const char *addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX]);

/* From addr_size() wire bytes. */
struct addr addr_from_wire(uint8_t family, const uint8_t *wire);

/* IPv4 before IPv6, then by value: <0, 0, >0. */
int addr_compare(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);

/* The neighbours in value; no address (family 0) after the highest or before the lowest. */
struct addr addr_next(const struct addr *addr);
struct addr addr_previous(const struct addr *addr);

/* The address with all but the first @length bits set to 0. */
struct addr addr_mask(const struct addr *addr, unsigned length);

/*
 * "ADDR" or "ADDR/LENGTH". -EINVAL: not a prefix; -ERANGE: the length is too long for the
 * family; -EDOM: host bits are set (*prefix then holds the prefix that was probably meant).
 */
int prefix_parse(const char *text, struct prefix *prefix);
/*
 * The IPv4 prefix, with its length and without host bits, that @text begins with, for long lists; what
 * stands behind it, or NULL where there is none: prefix_parse() says what is wrong.
 */
const char *prefix_begin4(const char *text, struct prefix *prefix);
/* A full-length prefix is written without its length. */
const char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);
struct prefix prefix_of(const struct addr *addr, unsigned length);
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
/* Does one of them cover the other? */
bool prefix_overlap(const struct prefix *a, const struct prefix *b);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* Order by address (addr_compare()), then a shorter prefix before a longer: <0, 0, >0. */
int prefix_compare(const struct prefix *a, const struct prefix *b);
bool prefix_is_host(const struct prefix *prefix);
/* Last address of the prefix; the first is prefix->addr. */
struct addr prefix_last(const struct prefix *prefix);

#endif
