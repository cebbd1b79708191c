// SPDX-License-Identifier: GPL-2.0-or-later
/* Which hosts have a record, which of them a large one, and which make room for others. */
#include <string.h>

#include "control/hosts/tracker_internal.h"

#define LEVEL_PINNED (LEVELS - 1)

/*
 * Seconds for which a record of a level is safe from a newcomer that is no more interesting than it.
 * Those of one attempt: long enough that a host which goes on is seen again, at one attempt a minute.
 */
static const uint32_t grace[LEVEL_PINNED] = {90,        600,         3600,       6 * 3600,
					     12 * 3600, TRACKER_DAY, TRACKER_DAY};

static unsigned level_of(const struct host *host)
{
	uint64_t much = host_attempts(host);

	if (host->pinned)
		return LEVEL_PINNED;
	if (host->class)
		return 3u + host->class;
	if (host->destinations > much)
		much = host->destinations;
	return much <= 1 ? 0 : much <= 3 ? 1 : much <= 15 ? 2 : 3;
}

uint32_t tracker_link(const struct tracker *tracker, const struct host *host)
{
	return (uint32_t)(host - tracker->hosts) + 1;
}

struct active *tracker_active(const struct tracker *tracker, const struct host *host)
{
	return host->active ? &tracker->actives[host->active - 1] : NULL;
}

static void leave(struct tracker *tracker, const struct host *host)
{
	levels_remove(&tracker->host_levels, tracker_link(tracker, host), host->level);
	if (host->active)
		levels_remove(&tracker->active_levels, host->active, host->level);
}

void tracker_touch(struct tracker *tracker, struct host *host)
{
	leave(tracker, host);
	host->level = level_of(host) & 7;
	host->last_seen = tracker->now;
	levels_put_newest(&tracker->host_levels, tracker_link(tracker, host), host->level);
	if (host->active)
		levels_put_newest(&tracker->active_levels, host->active, host->level);
}

void tracker_level(struct tracker *tracker, struct host *host)
{
	unsigned level = level_of(host), old = host->level;
	void (*put)(struct levels *, uint32_t, unsigned) =
		level > old || tracker->now == host->last_seen ? levels_put_newest :
								 levels_put_oldest;

	if (level == old)
		return;
	leave(tracker, host);
	host->level = level & 7;
	put(&tracker->host_levels, tracker_link(tracker, host), level);
	if (host->active)
		put(&tracker->active_levels, host->active, level);
}

void tracker_set_class(struct tracker *tracker, struct host *host, enum host_class class)
{
	enum host_class before = host->class;

	if (class == before)
		return;
	tracker->classes[before]--;
	tracker->classes[class]++;
	host->class = (unsigned)class & 3;
	tracker_level(tracker, host);
	if (tracker->observer)
		tracker->observer(tracker->ctx, host, before);
}

/* --- who makes room --- */

static const struct host *host_of(const struct tracker *tracker, bool active, uint32_t link)
{
	return &tracker->hosts[active ? tracker->actives[link - 1].host : link - 1];
}

/* The record that goes for a newcomer of @level; 0: none is so uninteresting. */
static uint32_t victim(const struct tracker *tracker, bool active, unsigned level)
{
	const struct levels *levels = active ? &tracker->active_levels : &tracker->host_levels;

	for (unsigned i = 0; i < LEVEL_PINNED; i++) {
		uint32_t link = levels->oldest[i];

		if (link && (i < level ||
			     tracker->now - host_of(tracker, active, link)->last_seen >= grace[i]))
			return link;
	}
	return 0;
}

/* --- active records --- */

void tracker_idle(struct tracker *tracker, struct host *host)
{
	struct active *active = tracker_active(tracker, host);

	if (!active)
		return;
	host->destinations = active->destinations < UINT16_MAX ? (uint16_t)active->destinations :
								 UINT16_MAX;
	levels_remove(&tracker->active_levels, host->active, host->level);
	active->links.older = tracker->free_active;
	tracker->free_active = host->active;
	tracker->active_count--;
	host->active = 0;
	/* without evidence there is no class; who keeps an incident open pinned it */
	if (!host->pinned)
		tracker_set_class(tracker, host, CLASS_CLEAN);
}

static uint32_t active_room(struct tracker *tracker, const struct host *host)
{
	uint32_t link = tracker->free_active;
	struct host *other;

	if (link) {
		tracker->free_active = tracker->actives[link - 1].links.older;
		return link;
	}
	if (tracker->fresh_active < tracker->max_active)
		return ++tracker->fresh_active;
	link = victim(tracker, true, host->level);
	if (!link)
		return 0;
	other = &tracker->hosts[tracker->actives[link - 1].host];
	if (tracker->now - other->last_seen < TRACKER_DAY)
		tracker->losses.details_forgotten++;
	tracker_idle(tracker, other);
	tracker->free_active = tracker->actives[link - 1].links.older;
	return link;
}

struct active *tracker_activate(struct tracker *tracker, struct host *host)
{
	struct active *active = tracker_active(tracker, host);
	uint32_t link;

