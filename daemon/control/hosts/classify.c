// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/classify.h"

/* What is no matter of taste is here, and measured: see the table of the detection benchmark. */
#define DEAD_HOUR 0.3 /* of infected-servers */
#define DEAD_SHARE 0.1
#define SCAN_PART 60      /* new destinations that make a 5-minute part count */
#define SCAN_FRESH 0.9    /* and the share of the new among those that it meets */
#define SCAN_NETWORKS 4   /* more of them than this in each network, or it is a fan-out */
#define QUEUE_MIN 5       /* destinations, to tell whether a host comes back to them */
#define QUEUE_SHARE 0.6   /* a queue comes back to this share or more; of refused zombies 40% do */
#define HAMMER_PARTS 3    /* 5-minute parts in a row with infected_tries */
#define HAMMER_SERVERS 30 /* more of them are a fan-out, or a queue */
#define FEW_SERVERS 6     /* an old setting names one; some names have several addresses */
#define FEW_TRIES 3
#define TIMED 0.2 /* variance by mean of attempts in half a minute: by chance 1, of a timer 0 */
#define SILENT_TRIES 2   /* packets that count as one attempt where nobody answers */
#define SILENT_PACKETS 5 /* packets of one attempt that nobody answers: 0, 1, 3, 7, 15 s */

/* New destinations, those that answered with less weight: a mail server's do. */
static double weigh(const struct thresholds *t, unsigned all, unsigned answered)
{
	unsigned silent = all > answered ? all - answered : 0;

	return silent + (double)(all - silent) / (double)t->answered_weight;
}

static double fresh_weight(const struct thresholds *t, const struct window_counts *counts)
{
	return weigh(t, counts->fresh, counts->answered);
}

static double servers_weight(const struct evidence *e, const struct thresholds *t,
			     enum window window)
{
	return weigh(t, e->servers[window], e->answered[window]);
}

/* What a watched host may do on the word of its past. */
static double allowance(const struct evidence *e, uint64_t threshold)
{
	return e->watched && 3.0 * e->past_peak > (double)threshold ? 3.0 * e->past_peak :
								      (double)threshold;
}

static bool share_at_least(unsigned part, unsigned whole, double share)
{
	return whole && part >= share * whole;
}

/* Does it come back to those that it met? */
static bool returns(const struct evidence *e)
{
	return e->early.mature >= QUEUE_MIN &&
	       share_at_least(e->early.returned, e->early.mature, QUEUE_SHARE);
}

/* --- infected --- */

static struct meeting_terms terms_of(const struct evidence *e, const struct thresholds *t)
{
	return (struct meeting_terms){.open = (e->guarded || e->monitored) &&
					      t->answered_weight > 1,
				      .slow = e->silent,
				      .servers = allowance(e, t->infected_servers),
				      .weight = (double)t->answered_weight,
				      .parts = (unsigned)t->infected_parts,
				      .known = e->known};
}

/*
 * Where port 25 is open, are enough of the servers dead? Counted by address, beside the sample of
 * networks, in which few dead ones among many others are a matter of chance.
 */
static bool has_dead(const struct evidence *e, const struct meeting_terms *terms)
{
	const struct window_counts *hour = &e->sum[WINDOW_HOUR];
	unsigned dead = hour->fresh > hour->answered ? hour->fresh - hour->answered : 0;

	return !terms->open || (dead >= DEAD_HOUR * terms->servers &&
				share_at_least(dead, hour->fresh, DEAD_SHARE));
}

/* Addresses of few networks, one after the other. */
static bool scans(const struct evidence *e, const struct thresholds *t)
{
	const struct window_counts *hour = &e->sum[WINDOW_HOUR];
	unsigned parts = 0;

	for (unsigned i = 0; i < WINDOW_HOUR_BUCKETS; i++)
		parts += fresh_weight(t, &e->hour[i]) >= SCAN_PART;
	return parts >= t->infected_parts &&
	       fresh_weight(t, hour) >= allowance(e, t->infected_servers) &&
	       share_at_least(hour->fresh, hour->met, SCAN_FRESH) &&
	       hour->fresh >= SCAN_NETWORKS * e->networks[WINDOW_HOUR];
}

/* Attempts, as packets. */
static double tries_limit(const struct evidence *e, const struct thresholds *t, uint64_t attempts)
{
	double tries = (double)attempts * (e->silent ? SILENT_TRIES : 1);

	/* open connections that are answered are mail */
	if (e->servers[WINDOW_HOUR] && 2 * e->answered[WINDOW_HOUR] > e->servers[WINDOW_HOUR])
		tries *= (double)t->answered_weight;
	return tries;
}

/*
 * Are there as many attempts in one half minute as in any other? Then a timer is behind them. Neither
 * the newest counts, which is not full, nor the first.
 */
static bool is_timed(const struct evidence *e)
{
	const double packets = e->silent ? SILENT_PACKETS :
					   1; /* of one attempt, which come together */
	double sum = 0, squares = 0, mean;
	unsigned parts = 0;

	for (unsigned i = 1; i + 1 < WINDOW_5MIN_BUCKETS && e->five[i + 1].attempts; i++) {
		sum += e->five[i].attempts;
		squares += (double)e->five[i].attempts * e->five[i].attempts;
		parts++;
	}
	if (parts < 2)
		return false;
	mean = sum / parts;
	return squares / parts - mean * mean < TIMED * mean * packets;
}

