// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/meeting.h"

#include <math.h>

#define PART 300 /* seconds */
#define HOUR 3600
#define MOMENTS (HOUR / MEETING_MOMENT)

/* Of the networks an hour that make a host infected: */
#define FAST_PART 0.375  /* so many in each of the parts; a busy office has half as many */
#define FAST_HOUR 1.5    /* and in the hour */
#define STEADY_HOUR 1.25 /* before all that can have waited in a queue is known */
#define OPEN_PART 0.075  /* where only dead servers count */
#define OPEN_HOUR 0.3
#define ABANDON_HOUR 0.3 /* the slowest that is still told from a queue */
#define SLOW_HOUR 3      /* four connections at a time that wait for 127 s each make 2.8 */

#define EVEN 0.6       /* of the moments that there are when they come by chance */
#define FAST_KNOWN 600 /* seconds */
#define STEADY_KNOWN 2700
#define STEADY_PARTS 8
#define DEAD_SHARE 0.1 /* of the servers: lists of newsletters have 1 to 6 %, of spammers more */
#define DEAD_SHARE_LEFT 0.09 /* where it does not come back to them */
#define LEFT_MIN 6
#define LEFT_SHARE 0.35
#define GOES_ON_PARTS 8
#define GOES_ON_PART 2

static unsigned sum(const unsigned *parts)
{
	unsigned all = 0;

	for (unsigned i = 0; i < MEETING_PARTS; i++)
		all += parts[i];
	return all;
}

static unsigned parts_with(const unsigned *parts, double least)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MEETING_PARTS; i++)
		count += parts[i] >= least;
	return count;
}

unsigned meeting_hour(const struct meeting *meeting, enum networks_which which)
{
	return (which == NETWORKS_ANSWERED ? 0 : sum(meeting->silent)) +
	       (which == NETWORKS_SILENT ? 0 : sum(meeting->answered));
}

static void add_moment(struct meeting *meeting, uint64_t *moments, uint32_t age)
{
	unsigned moment = age / MEETING_MOMENT;

	if (moment >= MOMENTS)
		return;
	meeting->sampled++;
	meeting->moments += !(moments[moment / 64] >> moment % 64 & 1);
	moments[moment / 64] |= UINT64_C(1) << moment % 64;
}

static void add(struct meeting *meeting, const struct network *network, unsigned weight)
{
	unsigned part = network->age / PART;

	meeting->day_all += weight;
	if (part < MEETING_PARTS)
		(network->answered ? meeting->answered : meeting->silent)[part] += weight;
	if (network->answered)
		return;
	meeting->day_silent += weight;
	if (network->age >= MEETING_AGE) {
		meeting->aged += weight;
		meeting->left += network->returned ? 0 : weight;
	}
}

struct meeting meeting_of(const struct network_list *networks, bool answered_count)
{
	uint64_t moments[MOMENTS / 64 + 1] = {0};
	struct meeting meeting = {0};

	for (unsigned i = 0; i < networks->count; i++) {
		struct network network = networks->of[i];

		if (network.answered && network.age < HOUR)
			meeting.proved[network.age / PART] += networks->weight;
		network.answered = network.answered && !answered_count;
		add(&meeting, &network, networks->weight);
		if (!network.answered)
			add_moment(&meeting, moments, network.age);
	}
	return meeting;
}

/* To most of those that it met long enough ago, and there are enough of them to tell. */
static bool comes_back(const struct meeting *meeting)
{
	return meeting->aged >= LEFT_MIN && meeting->left < LEFT_SHARE * meeting->aged;
}

bool meeting_is_even(const struct meeting *meeting)
{
	/* where there was anything at all; bursts with pauses are even, too */
	double room = parts_with(meeting->silent, 1) * (double)PART / MEETING_MOMENT;
	double chance = room > 0 ? room * (1 - exp(-(meeting->sampled / room))) : 0;

	return meeting->moments && meeting->moments >= EVEN * chance;
}

bool meeting_is_fast(const struct meeting *meeting, const struct meeting_terms *terms)
{
	unsigned hour = sum(meeting->silent);

	if (!meeting_is_even(meeting) || terms->known < FAST_KNOWN)
		return false;
	if (terms->open)
		return !comes_back(meeting) &&
		       parts_with(meeting->silent, OPEN_PART * terms->servers) >= terms->parts &&
		       hour >= OPEN_HOUR * terms->servers &&
		       hour >= DEAD_SHARE * meeting_hour(meeting, NETWORKS_ALL);
	return parts_with(meeting->silent, FAST_PART * terms->servers) >= terms->parts &&
	       hour >= (terms->slow ? SLOW_HOUR : FAST_HOUR) * terms->servers;
}

bool meeting_is_steady(const struct meeting *meeting, const struct meeting_terms *terms)
{
	return !terms->open && terms->known >= STEADY_KNOWN && meeting_is_even(meeting) &&
	       sum(meeting->silent) >= (terms->slow ? SLOW_HOUR : STEADY_HOUR) * terms->servers &&
	       parts_with(meeting->silent, 1) >= STEADY_PARTS;
}

bool meeting_abandons(const struct meeting *meeting, const struct meeting_terms *terms)
{
	unsigned hour = sum(meeting->silent);

	if (meeting->left < LEFT_MIN || meeting->left < LEFT_SHARE * meeting->aged)
		return false;
	if (terms->open)
		return hour && meeting->day_silent >= DEAD_SHARE_LEFT * meeting->day_all;
	return hour >= (terms->slow ? SLOW_HOUR : ABANDON_HOUR) * terms->servers &&
	       meeting_is_even(meeting);
}

bool meeting_goes_on(const struct meeting *meeting, const struct meeting_terms *terms)
{
	return !terms->open && terms->known >= MEETING_AGE + HOUR &&
	       sum(meeting->silent) >= (terms->slow ? SLOW_HOUR : 1) * terms->servers &&
	       parts_with(meeting->silent, GOES_ON_PART) >= GOES_ON_PARTS;
}

bool meeting_is_proven(const struct meeting *meeting, const struct meeting_terms *terms)
{
	const double servers = terms->weight * terms->servers;

	return parts_with(meeting->proved, FAST_PART * servers) >= terms->parts &&
	       sum(meeting->proved) >= FAST_HOUR * servers;
}
