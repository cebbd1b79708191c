/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a host did to a class, and to the reasons in words. Pure: the evidence is plain numbers.
 *
 * What parts a bot from a mail server whose mail is refused: the server comes back to the same
 * destinations at its queue's times (Postfix from 5 to 67 minutes, Exim after 15 and then longer,
 * sendmail after 30 or 60) and rests between runs; a bot keeps meeting new ones (meeting.h). Both meet
 * hundreds in seconds, so that alone is never more than suspect.
 */
#ifndef EDGE25_CONTROL_CLASSIFY_H
#define EDGE25_CONTROL_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/config/thresholds.h"
#include "control/hosts/contacts.h"
#include "control/hosts/host_class.h"
#include "control/hosts/meeting.h"
#include "control/hosts/windows.h"

/* The age of what a queue would have come back to: by then Postfix has. Seconds. */
#define EVIDENCE_EARLY 1200

struct evidence {
	/* by the windows; the lists are newest first */
	struct window_counts sum[WINDOWS];
	struct window_counts five[WINDOW_5MIN_BUCKETS];
	struct window_counts hour[WINDOW_HOUR_BUCKETS];
	/* destinations */
	struct meeting meeting; /* new networks */
	unsigned servers[WINDOWS], answered[WINDOWS], networks[WINDOWS];
	unsigned servers_recent; /* in as long as the kernel hides what comes back, and 5 minutes */
	struct contact_returns early;
	struct contact most; /* of the sample, the one with most tries; family 0: none */
	/* times */
	uint32_t runs;     /* times that it began after a rest */
	uint32_t interval; /* seconds between the beginnings of runs, on average */
	uint32_t known;    /* seconds since the first of all this */
	/* the policy, and what is known of the place */
	bool guarded; /* open, until the host behaves like a bot */
	bool monitored;
	bool silent; /* refused without a word: the host's system repeats each packet */
	bool verified, shared, watched;
	uint32_t over_burst;  /* packets refused for crossing burst, in an hour */
	uint32_t past_peak;   /* of a watched one: its busiest hour before, in new destinations */
	uint32_t submissions; /* openings of 465 and 587 */
};

enum rule {
	/* infected */
	RULE_KEEPS_MEETING,
	RULE_ABANDONS,
	RULE_GOES_ON,
	RULE_SCANS,
	RULE_HAMMERS,
	/* suspect */
	RULE_MANY_AT_ONCE,
	RULE_MANY_IN_AN_HOUR,
	RULE_VOLUME,
	RULE_BURST,
	/* misconfigured */
	RULE_QUEUE,
	RULE_FEW,
	/* clean */
	RULE_ANSWERED,
	RULE_LITTLE,
	RULE_BELOW,
	/* what else is to be said */
	RULE_NOT_RETURNED,
	RULE_SUBMISSION,
	RULE_PAST,
	RULE_SHARED,
	RULE_UNVERIFIED,
	RULES
};

struct verdict {
	enum host_class class;
	uint32_t rules; /* 1 << enum rule */
	/* infected on the word of destinations that answered alone: nobody else can be behind it */
	bool proven;
};

struct verdict classify(const struct evidence *evidence, const struct thresholds *thresholds);

/* How many to tell of: an estimate, but no more than there were tries. */
unsigned evidence_servers(const struct evidence *evidence, enum window window);

#define HOST_REASON_MAX 160
#define HOST_REASONS_MAX 8

/* Writes at most @room lines of a verdict; returns how many. */
size_t classify_reasons(const struct evidence *evidence, const struct verdict *verdict,
			char (*lines)[HOST_REASON_MAX], size_t room);

#endif
