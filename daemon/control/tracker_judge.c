// SPDX-License-Identifier: GPL-2.0-or-later
/* The evidence of a host, and what follows from it. */
#include <stdio.h>
#include <string.h>

#include "tracker_internal.h"

#define PEAK_KEPT 0.9 /* a day: half a week makes it two thirds, a month next to nothing */

static const struct thresholds no_policy = {.suspect_servers = UINT32_MAX,
					    .suspect_servers_hour = UINT32_MAX,
					    .suspect_tries = UINT32_MAX,
					    .infected_servers = UINT32_MAX,
					    .infected_tries = UINT32_MAX,
					    .infected_parts = WINDOW_HOUR_BUCKETS,
					    .answered_weight = 1};

const struct thresholds *tracker_thresholds(const struct tracker *tracker, const struct host *host)
{
	return host->policy < POLICIES_MAX && tracker->terms[host->policy].mode ?
		       &tracker->terms[host->policy].thresholds :
		       &no_policy;
}

static void most_tried(const struct contacts *contacts, uint32_t now, struct contact *most)
{
	for (unsigned i = 0; i < contacts->samples; i++) {
		const struct contact *contact = &contacts->sample[i];

		if (now - contact->last < CONTACTS_KEEP && contact->tries > most->tries)
			*most = *contact;
	}
}

static void windows_evidence(const struct tracker *tracker, const struct active *active,
			     struct evidence *e)
{
	const struct contacts *contacts = &active->contacts;
	const uint32_t now = tracker->now;

	for (enum window window = 0; window < WINDOWS; window++) {
		uint32_t seconds = window_seconds(window);

		e->sum[window] = windows_sum(&active->windows, window, now);
		e->servers[window] = contacts_servers(contacts, now, seconds);
		e->answered[window] = contacts_answered(contacts, now, seconds);
		e->networks[window] = networks_met(&contacts->networks, NETWORKS_ALL, now, seconds);
	}
	windows_list(&active->windows, WINDOW_5MIN, now, e->five);
	windows_list(&active->windows, WINDOW_HOUR, now, e->hour);
	windows_list(&active->windows, WINDOW_DAY, now, e->day);
}

void tracker_evidence(const struct tracker *tracker, const struct host *host,
		      const struct active *active, struct evidence *e)
{
	const struct tracker_terms *terms =
		&tracker->terms[host->policy < POLICIES_MAX ? host->policy : 0];
	const uint32_t now = tracker->now;

	memset(e, 0, sizeof(*e));
	windows_evidence(tracker, active, e);
	e->meeting = meeting_of(&active->contacts.networks, now,
				tracker_thresholds(tracker, host)->answered_weight == 1);
	e->servers_recent = contacts_servers(&active->contacts, now, tracker->remember_for + 300);
	e->early = contacts_returns(&active->contacts, now, EVIDENCE_EARLY);
	e->late = contacts_returns(&active->contacts, now, EVIDENCE_LATE);
	most_tried(&active->contacts, now, &e->most);
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
	verdict = classify(&evidence, tracker_thresholds(tracker, host));
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
	verdict = classify(&evidence, tracker_thresholds(tracker, host));
	if (verdict.class != (enum host_class)host->class) {
		snprintf(lines[0], HOST_REASON_MAX,
			 "%s, and so it stays while its incident is open; by the last day alone it "
			 "would be %s",
			 host_class_word(host->class), host_class_word(verdict.class));
		return 1 + classify_reasons(&evidence, &verdict, lines + 1, HOST_REASONS_MAX - 1);
	}
	return classify_reasons(&evidence, &verdict, lines, HOST_REASONS_MAX);
}
