/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table's sets and maps: one table of what they are, and how they are filled. */
#ifndef EDGE25_RULES_SETS_H
#define EDGE25_RULES_SETS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/allow.h"
#include "common/plan.h"
#include "rules/batch.h"
#include "rules/names.h"

enum set {
	SET_REFUSED4, /* map: source . destination -> the answer, remembered; of one policy: a set */
	SET_REFUSED6,
	SET_PASSED4, /* source . destination, let through by monitor or guard */
	SET_PASSED6,
	SET_TALKED4, /* of those, source . destination, told to have answered the handshake */
	SET_TALKED6,
	SET_PACE4, /* sources, each with the limit of its questions */
	SET_PACE6,
	SET_ANSWERS,  /* map: a question or its answer -> where it goes on */
	SET_REFUSALS, /* map: an answer remembered -> goto refuse_<name> */
	SET_SETTLED,  /* answers to refuse that no change of the allow sets can have overtaken */
	SET_RANGE4,   /* map: prefix -> goto policy_<name> */
	SET_RANGE6,
	SET_FINE6,          /* /64 whose sources are remembered one by one */
	SET_PROTOCOLS,      /* map: protocol -> goto tunnel */
	SET_INTERFACE,      /* map: interface -> goto policy_<name> */
	SET_TALLY_REFUSED4, /* packets refused by source */
	SET_TALLY_REFUSED6,
	SET_TALLY_PASSED4, /* openings let through by source */
	SET_TALLY_PASSED6,
	SET_TRIED4, /* sources that asked a question */
	SET_TRIED6,
	SET_TALLY_SUBMISSION4, /* openings of 465 and 587 by those */
	SET_TALLY_SUBMISSION6,
	SET_CONTAINED4, /* hosts that are cut off; IPv6: SET_CONTAINED6 */
	SET_ALLOW_SRC4,
	SET_ALLOW_SRC6,
	SET_ALLOW_DST4,
	SET_ALLOW_DST6,
	SET_ALLOW_PAIR4,
	SET_ALLOW_PAIR6,
	SET_ALLOW_SRC4_NET,
	SET_ALLOW_SRC6_NET,
	SET_ALLOW_DST4_NET,
	SET_ALLOW_DST6_NET,
	SET_ALLOW_PAIR4_NET,
	SET_ALLOW_PAIR6_NET,
	SET_ALWAYS_SRC4, /* from here on only where there are such entries: set_needed() */
	SET_ALWAYS_SRC6,
	SET_ALWAYS_DST4,
	SET_ALWAYS_DST6,
	SET_ALWAYS_PAIR4,
	SET_ALWAYS_PAIR6,
	SET_ALWAYS_SRC4_NET,
	SET_ALWAYS_SRC6_NET,
	SET_ALWAYS_DST4_NET,
	SET_ALWAYS_DST6_NET,
	SET_ALWAYS_PAIR4_NET,
	SET_ALWAYS_PAIR6_NET,
	SET_WATCHED_SRC4,
	SET_WATCHED_SRC6,
	SET_WATCHED_PAIR4,
	SET_WATCHED_PAIR6,
	SET_WATCHED_SRC4_NET,
	SET_WATCHED_SRC6_NET,
	SET_WATCHED_PAIR4_NET,
	SET_WATCHED_PAIR6_NET,
	SETS,                  /* those below say what numbered ones are like */
	SET_CONTAINED6 = SETS, /* one for each length of a host's prefix */
	SET_EMERGENCY4,
	SET_EMERGENCY6,
	SET_EMERGENCY_INTERFACE,
	SETS_EVER
};

/*
 * Generations: of the answers (refused, passed, pace, and where answers go on) and of the ranges
 * (range, fine, interface, place, protocols). The other sets keep their contents and have none.
 */
struct generations {
	unsigned answers; /* this is also the epoch of the marks */
	unsigned ranges;
};

#define SET_IS_ANSWERS(set) ((set) <= SET_SETTLED)
#define SET_IS_RANGES(set) ((set) >= SET_RANGE4 && (set) <= SET_INTERFACE)

/* ms: an element of a pace goes when its source has not asked for so long, */
#define SETS_PACE_TIMEOUT UINT64_C(5000)
/* and with no more than this left a second has passed, in which a pace becomes whole again. */
#define SETS_PACE_WHOLE (SETS_PACE_TIMEOUT - 1000)

const char *set_name(enum set set, const struct generations *generations,
		     char name[RULES_NAME_MAX]);
/* Does a table of these ways (plan_header.ways) have the set? */
bool set_needed(enum set set, uint32_t ways);
/* The set of an allow element. */
enum set set_of_allow(const struct allow_element *element);

/*
 * Contained IPv6 hosts have a set for each length of their prefixes: those of the plan's policies,
 * and of the hosts that it contains. A bit each, the lowest for POLICY_HOST_PREFIX6_MIN.
 */
uint32_t contained_lengths(const struct plan *plan);
bool contained_length_has(uint32_t lengths, unsigned length);
const char *set_contained_name(unsigned length, char name[RULES_NAME_MAX]);
/* Creates the set; one that is there stays as it is. */
void set_create_contained(struct batch *batch, unsigned length);

/* Map: prefix -> goto policy_<name>, for packets that come in at place @index of a plan. */
const char *set_place_name(enum family family, uint32_t index,
			   const struct generations *generations, char name[RULES_NAME_MAX]);
/* Calls @each for each map that the places of a plan need. */
typedef void set_place_fn(enum family family, uint32_t index, const struct plan_place *place,
			  void *arg);
void set_places_each(const struct plan *plan, set_place_fn *each, void *arg);
/* Creates a set or map like @set, under another name; one that is there stays as it is. */
void set_create_like(struct batch *batch, enum set set, const char *name, const char *comment);

/* Do packets fill the set of this name? */
bool set_is_dynamic(const char *name, const struct generations *generations);

/* Creates the set; one that is there stays as it is. */
void set_create(struct batch *batch, enum set set, const struct generations *generations,
		const struct plan *plan);
void set_delete(struct batch *batch, const char *name);
void set_flush(struct batch *batch, const char *name);

/* Fills the maps of a new generation. */
void set_fill_ranges(struct batch *batch, const struct plan *plan,
		     const struct generations *generations);
/* About how many bytes of a batch that takes, with the sets of a plan; hardly ever less. */
size_t set_ranges_length(const struct plan *plan);

/*
 * Adds or deletes one allow element at a time, in runs of one set. @now: CLOCK_BOOTTIME, ms; an
 * element that has ended already is not added.
 */
void set_allow_add(struct batch *batch, const struct allow_element *elements, size_t count,
		   uint64_t now);
void set_allow_delete(struct batch *batch, const struct allow_element *elements, size_t count,
		      bool destroy);

#endif
