// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tallies.h"
#include "tracker.h"

struct pair {
	struct addr destination;
	uint32_t host; /* slot */
	uint32_t next; /* of the same host, slot + 1 */
};

struct tracker {
	struct hash_key key;
	struct slots host_slots, pair_slots;
	struct host *hosts;
	struct pair *pairs;
	struct tallies *tallies;
	uint32_t newest, oldest; /* slot + 1 */
	struct tracker_losses losses;
};

struct tracker *tracker_new(uint32_t max_hosts, uint32_t max_destinations, struct hash_key key)
{
	struct tracker *tracker = calloc(1, sizeof(*tracker));

	if (!tracker)
		return NULL;
	tracker->key = key;
	tracker->hosts = calloc(max_hosts, sizeof(*tracker->hosts));
	tracker->pairs = calloc(max_destinations, sizeof(*tracker->pairs));
	tracker->tallies = tallies_new(2 * max_hosts, key); /* refused and passed */
	if (tracker->hosts && tracker->pairs && tracker->tallies &&
	    !slots_init(&tracker->host_slots, max_hosts) &&
	    !slots_init(&tracker->pair_slots, max_destinations))
		return tracker;
	tracker_free(tracker);
	return NULL;
}

void tracker_free(struct tracker *tracker)
{
	if (!tracker)
		return;
	slots_release(&tracker->host_slots);
	slots_release(&tracker->pair_slots);
	tallies_free(tracker->tallies);
	free(tracker->hosts);
	free(tracker->pairs);
	free(tracker);
}

/* --- hosts, in the order in which they were last seen --- */

static struct host *host_at(struct tracker *tracker, uint32_t link)
{
	return link ? &tracker->hosts[link - 1] : NULL;
}

static uint32_t link_of(const struct tracker *tracker, const struct host *host)
{
	return (uint32_t)(host - tracker->hosts) + 1;
}

static uint64_t host_hash(const struct tracker *tracker, const struct prefix *prefix)
{
	return hash_bytes(&tracker->key, prefix, sizeof(*prefix));
}

static void order_remove(struct tracker *tracker, struct host *host)
{
	struct host *newer = host_at(tracker, host->newer), *older = host_at(tracker, host->older);

	*(newer ? &newer->older : &tracker->newest) = host->older;
	*(older ? &older->newer : &tracker->oldest) = host->newer;
}

static void order_first(struct tracker *tracker, struct host *host)
{
	uint32_t self = link_of(tracker, host);
	struct host *second = host_at(tracker, tracker->newest);

	host->newer = 0;
	host->older = tracker->newest;
	*(second ? &second->newer : &tracker->oldest) = self;
	tracker->newest = self;
}

static uint64_t pair_hash(const struct tracker *tracker, uint32_t host, const struct addr *addr)
{
	struct {
		uint32_t host;
		struct addr addr;
	} key;

	memset(&key, 0, sizeof(key));
	key.host = host;
	key.addr = *addr;
	return hash_bytes(&tracker->key, &key, sizeof(key));
}

static void forget(struct tracker *tracker, struct host *host)
{
	uint32_t slot = link_of(tracker, host) - 1;

	for (uint32_t link = host->pairs; link;) {
		struct pair *pair = &tracker->pairs[link - 1];
		uint32_t next = pair->next;

		slots_remove(&tracker->pair_slots, pair_hash(tracker, slot, &pair->destination),
			     link - 1);
		link = next;
	}
	order_remove(tracker, host);
	slots_remove(&tracker->host_slots, host_hash(tracker, &host->prefix), slot);
	tracker->losses.hosts_forgotten++;
}

static struct host *host_new(struct tracker *tracker, const struct prefix *prefix, uint64_t hash,
			     uint64_t now)
{
	uint32_t slot = slots_add(&tracker->host_slots, hash);
	struct host *host = host_at(tracker, tracker->oldest);

	if (slot == SLOT_NONE && host) {
		forget(tracker, host);
		slot = slots_add(&tracker->host_slots, hash);
	}
	host = &tracker->hosts[slot];
	memset(host, 0, sizeof(*host));
	host->prefix = *prefix;
	host->policy = TRACKER_NO_POLICY;
	host->first_seen = now;
	order_first(tracker, host);
	return host;
}

