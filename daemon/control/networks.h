/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The networks (/24, /48) of one host's destinations within a day: when each was met first and last,
 * whether the host came back to it, whether it answered. A large provider's servers change their
 * addresses every few minutes, so a mail queue that comes back to it meets others; not so its networks.
 *
 * Up to NETWORKS_KEPT each is known. Beyond that it is a sample, in which each network is equally likely
 * however often it is met: those whose hash ends in `level` zeros (Wegman's adaptive sampling; Flajolet
 * 1990). Each stands for 2^level; the standard error of a count of all of them is 1.2 / sqrt(128), 11 %.
 */
#ifndef EDGE25_CONTROL_NETWORKS_H
#define EDGE25_CONTROL_NETWORKS_H

#include <stdbool.h>
#include <stdint.h>

#define NETWORKS_KEPT 128
#define NETWORKS_DAY (24 * 60 * 60) /* seconds after which a network is new again */
#define NETWORKS_RETURN 600 /* seconds: the kernel hides what comes back earlier (remember-for) */

struct networks {
	uint32_t mark[NETWORKS_KEPT];
	uint16_t first[NETWORKS_KEPT], last[NETWORKS_KEPT]; /* steps.h */
	uint8_t flags[NETWORKS_KEPT];
	uint8_t count, level;
};

/* Which ones: of all, those that did not answer, those that did. */
enum networks_which { NETWORKS_ALL, NETWORKS_SILENT, NETWORKS_ANSWERED };

void networks_meet(struct networks *networks, uint64_t hash, uint32_t now);
void networks_answer(struct networks *networks, uint64_t hash, uint32_t now);
/* Met in the last @seconds, a day at most. */
unsigned networks_met(const struct networks *networks, enum networks_which which, uint32_t now,
		      uint32_t seconds);
/* One of the sample: seconds since it was first met; of those met in the last day. */
struct network {
	uint32_t age;
	bool answered, returned;
};
/* The one at @index, from 0 to count - 1; false: it was not met for a day. */
bool networks_get(const struct networks *networks, unsigned index, uint32_t now,
		  struct network *network);
/* How many each of the sample stands for. */
unsigned networks_weight(const struct networks *networks);
/* Forgets what was not met for a day; at least every other day. */
void networks_expire(struct networks *networks, uint32_t now);

#endif
