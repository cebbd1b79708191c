/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The networks (/24, /48) of one host's destinations within a day: when each was met first and last,
 * whether the host came back to it, whether it answered. A large provider's servers change their
 * addresses every few minutes, so a mail queue that comes back to it meets others; not so its networks.
 *
 * Up to NETWORKS_KEPT each is known. Beyond that it is a sample, in which each network is equally likely
 * however often it is met: those whose hash ends in `level` zeros (Wegman's adaptive sampling; Flajolet
 * 1990). Each stands for 2^level; the standard error of a count of all of them is 1.2 / sqrt(128), 11 %.
 * 24 bits of the hash tell them apart: of 10,000 networks one in a thousand is taken for another.
 */
#ifndef EDGE25_CONTROL_NETWORKS_H
#define EDGE25_CONTROL_NETWORKS_H

#include <stdbool.h>
#include <stdint.h>

#define NETWORKS_KEPT 128
#define NETWORKS_DAY (24 * 60 * 60) /* seconds after which a network is new again */
#define NETWORKS_RETURN 600 /* seconds: the kernel hides what comes back earlier (remember-for) */
#define NETWORK_MARK 0xffffffu

struct networks {
	uint32_t turn;                 /* ages.h */
	uint16_t mark[NETWORKS_KEPT];  /* the low 16 bits */
	uint16_t first[NETWORKS_KEPT]; /* steps.h, and a flag: it was come back to */
	uint8_t mark_high[NETWORKS_KEPT];
	uint8_t last[NETWORKS_KEPT]; /* ages.h, and a flag: it answered */
	uint8_t count, level;
};

/* One of them. */
struct network {
	uint32_t age, quiet; /* seconds since it was met first, and last */
	bool answered, returned;
};

/* Those of the last day, or a sample in which each stands for @weight. */
#define NETWORKS_LISTED 128
struct network_list {
	unsigned count, weight;
	struct network of[NETWORKS_LISTED];
};

/* Which ones: of all, those that did not answer, those that did. */
enum networks_which { NETWORKS_ALL, NETWORKS_SILENT, NETWORKS_ANSWERED };

/* @hash: of it the low bits, NETWORK_MARK. */
void networks_meet(struct networks *networks, uint64_t hash, uint32_t now);
void networks_answer(struct networks *networks, uint64_t hash, uint32_t now);
/* One that is not among them yet, and what was known of it elsewhere. */
void networks_take(struct networks *networks, uint64_t hash, const struct network *known,
		   uint32_t now);
void networks_list(const struct networks *networks, uint32_t now, struct network_list *list);
/* Forgets what was not met for a day; at least every other day. */
void networks_expire(struct networks *networks, uint32_t now);

/* Met in the last @seconds, a day at most. */
unsigned network_list_met(const struct network_list *list, enum networks_which which,
			  uint32_t seconds);

#endif