/* The record of @addr's host, made if need be and moved to the front. */
static struct host *host_seen(struct tracker *tracker, const struct addr *addr, unsigned length6,
			      uint64_t now)
{
	struct prefix prefix;
	struct host *host;
	uint64_t hash;

	memset(&prefix, 0, sizeof(prefix));
	prefix = prefix_of(addr, addr->family == FAMILY_IPV4 ? 32 : length6);
	hash = host_hash(tracker, &prefix);
	for (uint32_t slot = slots_first(&tracker->host_slots, hash); slot != SLOT_NONE;
	     slot = slots_next(&tracker->host_slots, slot)) {
		host = &tracker->hosts[slot];
		if (!prefix_equal(&host->prefix, &prefix))
			continue;
		order_remove(tracker, host);
		order_first(tracker, host);
		host->last_seen = now;
		return host;
	}
	host = host_new(tracker, &prefix, hash, now);
	host->last_seen = now;
	return host;
}

/* True: the host was not seen with this destination before. */
static bool pair_add(struct tracker *tracker, struct host *host, const struct addr *destination)
{
	uint32_t self = link_of(tracker, host) - 1, slot;
	uint64_t hash = pair_hash(tracker, self, destination);

	for (slot = slots_first(&tracker->pair_slots, hash); slot != SLOT_NONE;
	     slot = slots_next(&tracker->pair_slots, slot)) {
		const struct pair *pair = &tracker->pairs[slot];

		if (pair->host == self && addr_equal(&pair->destination, destination))
			return false;
	}
	slot = slots_add(&tracker->pair_slots, hash);
	if (slot == SLOT_NONE) {
		tracker->losses.destinations_uncounted++;
		return true;
	}
	tracker->pairs[slot] =
		(struct pair){.destination = *destination, .host = self, .next = host->pairs};
	host->pairs = slot + 1;
	host->destinations++;
	return true;
}

struct host *tracker_event(struct tracker *tracker, const struct message_event *event,
			   unsigned length6, bool *fresh)
{
	struct host *host = host_seen(tracker, &event->source, length6, event->time);

	host->events++;
	host->policy = event->policy;
	host->interface = event->interface;
	host->mac_length = event->mac_length == sizeof(host->mac) ? sizeof(host->mac) : 0;
	memcpy(host->mac, event->mac, host->mac_length);
	host->last_source = event->source;
	host->last_source_port = event->source_port;
	host->last_destination = event->destination;
	host->last_destination_port = event->destination_port;
	*fresh = pair_add(tracker, host, &event->destination);
	return host;
}

void tracker_tally(struct tracker *tracker, const struct message_tally *tally, unsigned length6,
		   uint8_t policy, uint64_t now)
{
	struct host *host;
	uint64_t more;
	int error = tallies_read(tracker->tallies, tally, &more);

	if (error)
		tracker->losses.tallies_unread++;
	if (error || !more)
		return;
	host = host_seen(tracker, &tally->host, length6, now);
	*(tally->kind == MESSAGE_REFUSED ? &host->refused : &host->passed) += more;
	if (host->policy == TRACKER_NO_POLICY)
		host->policy = policy;
	if (!host->last_source.family)
		host->last_source = tally->host;
}

void tracker_reading_end(struct tracker *tracker)
{
	tallies_end(tracker->tallies);
}

uint64_t host_attempts(const struct host *host)
{
	return host->refused + host->passed;
}

size_t tracker_count(const struct tracker *tracker)
{
	return tracker->host_slots.count;
}

struct host *tracker_newest(struct tracker *tracker)
{
	return host_at(tracker, tracker->newest);
}

struct host *tracker_older(struct tracker *tracker, const struct host *host)
{
	return host_at(tracker, host->older);
}

size_t tracker_top(struct tracker *tracker, const struct host **top, size_t count)
{
	size_t found = 0, at;

	for (struct host *host = tracker_newest(tracker); host;
	     host = tracker_older(tracker, host)) {
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

struct tracker_losses tracker_losses(const struct tracker *tracker)
{
	return tracker->losses;
}
