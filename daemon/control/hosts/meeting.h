/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a host keep meeting new mail servers? By their networks (networks.h): what tells a bot from a mail
 * server that is refused, which comes back to all of those that it met. Figures measured on the traffic
 * of the detection benchmark (tests/README.md): of the networks that a refused queue met 72 min ago or
 * earlier it came back to 93 % or more, a slow bot to 76 % or less; what a queue had not tried before came
 * in runs of seconds.
 */
#ifndef EDGE25_CONTROL_MEETING_H
#define EDGE25_CONTROL_MEETING_H

#include <stdbool.h>
#include <stdint.h>

#include "control/hosts/networks.h"

#define MEETING_PARTS 12 /* of 5 minutes: an hour */
#define MEETING_MOMENT 8 /* seconds: the steps of networks.h */
/* Seconds in which a queue has come back: Postfix at 4000 s, and the 300 s until it looks. */
#define MEETING_AGE 4320

struct meeting {
	/* New networks in each part, newest first: those that did not answer, those that did. */
	unsigned silent[MEETING_PARTS], answered[MEETING_PARTS];
	unsigned proved[MEETING_PARTS]; /* those that did, whatever they are taken for */
	/* Of those in the last hour that did not answer: how many the sample has, in how many moments. */
	unsigned sampled, moments;
	unsigned day_silent, day_all; /* met in the last day */
	unsigned aged, left;          /* silent, first met MEETING_AGE ago; not come back to */
};

/* @answered_count: those that answered are taken for such that did not. */
struct meeting meeting_of(const struct network_list *networks, bool answered_count);

/* Where it happens, and how much is needed. */
struct meeting_terms {
	bool open;      /* port 25 is: what answers is mail, and is left out */
	bool slow;      /* refusals are silent, so that a queue which waits for them is slow */
	double servers; /* new networks an hour */
	double weight;  /* so many that answered count as one that did not */
	unsigned parts; /* in so many parts of it */
	uint32_t known; /* seconds since the host's first attempt */
};

/* New ones at any time, as if by chance; a queue that is looked at has many in a moment, then none. */
bool meeting_is_even(const struct meeting *meeting);
/* Many in each of several parts. */
bool meeting_is_fast(const struct meeting *meeting, const struct meeting_terms *terms);
/* Fewer, for the best part of an hour. */
bool meeting_is_steady(const struct meeting *meeting, const struct meeting_terms *terms);
/* It does not come back to them, and goes on with others. */
bool meeting_abandons(const struct meeting *meeting, const struct meeting_terms *terms);
/* It comes back, but new ones keep coming after all that can have waited in a queue. */
bool meeting_goes_on(const struct meeting *meeting, const struct meeting_terms *terms);
/*
 * The pace of meeting_is_fast() by those that answered alone, with their weight: what somebody else sent
 * with a false source address has no part in it.
 */
bool meeting_is_proven(const struct meeting *meeting, const struct meeting_terms *terms);

/* New networks of the last hour. */
unsigned meeting_hour(const struct meeting *meeting, enum networks_which which);

#endif
