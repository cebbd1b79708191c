/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan: all that control wants the kernel to do, in one flat block that travels as a sealed memfd
 * and that the engine checks and keeps. Host byte order (both ends are one machine), no pointers.
 *
 *     struct plan_header
 *     struct policy           [policies]    by number, ascending
 *     struct plan_interface   [interfaces]  in interface_order(), no two alike
 *     struct plan_place       [places]      in interface_order(), no two alike
 *     struct allow_element    [allows]      as allow_flatten() leaves them
 *     struct interval4        [intervals4]  sorted, disjoint
 *     struct interval4        [place_intervals4]  of each place in turn; sorted, disjoint
 *     struct interval6        [intervals6]  sorted, disjoint
 *     struct interval6        [place_intervals6]  of each place in turn; sorted, disjoint
 *
 * The order keeps each array aligned for its type.
 */
#ifndef EDGE25_PLAN_H
#define EDGE25_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allow.h"
#include "interface.h"
#include "interval.h"
#include "policy.h"

#define PLAN_MAGIC 0x65323570u /* "e25p" */
#define PLAN_VERSION 3
#define PLAN_INTERFACES_MAX 4096
#define PLAN_WILDCARDS_MAX 256        /* each is a rule that packets pass one after the other */
#define PLAN_PLACES_MAX 256           /* the same, and two maps */
#define PLAN_INTERVALS_MAX (4u << 20) /* a million prefixes, nested, of each family */
#define PLAN_QUEUES_MAX 16
#define PLAN_QUEUE_LENGTH_MAX (1u << 20) /* packets; more is kernel memory by the gigabyte */
#define PLAN_SET_SIZE_MAX (1u << 24)     /* elements of a dynamic set; the same */
#define PLAN_INTERVAL_MAX (366u * 86400) /* seconds: a libev timer bears more, nobody needs it */
#define PLAN_QUEUE_RATE_MAX 10000000
#define PLAN_NO_POLICY 255

/* A range by interface. */
struct plan_interface {
	char name[INTERFACE_MAX]; /* or a pattern; zero-padded */
	uint32_t policy;
	uint32_t reserved;
};

/* An interface that has prefixes of its own: ranges by both. */
struct plan_place {
	char name[INTERFACE_MAX]; /* or a pattern; zero-padded */
	uint32_t intervals4;      /* how many of place_intervals4 are its own; not both are 0 */
	uint32_t intervals6;
};

/* What does not change without new queues or sets. */
struct plan_settings {
	uint32_t mark_mask;
	uint16_t queue_first;
	uint16_t queue_count;     /* 1..PLAN_QUEUES_MAX */
	uint32_t queue_length;    /* packets held at most, each queue */
	uint32_t refused_size;    /* remembered refusals, pairs of each family */
	uint32_t passed_size;     /* pairs let through and remembered */
	uint32_t tally_size;      /* hosts counted, each family */
	uint32_t refused_timeout; /* seconds */
	uint32_t passed_timeout;  /* seconds */
	uint32_t tally_timeout;   /* seconds */
	uint32_t read_interval;   /* seconds between readings of the kernel's counters */
	uint32_t reject_rate;     /* resets a second, and unreachables a second, at most */
	uint32_t verify_interval; /* seconds between comparisons with the kernel; 0: none */
	uint32_t queue_rate;      /* questions a second at most, over all policies */
	uint32_t own_table; /* 1: nobody else may change the table, where the kernel can see to it */
	/* 0 or 1: */
	uint8_t check_sources;   /* a source that no route leads back to is refused apart */
	uint8_t refuse_headless; /* IPv6 first fragments without ports */
	uint8_t refuse_tunnels;
	uint8_t router_policy; /* number of the policy of the router's own packets, or PLAN_NO_POLICY */
	uint32_t reserved;     /* 0: what follows the settings begins at a multiple of eight */
};

struct plan_header {
	uint32_t magic;
	uint32_t version;
	uint64_t size; /* of the whole block, bytes */
	uint32_t policies;
	uint32_t interfaces;
	uint32_t allows;
	uint32_t intervals4;
	uint32_t intervals6;
	uint32_t allow_fine; /* 1: some allowed source is finer than an IPv6 /64 */
	uint32_t places;
	uint32_t place_intervals4;
	uint32_t place_intervals6;
	uint32_t ways; /* 1 << ALLOW_WATCHED, 1 << ALLOW_ALWAYS: there are such entries */
	struct plan_settings settings;
};

/* A view into a block that stays where it is. */
struct plan {
	const struct plan_header *header;
	const struct policy *policies;
	const struct plan_interface *interfaces;
	const struct plan_place *places;
	const struct allow_element *allows;
	const struct interval4 *intervals4, *place_intervals4;
	const struct interval6 *intervals6, *place_intervals6;
};

/* The parts to put together; counts as in the header. */
struct plan_parts {
	struct plan_settings settings;
	const struct policy *policies;
	const struct plan_interface *interfaces;
	const struct plan_place *places;
	const struct allow_element *allows;
	const struct interval4 *intervals4, *place_intervals4;
	const struct interval6 *intervals6, *place_intervals6;
	uint32_t policy_count, interface_count, place_count, allow_count;
	uint32_t interval4_count, place_interval4_count, interval6_count, place_interval6_count;
	uint32_t allow_fine;
	uint32_t ways;
};

/* The policy whose chains are for entries that are watched: a guard policy of this name. */
#define PLAN_WATCHED "watched"

/* A new block (free() it), its length in *size. NULL: no memory. */
void *plan_build(const struct plan_parts *parts, size_t *size);

/*
 * Checks every length, order, bound and reference of a block from another process and fills in the
 * view. The block is aligned as malloc(3) and mmap(2) do. 0 or -EINVAL with a reason for people in
 * *why (a static text). Only boxes of pairs are not held against each other: the kernel refuses a
 * batch in which two overlap.
 */
int plan_open(const void *block, size_t size, struct plan *plan, const char **why);

/* Prefixes and where they hold. */
struct plan_prefixes {
	const char *interface; /* or a pattern; NULL: wherever packets come in */
	const struct interval4 *v4;
	const struct interval6 *v6;
	uint32_t v4_count, v6_count;
};

/* In the order in which they are asked: @index < places, those of a place; then those of none. */
struct plan_prefixes plan_prefixes(const struct plan *plan, uint32_t index);

/* Of both families, wherever they hold. */
uint64_t plan_intervals(const struct plan *plan);

/* The policy with this number, or NULL. */
const struct policy *plan_policy(const struct plan *plan, uint32_t number);
/* The policy that blocks, or NULL where several do, or none. */
const struct policy *plan_only_blocking(const struct plan *plan);
/* The policy for entries that are watched, or NULL. */
const struct policy *plan_watched(const struct plan *plan);
/* All of them, with the bits of the mark, for those who decide. */
struct policy_snapshot plan_snapshot(const struct plan *plan);
/* Can the table hold elements of this way? Of what is not announced it has no sets. */
bool plan_has_way(const struct plan *plan, unsigned way);

#endif