static bool hammers(const struct evidence *e, const struct thresholds *t)
{
	const double limit = tries_limit(e, t, t->infected_tries);
	unsigned parts = 0;

	/* the newest part is not full */
	for (unsigned i = e->hour[0].attempts < limit;
	     i < WINDOW_HOUR_BUCKETS && e->hour[i].attempts >= limit; i++)
		parts++;
	return parts >= HAMMER_PARTS && e->servers_recent <= HAMMER_SERVERS && !is_timed(e);
}

/* --- the others --- */

static uint32_t suspicions(const struct evidence *e, const struct thresholds *t)
{
	uint32_t rules = 0;

	if (servers_weight(e, t, WINDOW_5MIN) >= allowance(e, t->suspect_servers))
		rules |= 1u << RULE_MANY_AT_ONCE;
	if (servers_weight(e, t, WINDOW_HOUR) >= allowance(e, t->suspect_servers_hour))
		rules |= 1u << RULE_MANY_IN_AN_HOUR;
	if (e->sum[WINDOW_5MIN].attempts >= tries_limit(e, t, t->suspect_tries))
		rules |= 1u << RULE_VOLUME;
	if (e->over_burst)
		rules |= 1u << RULE_BURST;
	return rules;
}

/* A mail server whose mail is refused, and that has little else to send. */
static bool is_queue(const struct evidence *e, const struct thresholds *t)
{
	const struct window_counts *hour = &e->sum[WINDOW_HOUR];

	return returns(e) && (fresh_weight(t, hour) < (double)t->suspect_servers ||
			      !share_at_least(hour->fresh, hour->met, 0.5));
}

static bool answered_mostly(const struct evidence *e)
{
	return e->answered[WINDOW_DAY] && 2 * e->answered[WINDOW_DAY] >= e->servers[WINDOW_DAY];
}

static bool is_few(const struct evidence *e)
{
	uint32_t tries = e->sum[WINDOW_DAY].attempts;

	if (e->servers[WINDOW_DAY] > FEW_SERVERS || tries < FEW_TRIES ||
	    (e->guarded && answered_mostly(e)))
		return false;
	return e->runs >= 2 || tries >= 5 * FEW_TRIES;
}

static struct verdict decide(const struct evidence *e, const struct thresholds *t)
{
	const struct meeting_terms terms = terms_of(e, t);
	struct verdict verdict = {.class = CLASS_INFECTED};
	uint32_t suspect;

	if ((meeting_is_fast(&e->meeting, &terms) && has_dead(e, &terms)) ||
	    meeting_is_steady(&e->meeting, &terms))
		verdict.rules |= 1u << RULE_KEEPS_MEETING;
	if (meeting_abandons(&e->meeting, &terms))
		verdict.rules |= 1u << RULE_ABANDONS;
	if (meeting_goes_on(&e->meeting, &terms))
		verdict.rules |= 1u << RULE_GOES_ON;
	if (scans(e, t))
		verdict.rules |= 1u << RULE_SCANS;
	if (hammers(e, t))
		verdict.rules |= 1u << RULE_HAMMERS;
	if (verdict.rules)
		return verdict;
	if (is_queue(e, t))
		return (struct verdict){CLASS_MISCONFIGURED, 1u << RULE_QUEUE, false};
	suspect = suspicions(e, t);
	if (suspect)
		return (struct verdict){CLASS_SUSPECT, suspect, false};
	if (is_few(e))
		return (struct verdict){CLASS_MISCONFIGURED, 1u << RULE_FEW, false};
	if (answered_mostly(e))
		return (struct verdict){CLASS_CLEAN, 1u << RULE_ANSWERED, false};
	return (struct verdict){
		CLASS_CLEAN,
		1u << (e->servers[WINDOW_DAY] > FEW_SERVERS ? RULE_BELOW : RULE_LITTLE), false};
}

/* On the word of those that answered alone, so that nobody else can be behind it? */
static bool is_proven(const struct evidence *e, const struct thresholds *t,
		      const struct verdict *verdict)
{
	const struct meeting_terms terms = terms_of(e, t);

	if (verdict->rules == 1u << RULE_HAMMERS)
		return answered_mostly(e);
	return meeting_is_proven(&e->meeting, &terms);
}

struct verdict classify(const struct evidence *e, const struct thresholds *t)
{
	struct verdict verdict = decide(e, t);

	verdict.proven = verdict.class == CLASS_INFECTED && is_proven(e, t, &verdict);
	if (verdict.class >= CLASS_SUSPECT) {
		if (e->meeting.aged && !(verdict.rules & 1u << RULE_ABANDONS))
			verdict.rules |= 1u << RULE_NOT_RETURNED;
		if (e->watched)
			verdict.rules |= 1u << RULE_PAST;
		if (e->shared)
			verdict.rules |= 1u << RULE_SHARED;
		if (!e->verified && !verdict.proven)
			verdict.rules |= 1u << RULE_UNVERIFIED;
	}
	if (e->submissions)
		verdict.rules |= 1u << RULE_SUBMISSION;
	return verdict;
}
