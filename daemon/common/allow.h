/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allowlist as the kernel needs it: elements of exact sets, and disjoint boxes for the interval
 * sets, each with the moment at which it ends. Contained hosts are elements of the same kind.
 */
#ifndef EDGE25_ALLOW_H
#define EDGE25_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

enum allow_kind { ALLOW_SOURCE = 1, ALLOW_DESTINATION, ALLOW_PAIR };

/* What it does. Where several match, ALWAYS comes before CONTAINED, FREE and WATCHED, in this order. */
enum allow_way {
	ALLOW_FREE,      /* lets through, unless the source is contained */
	ALLOW_WATCHED,   /* a source that is guarded rather than free, in a policy that blocks */
	ALLOW_ALWAYS,    /* lets through, contained or not */
	ALLOW_CONTAINED, /* no entry: a host that is cut off from port 25 */
	ALLOW_WAYS
};

/* What an operator said: from, to, or both (family 0 = not given). */
struct allow_rule {
	struct prefix from;
	struct prefix to;
	uint32_t id;      /* the allowlist's number for it; 0: from the configuration */
	uint64_t expires; /* CLOCK_BOOTTIME, ms; 0 = never */
	uint8_t way;      /* enum allow_way */
};

/*
 * All bytes count in comparisons: unused ones are 0. Ends are included; exact: first equals last,
 * or, of a contained IPv6 host, first and last address of its prefix.
 */
struct allow_element {
	uint8_t kind;   /* enum allow_kind */
	uint8_t family; /* enum family */
	uint8_t exact;  /* 1: an element of a hash set; 0: of an interval set */
	uint8_t way;    /* enum allow_way */
	uint32_t id; /* of the rule it stands for (the one that ends last), for people; 0: configuration */
	uint8_t from_first[16]; /* network order, IPv4 in [0..3] */
	uint8_t from_last[16];
	uint8_t to_first[16];
	uint8_t to_last[16];
	uint64_t expires; /* CLOCK_BOOTTIME, ms; 0 = never */
};

/* By everything but the id and the expiry: kind, family, exact, way, then the ends. */
int allow_element_compare(const struct allow_element *a, const struct allow_element *b);
/* Ordered ends, known kind and family, exact means exact, unused bytes 0. */
bool allow_element_valid(const struct allow_element *element);
/* Does it name one end or both, of one family, and a source where it is to be watched? */
bool allow_rule_valid(const struct allow_rule *rule);
enum allow_kind allow_rule_kind(const struct allow_rule *rule);
/* Is this rule one exact element (a full-length address, or a pair of them)? */
bool allow_rule_exact(const struct allow_rule *rule);
/* The word of an entry's way ("watched"); NULL for one that is free, and out of range. */
const char *allow_way_word(unsigned way);
/* The element that cuts off @host, an IPv4 address or an IPv6 prefix as a policy has them. */
struct allow_element allow_contained(const struct prefix *host, uint64_t expires);
/* How long the prefix of a contained host is. */
unsigned allow_contained_length(const struct allow_element *element);
/* The element of an exact rule. */
struct allow_element allow_rule_element(const struct allow_rule *rule);
/* Is it an IPv6 source finer than a /64, which remembered answers (kept by /64) would hide? */
bool allow_rule_fine(const struct allow_rule *rule);

/*
 * Every rule as sorted elements, disjoint among those of one way: equal exact rules become one, overlapping prefixes are
 * cut into boxes, and each element ends when the last rule that covers it does. The caller frees
 * *out with free(). 0, -ENOMEM, -E2BIG above ALLOW_ELEMENTS_MAX, or -EINVAL for a rule that names
 * neither end or two families.
 */
#define ALLOW_ELEMENTS_MAX (1u << 20)
int allow_flatten(const struct allow_rule *rules, size_t count, struct allow_element **out,
		  size_t *out_count);

#endif
