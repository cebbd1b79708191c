// SPDX-License-Identifier: GPL-2.0-or-later
/* The evidence of a host, and what follows from it. */
#include <stdio.h>
#include <string.h>

#include "control/hosts/tracker_internal.h"

#define PEAK_KEPT 0.9 /* a day: half a week makes it two thirds, a month next to nothing */

static const struct thresholds no_policy = {.suspect_servers = UINT32_MAX,
					    .suspect_servers_hour = UINT32_MAX,
					    .suspect_tries = UINT32_MAX,
					    .infected_servers = UINT32_MAX,
					    .infected_tries = UINT32_MAX,
					    .infected_parts = WINDOW_HOUR_BUCKETS,
					    .answered_weight = 1};

static const struct thresholds *thresholds_of(const struct tracker *tracker,
					      const struct host *host)
{
	return host->policy < POLICIES_MAX && tracker->terms[host->policy].mode ?
		       &tracker->terms[host->policy].thresholds :
		       &no_policy;
}

static struct contact most_tried(const struct contact_sample *sample, uint32_t now)
{
	struct contact most = {.tries = 0}, contact;

	for (unsigned i = 0; i < sample->count; i++)
		if (contact_sample_get(sample, i, now, &contact) && contact.tries > most.tries)
			most = contact;
	return most;
}

static void windows_evidence(const struct windows *windows, uint32_t now, struct evidence *e)
{
	struct window_counts day[WINDOW_DAY_BUCKETS];

	windows_list(windows, WINDOW_5MIN, now, e->five);
	windows_list(windows, WINDOW_HOUR, now, e->hour);
	windows_list(windows, WINDOW_DAY, now, day);
	e->sum[WINDOW_5MIN] = window_sum(e->five, WINDOW_5MIN_BUCKETS);
	e->sum[WINDOW_HOUR] = window_sum(e->hour, WINDOW_HOUR_BUCKETS);
	e->sum[WINDOW_DAY] = window_sum(day, WINDOW_DAY_BUCKETS);
}

static void contacts_evidence(const struct tracker *tracker, const struct host *host,
			      const struct contacts *contacts, struct evidence *e)
{
	const uint32_t now = tracker->now;
	struct contact_counts counts[WINDOWS + 1];
	struct network_list networks;

	for (enum window window = 0; window < WINDOWS; window++)
		counts[window].seconds = window_seconds(window);
	counts[WINDOWS].seconds = tracker->remember_for + 300;
	contacts_count(contacts, now, counts, WINDOWS + 1);
	contacts_networks(contacts, now, &networks);
	for (enum window window = 0; window < WINDOWS; window++) {
		e->servers[window] = counts[window].servers;
		e->answered[window] = counts[window].answered;
		e->networks[window] =
			network_list_met(&networks, NETWORKS_ALL, counts[window].seconds);
	}
	e->servers_recent = counts[WINDOWS].servers;
	e->meeting = meeting_of(&networks, thresholds_of(tracker, host)->answered_weight == 1);
	e->early = contacts_returns(contacts, now, EVIDENCE_EARLY);
	e->most = most_tried(&contacts->sample, now);
}

void tracker_evidence(const struct tracker *tracker, const struct host *host,
		      const struct active *active, struct evidence *e)
{
	const struct tracker_terms *terms =
		&tracker->terms[host->policy < POLICIES_MAX ? host->policy : 0];
	const uint32_t now = tracker->now;

	memset(e, 0, sizeof(*e));
	windows_evidence(&active->windows, now, e);
	contacts_evidence(tracker, host, &active->contacts, e);
	e->runs = active->runs;
	if (active->runs > 1)
		e->interval = (active->run_latest - active->run_first) / (active->runs - 1);
	e->known = now - active->started;
	e->guarded = terms->mode == MODE_GUARD;
	e->monitored = terms->mode == MODE_MONITOR;
	e->silent = terms->mode == MODE_BLOCK && terms->deny == DENY_DROP;
	e->verified = active->verified;
	e->shared = active->shared;
	e->watched = active->watched;
	if (active->over_burst && now - active->over_burst_since < 3600)
		e->over_burst = active->over_burst;
	e->past_peak = host->peak;
	e->submissions = active->submissions;
}

/* The busiest hour of a host that behaves; older ones fade. */
static void learn_peak(const struct tracker *tracker, struct host *host,
		       const struct active *active)
{
	const uint8_t today = (uint8_t)(tracker->now / TRACKER_DAY);
	struct window_counts hours[WINDOW_DAY_BUCKETS];

	for (uint8_t days = (uint8_t)(today - host->peak_day); days && host->peak; days--)
		host->peak = (uint16_t)(PEAK_KEPT * host->peak);
	host->peak_day = today;
	if (!active->watched || host->class >= CLASS_SUSPECT)
		return;
	windows_list(&active->windows, WINDOW_DAY, tracker->now, hours);
	/* the hour before this one: it is whole, and nothing came of it */
	if (hours[1].fresh > host->peak)
		host->peak = (uint16_t)hours[1].fresh;
}

void tracker_judge(struct tracker *tracker, struct host *host, struct active *active)
{
	struct evidence evidence;
	struct verdict verdict;

	active->evaluated = tracker->now;
	tracker_evidence(tracker, host, active, &evidence);
	verdict = classify(&evidence, thresholds_of(tracker, host));
	if (host->pinned && host->class == CLASS_INFECTED && verdict.class != CLASS_INFECTED) {
		learn_peak(tracker, host, active);
		return;
	}
	active->proven = verdict.proven;
	tracker_set_class(tracker, host, verdict.class);
	learn_peak(tracker, host, active);
}

size_t host_reasons(const struct tracker *tracker, const struct host *host,
		    char lines[HOST_REASONS_MAX][HOST_REASON_MAX])
{
	const struct active *active = tracker_active(tracker, host);
	struct evidence evidence;
	struct verdict verdict;

	if (!active) {
		snprintf(lines[0], HOST_REASON_MAX,
			 "quiet for more than a day, or pushed out by others");
		return 1;
	}
	tracker_evidence(tracker, host, active, &evidence);
	verdict = classify(&evidence, thresholds_of(tracker, host));
	if (verdict.class != (enum host_class)host->class) {
		snprintf(lines[0], HOST_REASON_MAX,
			 "%s, and so it stays while its incident is open; by the last day alone it "
			 "would be %s",
			 host_class_word(host->class), host_class_word(verdict.class));
		return 1 + classify_reasons(&evidence, &verdict, lines + 1, HOST_REASONS_MAX - 1);
	}
	return classify_reasons(&evidence, &verdict, lines, HOST_REASONS_MAX);
}
