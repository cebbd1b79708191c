// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/hosts/tracker_internal.h"

#define RUN_REST 60 /* seconds of quiet after which a host begins a new run; tallies come late */
#define JUDGE_COUNTED 10 /* seconds between looks that packets alone are the reason for */
#define JUDGE_AGAIN 300  /* ... that time alone is */
#define SWEEP_SHARE 30   /* calls in which all are looked at */
#define SWEEP_MIN 64

struct tracker *tracker_new(uint32_t max_hosts, uint32_t max_active, uint32_t max_tallies,
			    struct hash_key key)
{
	struct tracker *tracker = calloc(1, sizeof(*tracker));

	if (!tracker)
		return NULL;
	tracker->key = key;
	tracker->max_active = max_active < max_hosts ? max_active : max_hosts;
	tracker->remember_for = 600;
	tracker->hosts = calloc(max_hosts, sizeof(*tracker->hosts));
	tracker->actives = calloc(tracker->max_active, sizeof(*tracker->actives));
	tracker->tallies = tallies_new(max_tallies, key);
	if (!tracker->hosts || !tracker->actives || !tracker->tallies ||
	    slots_init(&tracker->slots, max_hosts)) {
		tracker_free(tracker);
		return NULL;
	}
	levels_init(&tracker->host_levels, &tracker->hosts->links, sizeof(*tracker->hosts));
	levels_init(&tracker->active_levels, &tracker->actives->links, sizeof(*tracker->actives));
	return tracker;
}

void tracker_free(struct tracker *tracker)
{
	if (!tracker)
		return;
	slots_release(&tracker->slots);
	tallies_free(tracker->tallies);
	free(tracker->actives);
	free(tracker->hosts);
	free(tracker);
}

void tracker_observe(struct tracker *tracker, tracker_observer *observer, void *ctx)
{
	tracker->observer = observer;
	tracker->ctx = ctx;
}

void tracker_terms(struct tracker *tracker, unsigned policy, const struct tracker_terms *terms)
{
	if (policy < POLICIES_MAX)
		tracker->terms[policy] = *terms;
}

void tracker_remember_for(struct tracker *tracker, uint32_t seconds)
{
	tracker->remember_for = seconds;
}

/* --- time --- */

void tracker_clock(struct tracker *tracker, int64_t stepped_ms)
{
	tracker->offset_ms -= stepped_ms;
}

