/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hosts that are cut off from port 25, and for how long; and those that were, for as long as it
 * counts that they come back. Pure: time comes in.
 *
 * A host that is contained by itself is so for contain-for, and twice as long each time it comes back, up
 * to contain-max. When it was free for contain-max it begins anew. What is done by hand lasts as long as
 * was said and does not count.
 *
 * Ends are kept by CLOCK_BOOTTIME, as the kernel keeps them: a clock that is set shortens and lengthens
 * nothing. What is stored and shown is the time of day that this is.
 */
#ifndef EDGE25_CONTROL_CONTAINMENT_H
#define EDGE25_CONTROL_CONTAINMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/allow.h"
#include "common/hash.h"
#include "common/policy.h"
#include "control/allow/allowlist.h"
#include "control/config/thresholds.h"

#define CONTAINED_MAX 65536       /* hosts, contained and remembered; elements of a kernel's set */
#define CONTAINED_REMEMBER_MIN 60 /* seconds: who released it is told what it was */
#define CONTAINED_COMMENT_MAX 256 /* bytes with NUL; a longer one is cut */
#define CONTAINED_USER_MAX 33

struct contained {
	struct prefix host;
	struct addr source;   /* an address of it: what is the host when host-prefix6 changes */
	int64_t since, until; /* seconds since 1970, UTC */
	int64_t released;     /* the same; 0: it is contained */
	uint64_t until_ms;    /* CLOCK_BOOTTIME */
	uint64_t seconds;     /* how long this time */
	uint64_t remember; /* seconds for which it counts, once it is free, that it was contained */
	uint32_t times;    /* how often by itself */
	bool automatic;
	uint32_t uid; /* who did it by hand */
	char user[CONTAINED_USER_MAX];
	char comment[CONTAINED_COMMENT_MAX];
	char policy[POLICY_NAME_MAX]; /* "": not known */
	uint64_t sequence;            /* of the message that told the engine; 0: none did */
	bool applied;                 /* the engine has said that it is in force */
	bool unwritten;               /* the database does not have it as it is */
	bool writing;                 /* it is being written as it is */
	/* What the audit trail is to say of it, when it is written; NULL: nothing. */
	const char *action;
	int64_t acted;
	uint32_t actor_uid;
	char actor[CONTAINED_USER_MAX];
};

struct containment;

/* NULL: no memory. */
struct containment *containment_new(uint32_t max, struct hash_key key);
void containment_free(struct containment *containment);

/* Contained, or remembered; NULL: neither. */
struct contained *containment_find(const struct containment *containment,
				   const struct prefix *host);
/* The one whose host is, or holds, or is in @prefix, and that is contained. */
struct contained *containment_of(const struct containment *containment,
				 const struct prefix *prefix);
/* The contained host that an address is of; NULL: none. */
const struct contained *containment_of_address(const struct containment *containment,
					       const struct addr *addr);
/* All of both: the first for NULL; NULL behind the last. */
struct contained *containment_next(const struct containment *containment,
				   const struct contained *after);
bool contained_now(const struct contained *contained);
/* How many are contained, and how many of them the engine has not confirmed. */
size_t containment_count(const struct containment *containment);
size_t containment_waiting(const struct containment *containment);

/* By itself: how long is told by @thresholds and how often it was. NULL: no room, or it is contained. */
struct contained *containment_begin(struct containment *containment, const struct prefix *host,
				    const struct addr *source, const struct thresholds *thresholds,
				    struct allow_clock now);
/* By hand, for so many seconds from now; one that is contained ends then instead. NULL: no room. */
struct contained *containment_put(struct containment *containment, const struct prefix *host,
				  const struct addr *source, uint64_t seconds,
				  struct allow_clock now);
void containment_end(struct contained *contained, int64_t now);
/* From the database; NULL: no room. One that has ended meanwhile was released when it did. */
struct contained *containment_recall(struct containment *containment,
				     const struct contained *stored, struct allow_clock now);
/* Forgets it altogether. */
void containment_forget(struct containment *containment, struct contained *contained);

/* Ends those whose time is over, and forgets those that no longer count; calls @each for both, before. */
void containment_pass(struct containment *containment, struct allow_clock now,
		      void (*each)(void *ctx, struct contained *contained, bool forgotten),
		      void *ctx);
/* The clock was set: what is told of the ends is another time of day. */
void containment_clock(struct containment *containment, struct allow_clock now);
/* @length6 says how long the prefix of a source is now; 0: as it was. */
void containment_lengths(struct containment *containment,
			 unsigned (*length6)(void *ctx, const struct contained *contained),
			 void *ctx);

/* All that is being written as it is now, or again, was written; or it was not. */
void containment_written(struct containment *containment, bool stored);

/* As the kernel's elements, sorted, no two alike. 0 or -ENOMEM; free(*elements). */
int containment_elements(const struct containment *containment, struct allow_clock now,
			 struct allow_element **elements, size_t *count);
/* Message @sequence told the engine of all that it was not told of. */
void containment_told(struct containment *containment, uint64_t sequence);
/* It took the message; or it did not (or nobody knows), and it is to be told again. */
void containment_taken(struct containment *containment, uint64_t sequence);
void containment_refused(struct containment *containment, uint64_t sequence);
/* The connection is lost: what the engine has not confirmed it was not told. */
void containment_down(struct containment *containment);

#endif
