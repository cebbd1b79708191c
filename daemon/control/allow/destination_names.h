/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the names of destinations stand for: their addresses as the answers of DNS said them, each for a
 * while after it was last said. Pure: time comes in, in seconds of a clock that is never set (it may
 * be below 0: what was seen before that clock began).
 */
#ifndef EDGE25_CONTROL_DESTINATION_NAMES_H
#define EDGE25_CONTROL_DESTINATION_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/allow/resolver.h"

/*
 * Of each origin. Names: more than an operator gives by hand, and each is asked again all the time.
 * Entries with one: each may be NAME_ADDRESSES_MAX elements, and all fit into ALLOW_ELEMENTS_MAX whatever
 * DNS says.
 */
#define DESTINATION_NAMES_MAX 1000
#define DESTINATION_ENTRIES_MAX 4000
#define NAME_ADDRESSES_MAX 64
#define NAME_UNTOLD_MAX 128 /* all come, and all went */

enum name_origin { NAME_CONFIGURED, NAME_STORED, NAME_ORIGINS };

/* An address, since when it belongs to the name, and when an answer last had it. */
struct name_address {
	struct addr addr;
	int64_t since, seen;
};

/* In the order in which they came; valid until the next change. */
struct destination_name {
	char text[DOMAIN_NAME_MAX];
	struct name_address *addresses;
	size_t count;
	bool answered;        /* DNS has said something of it, if only that there is nothing */
	int64_t answer_time;  /* when it did last */
	int64_t since;        /* since when it stands for these addresses, or for none */
	const char *problem;  /* the last question had no answer: why; NULL: it had one */
	int64_t silent_since; /* with a problem: since when */
	bool unfit, full; /* the last answer had addresses of no use; more than there is room for */
	/* for who asks */
	bool asking, unsaved, saving;
	int64_t due;   /* when it is to be asked (again) */
	int64_t saved; /* when the database last took its addresses */
	/* addresses that came or went, and the kernel was not told */
	struct addr *untold;
	size_t untold_count;
	unsigned holders[NAME_ORIGINS];
};

/* Seconds: how soon and how late a name is asked again, and how long an address stays unseen. */
struct name_terms {
	int64_t min, max, keep;
};

struct destination_names;

/* NULL: no memory. */
struct destination_names *destination_names_new(void);
void destination_names_free(struct destination_names *names);

/* An entry has this name. -EINVAL, -ENOMEM; bounds are for whoever adds entries. */
int destination_names_hold(struct destination_names *names, enum name_origin origin,
			   const char *name);
/* An entry less; the name and its addresses stay until destination_names_sweep(). */
void destination_names_release(struct destination_names *names, enum name_origin origin,
			       const char *name);
/* How many names, and how many entries with one, there are of an origin. */
size_t destination_names_held(const struct destination_names *names, enum name_origin origin);
size_t destination_names_holders(const struct destination_names *names, enum name_origin origin);
/* Forgets names that no entry has, and that are not being asked for; calls @gone with each. */
void destination_names_sweep(struct destination_names *names,
			     void (*gone)(void *ctx, const char *name), void *ctx);

/* NULL: no such name; behind the last. In the order of their texts. */
struct destination_name *destination_names_find(const struct destination_names *names,
						const char *name);
struct destination_name *destination_names_at(const struct destination_names *names, size_t index);

bool destination_name_held(const struct destination_name *name);
bool destination_name_has(const struct destination_name *name, const struct addr *addr);
/* May this be a mail server that packets are sent to? Not loopback, link-local, multicast and the like. */
bool destination_address_fit(const struct addr *addr);

/* An address that was known before, such as those of the database. 0, -EINVAL, -ENOSPC, -ENOMEM. */
int destination_name_recall(struct destination_name *name, const struct name_address *address);

/* What an answer changed. */
struct name_change {
	struct addr added[NAME_ADDRESSES_MAX], removed[NAME_ADDRESSES_MAX];
	size_t added_count, removed_count;
};

/*
 * Takes in an answer: what it says is added, what was not seen for @terms->keep goes if the answer could
 * have said it, and when there is no room for a new address, the one that was not seen for longest
 * does. A part that failed changes nothing. Sets when the name is due again. 0 or -ENOMEM: what is
 * known stays.
 */
int destination_name_answer(struct destination_name *name, const struct resolver_answer *answer,
			    const struct name_terms *terms, int64_t now,
			    struct name_change *change);

/* The kernel is still to be told of what changed. False: it is too much, or there is no memory. */
bool destination_name_untold(struct destination_name *name, const struct name_change *change);
/* It is told now, of everything. */
void destination_names_told(struct destination_names *names);

/* The name that is due first, and not being asked for; NULL: none. */
struct destination_name *destination_names_next(const struct destination_names *names);

#endif