	if (active)
		return active;
	link = active_room(tracker, host);
	if (!link)
		return NULL;
	active = &tracker->actives[link - 1];
	memset(active, 0, sizeof(*active));
	active->host = tracker_link(tracker, host) - 1;
	active->started = active->expired = tracker->now;
	active->destinations = host->destinations;
	active->lines.written_destinations = host->destinations;
	active->lines.last_attempts = host->untold > 0 ? 0 : host_attempts(host);
	windows_start(&active->windows, tracker->now);
	host->active = link;
	tracker->active_count++;
	levels_put_newest(&tracker->active_levels, link, host->level);
	return active;
}

/* --- hosts --- */

static uint64_t hash_of(const struct tracker *tracker, uint64_t network, unsigned length)
{
	const uint64_t key[2] = {network, length};

	return hash_bytes(&tracker->key, key, sizeof(key));
}

static uint64_t network_of(const struct addr *addr, unsigned length)
{
	const struct addr masked = addr_mask(addr, length);
	size_t size = addr->family == FAMILY_IPV4 ? 4 : 8;
	uint64_t network = 0;

	for (size_t i = 0; i < size; i++)
		network = network << 8 | masked.bytes[i];
	return network;
}

static struct host *find(const struct tracker *tracker, uint64_t network, unsigned length)
{
	uint32_t slot = slots_first(&tracker->slots, hash_of(tracker, network, length));

	for (; slot != SLOT_NONE; slot = slots_next(&tracker->slots, slot)) {
		struct host *host = &tracker->hosts[slot];

		if (host->network == network && host->length == length)
			return host;
	}
	return NULL;
}

void tracker_remove(struct tracker *tracker, struct host *host)
{
	uint32_t link = tracker_link(tracker, host);

	if (host->active) {
		struct active *active = tracker_active(tracker, host);

		levels_remove(&tracker->active_levels, host->active, host->level);
		active->links.older = tracker->free_active;
		tracker->free_active = host->active;
		tracker->active_count--;
	}
	levels_remove(&tracker->host_levels, link, host->level);
	tracker->classes[host->class]--;
	slots_remove(&tracker->slots, hash_of(tracker, host->network, host->length), link - 1);
	memset(host, 0, sizeof(*host));
}

static struct host *add(struct tracker *tracker, uint64_t network, unsigned length)
{
	uint64_t hash = hash_of(tracker, network, length);
	uint32_t slot = slots_add(&tracker->slots, hash), gone;
	struct host *host;

	if (slot == SLOT_NONE) {
		gone = victim(tracker, false, 0);
		if (!gone) {
			tracker->losses.hosts_unadmitted++;
			return NULL;
		}
		/* the observer hears of a class that is lost */
		tracker_idle(tracker, &tracker->hosts[gone - 1]);
		tracker_remove(tracker, &tracker->hosts[gone - 1]);
		tracker->losses.hosts_forgotten++;
		slot = slots_add(&tracker->slots, hash);
	}
	host = &tracker->hosts[slot];
	*host = (struct host){.network = network,
			      .length = (uint8_t)length,
			      .policy = TRACKER_NO_POLICY,
			      .first_seen = tracker->now,
			      .last_seen = tracker->now};
	tracker->classes[CLASS_CLEAN]++;
	levels_put_newest(&tracker->host_levels, slot + 1, 0);
	if (length != 32)
		tracker->lengths6[length] = 1;
	return host;
}

struct host *tracker_admit(struct tracker *tracker, const struct addr *addr, unsigned length6)
{
	unsigned length = addr->family == FAMILY_IPV4 ? 32 : length6;
	uint64_t network = network_of(addr, length);
	struct host *host = find(tracker, network, length);

	return host ? host : add(tracker, network, length);
}

struct host *tracker_find_prefix(struct tracker *tracker, const struct prefix *prefix)
{
	return find(tracker, network_of(&prefix->addr, prefix->length), prefix->length);
}

struct host *tracker_find(struct tracker *tracker, const struct addr *addr)
{
	struct host *host;

	if (addr->family == FAMILY_IPV4)
		return find(tracker, network_of(addr, 32), 32);
	for (unsigned length = POLICY_HOST_PREFIX6_MAX; length >= POLICY_HOST_PREFIX6_MIN;
	     length--) {
		host = tracker->lengths6[length] ? find(tracker, network_of(addr, length), length) :
						   NULL;
		if (host)
			return host;
	}
	return NULL;
}

struct prefix host_prefix(const struct host *host)
{
	const bool ipv4 = host->length == 32;
	const unsigned size = ipv4 ? 4 : 8;
	struct prefix prefix = {.length = host->length};

	prefix.addr.family = ipv4 ? FAMILY_IPV4 : FAMILY_IPV6;
	for (unsigned i = 0; i < size; i++)
		prefix.addr.bytes[i] = (uint8_t)(host->network >> (8 * (size - 1 - i)));
	return prefix;
}