/* An event that comes late counts as of now: what was written stays in order. */
void tracker_advance(struct tracker *tracker, uint64_t real)
{
	int64_t seconds = ((int64_t)(real / 1000000) + tracker->offset_ms) / 1000;

	if (seconds > tracker->now)
		tracker->now = seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

static int64_t real_time(const struct tracker *tracker, uint32_t time)
{
	return (int64_t)time - tracker->offset_ms / 1000;
}

int64_t host_first_seen(const struct tracker *tracker, const struct host *host)
{
	return real_time(tracker, host->first_seen);
}

int64_t host_last_seen(const struct tracker *tracker, const struct host *host)
{
	return real_time(tracker, host->last_seen);
}

/* --- what comes in --- */

static void note_run(struct active *active, uint32_t quiet_since, uint32_t now)
{
	if (active->runs && now - quiet_since < RUN_REST)
		return;
	if (!active->runs)
		active->run_first = now;
	active->run_latest = now;
	active->runs++;
}

static void note_source(struct active *active, const struct tracker_source *source)
{
	active->verified = source->verified;
	active->shared = source->shared;
	active->watched = source->watched;
}

static void note_burst(struct active *active, uint32_t now)
{
	if (!active->over_burst || now - active->over_burst_since >= 3600) {
		active->over_burst = 0;
		active->over_burst_since = now;
	}
	active->over_burst++;
}

static void note_packet(struct active *active, const struct message_event *event)
{
	active->questions++;
	active->interface = event->interface;
	active->mac_length = event->mac_length == sizeof(active->mac) ? sizeof(active->mac) : 0;
	memcpy(active->mac, event->mac, active->mac_length);
	active->last_source = event->source;
	active->last_source_port = event->source_port;
	active->last_destination = event->destination;
	active->last_destination_port = event->destination_port;
}

static struct host *handshake(struct tracker *tracker, const struct message_event *event)
{
	struct host *host = tracker_find(tracker, &event->source);
	struct active *active = host ? tracker_active(tracker, host) : NULL;
	struct window_counts more = {0};

	if (!active)
		return NULL;
	more.answered = contacts_answer(&active->contacts, &tracker->key, &event->destination,
					tracker->now);
	windows_add(&active->windows, tracker->now, more);
	if (active->evaluated != tracker->now)
		tracker_judge(tracker, host, active);
	return host;
}

static struct host *attempt(struct tracker *tracker, const struct message_event *event,
			    const struct tracker_source *source, bool *fresh)
{
	struct host *host = tracker_admit(tracker, &event->source, source->length6);
	struct window_counts more = {.met = 1};
	struct active *active;

	if (!host)
		return NULL;
	*fresh = tracker->now == host->first_seen && !host->destinations;
	host->policy = event->policy;
	active = tracker_activate(tracker, host);
	if (!active) {
		tracker->losses.details_unadmitted++;
		host->destinations += host->destinations < UINT16_MAX;
		tracker_touch(tracker, host);
		return host;
	}
	note_packet(active, event);
	note_source(active, source);
	note_run(active, host->last_seen, tracker->now);
	if (event->action == MARK_REFUSE && event->policy < POLICIES_MAX &&
	    tracker->terms[event->policy].mode == MODE_GUARD)
		note_burst(active, tracker->now);
	more.fresh = contacts_meet(&active->contacts, &tracker->key, &event->destination,
				   event->source_port, tracker->now);
	*fresh = more.fresh > 0;
	active->destinations += more.fresh;
	host->destinations = active->destinations < UINT16_MAX ? (uint16_t)active->destinations :
								 UINT16_MAX;
	windows_add(&active->windows, tracker->now, more);
	tracker_touch(tracker, host);
	/* each one counts while they are few; later a look a second is enough */
	if ((more.fresh && !active->contacts.sketched) || active->evaluated != tracker->now)
		tracker_judge(tracker, host, active);
	return host;
}

struct host *tracker_event(struct tracker *tracker, const struct message_event *event,
			   const struct tracker_source *source, bool *fresh)
{
	*fresh = false;
	tracker_advance(tracker, event->time);
	return event->kind == MESSAGE_HANDSHAKE ? handshake(tracker, event) :
						  attempt(tracker, event, source, fresh);
}

static void count_submissions(struct tracker *tracker, const struct addr *addr, uint64_t packets)
{
	struct host *host = tracker_find(tracker, addr);
	struct active *active = host ? tracker_active(tracker, host) : NULL;

	if (active)
		active->submissions += packets < UINT32_MAX - active->submissions ?
					       (uint32_t)packets :
					       UINT32_MAX - active->submissions;
}

static void count_attempts(struct tracker *tracker, struct host *host, uint64_t packets)
{
	struct active *active = tracker_activate(tracker, host);
	struct window_counts more = {.attempts = packets < UINT32_MAX ? (uint32_t)packets :
									UINT32_MAX};

	host->untold = (int64_t)host->untold + (int64_t)more.attempts < INT32_MAX ?
			       host->untold + (int32_t)more.attempts :
			       INT32_MAX;
	if (!active) {
		tracker_touch(tracker, host);
		return;
	}
	note_run(active, host->last_seen, tracker->now);
	windows_add(&active->windows, tracker->now, more);
	tracker_touch(tracker, host);
	if (tracker->now - active->evaluated >= JUDGE_COUNTED)
		tracker_judge(tracker, host, active);
}

void tracker_counted(struct tracker *tracker, const struct addr *addr, unsigned kind,
		     uint64_t packets, const struct tracker_source *source, uint64_t now)
{
	struct host *host;

	tracker_advance(tracker, now);
	if (kind == MESSAGE_SUBMISSION) {
		count_submissions(tracker, addr, packets);
		return;
	}
	host = tracker_admit(tracker, addr, source->length6);
	if (!host)
		return;
	*(kind == MESSAGE_REFUSED ? &host->refused : &host->passed) += packets;
	if (host->policy == TRACKER_NO_POLICY)
		host->policy = source->policy;
	count_attempts(tracker, host, packets);
}

void tracker_tally(struct tracker *tracker, const struct message_tally *tally,
		   const struct tracker_source *source, uint64_t now)
{
	uint64_t more;
	int error = tallies_read(tracker->tallies, tally, &more);

	if (error)
		tracker->losses.tallies_unread++;
	if (!error && more)
		tracker_counted(tracker, &tally->host, tally->kind, more, source, now);
}

void tracker_reading_end(struct tracker *tracker)
{
	tallies_end(tracker->tallies);
}

/* --- time alone --- */

static void sweep(struct tracker *tracker, struct host *host, struct active *active)
{
	const uint32_t now = tracker->now, quiet = now - host->last_seen;

	if (quiet >= TRACKER_DAY && !host->pinned) {
		tracker_idle(tracker, host);
		return;
	}
	if (now - active->expired >= TRACKER_DAY) {
		contacts_expire(&active->contacts, now);
		active->expired = now;
	}
	/* for a host that is quiet, time can but take evidence away */
	if (host->last_seen > active->evaluated ||
	    (host->class && now - active->evaluated >= JUDGE_AGAIN))
		tracker_judge(tracker, host, active);
}

void tracker_sweep(struct tracker *tracker, uint64_t now)
{
	uint32_t count = tracker->fresh_active / SWEEP_SHARE + SWEEP_MIN;

	tracker_advance(tracker, now);
	if (count > tracker->fresh_active)
		count = tracker->fresh_active;
	for (; count; count--) {
		uint32_t link = tracker->sweep_at++ % tracker->fresh_active + 1;
		struct active *active = &tracker->actives[link - 1];
		struct host *host = &tracker->hosts[active->host];

		if (host->active == link)
			sweep(tracker, host, active);
	}
}

/* --- what others ask --- */

struct host *tracker_next(struct tracker *tracker, const struct host *host)
{
	uint32_t slot = host ? tracker_link(tracker, host) : 0;

	while (slot < tracker->slots.fresh && !tracker->hosts[slot].length)
		slot++;
	return slot < tracker->slots.fresh ? &tracker->hosts[slot] : NULL;
}

size_t tracker_top(struct tracker *tracker, const struct host **top, size_t count)
{
	size_t found = 0, at;

	for (struct host *host = tracker_next(tracker, NULL); host;
	     host = tracker_next(tracker, host)) {
		for (at = found; at > 0 && host_attempts(top[at - 1]) < host_attempts(host); at--)
			if (at < count)
				top[at] = top[at - 1];
		if (at < count)
			top[at] = host;
		if (at < count && found < count)
			found++;
	}
	return found;
}

size_t tracker_count(const struct tracker *tracker)
{
	return tracker->slots.count;
}

size_t tracker_active_count(const struct tracker *tracker)
{
	return tracker->active_count;
}

size_t tracker_class_count(const struct tracker *tracker, enum host_class class)
{
	return tracker->classes[class];
}

struct tracker_losses tracker_losses(const struct tracker *tracker)
{
	return tracker->losses;
}

void tracker_pin(struct tracker *tracker, struct host *host, bool pinned)
{
	host->pinned = pinned;
	tracker_level(tracker, host);
}

void tracker_renew(struct tracker *tracker, struct host *host)
{
	const bool pinned = host->pinned;

	host->pinned = false;
	tracker_idle(tracker, host);
	tracker_set_class(tracker, host, CLASS_CLEAN);
	tracker_pin(tracker, host, pinned);
}

void tracker_forget(struct tracker *tracker, struct host *host)
{
	tracker_remove(tracker, host);
}

struct host *tracker_recall(struct tracker *tracker, const struct prefix *prefix,
			    enum host_class class, const struct tracker_source *source,
			    uint64_t now)
{
	struct host *host;
	struct active *active;

	tracker_advance(tracker, now);
	host = tracker_admit(tracker, &prefix->addr, prefix->length);
	active = host ? tracker_activate(tracker, host) : NULL;
	if (!active)
		return NULL;
	if (host->policy == TRACKER_NO_POLICY)
		host->policy = source->policy;
	note_source(active, source);
	tracker->classes[host->class]--;
	tracker->classes[class]++;
	host->class = (unsigned)class & 3;
	tracker_level(tracker, host);
	return host;
}

uint64_t host_attempts(const struct host *host)
{
	return host->refused + host->passed;
}

uint64_t host_tries(const struct tracker *tracker, const struct host *host)
{
	const struct active *active = tracker_active(tracker, host);
	const uint64_t attempts = host_attempts(host), questions = active ? active->questions : 0;

	return attempts > questions ? attempts : questions;
}

uint32_t host_destinations(const struct tracker *tracker, const struct host *host)
{
	const struct active *active = tracker_active(tracker, host);
	uint64_t tries;

	if (!active)
		return host->destinations;
	/* an estimate, but that there was a try for each of them is known */
	tries = host_tries(tracker, host);
	return active->destinations < tries ? active->destinations : (uint32_t)tries;
}

uint32_t host_interface(const struct tracker *tracker, const struct host *host)
{
	const struct active *active = tracker_active(tracker, host);

	return active ? active->interface : 0;
}

struct host_lines *host_lines(struct tracker *tracker, const struct host *host)
{
	struct active *active = tracker_active(tracker, host);

	return active ? &active->lines : NULL;
}

bool host_facts(const struct tracker *tracker, const struct host *host, struct host_facts *facts)
{
	const struct active *active = tracker_active(tracker, host);
	struct evidence evidence;

	memset(facts, 0, sizeof(*facts));
	if (!active)
		return false;
	tracker_evidence(tracker, host, active, &evidence);
	memcpy(facts->counts, evidence.sum, sizeof(facts->counts));
	for (enum window window = 0; window < WINDOWS; window++)
		facts->servers[window] = evidence_servers(&evidence, window);
	memcpy(facts->answered, evidence.answered, sizeof(facts->answered));
	memcpy(facts->networks, evidence.networks, sizeof(facts->networks));
	facts->exact = !active->contacts.sketched;
	facts->questions = active->questions;
	facts->submissions = active->submissions;
	facts->interface = active->interface;
	facts->mac_length = active->mac_length;
	memcpy(facts->mac, active->mac, sizeof(facts->mac));
	facts->verified = active->verified;
	facts->shared = active->shared;
	facts->watched = active->watched;
	facts->believed = active->verified || active->proven;
	facts->last_source = active->last_source;
	facts->last_destination = active->last_destination;
	facts->last_source_port = active->last_source_port;
	facts->last_destination_port = active->last_destination_port;
	return true;
}

size_t host_sample(const struct tracker *tracker, const struct host *host,
		   struct contact sample[CONTACTS_SAMPLE])
{
	const struct active *active = tracker_active(tracker, host);
	size_t count = 0;

	for (unsigned i = 0; active && i < active->contacts.sample.count; i++) {
		struct contact *contact = &sample[count];

		if (!contact_sample_get(&active->contacts.sample, i, tracker->now, contact))
			continue;
		contact->first = (uint32_t)real_time(tracker, contact->first);
		contact->last = (uint32_t)real_time(tracker, contact->last);
		count++;
	}
	return count;
}
