// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of a host across a restart. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/hosts/tracker_internal.h"

#define MARKS_PREFIX6_MIN 56 /* 256 networks to look for; a shorter prefix has too many */

static int64_t real_time(const struct tracker *tracker, uint32_t time)
{
	return (int64_t)time - tracker->offset_ms / 1000;
}

static uint32_t own_time(const struct tracker *tracker, int64_t real)
{
	const int64_t time = real + tracker->offset_ms / 1000;

	return time < 1 ? 1 : time > tracker->now ? tracker->now : (uint32_t)time;
}

/* --- the tallies of a host: "KIND BIRTH PACKETS NETWORK," each; NETWORK of IPv6 only --- */

static size_t write_mark(const struct tracker *tracker, const struct addr *addr, unsigned network,
			 char *text, size_t size)
{
	size_t used = 0;

	for (uint8_t kind = MESSAGE_REFUSED; kind <= MESSAGE_SUBMISSION; kind++) {
		struct message_tally last = {.host = *addr, .kind = kind};
		int length;

		if (!tallies_get(tracker->tallies, &last))
			continue;
		length = snprintf(text + used, size - used, "%u %" PRIu32 " %" PRIu64 " %u,", kind,
				  last.birth, last.packets, network);
		if (length < 0 || (size_t)length >= size - used) {
			text[used] = '\0';
			break;
		}
		used += (size_t)length;
	}
	return used;
}

/* The /64 with this number in a prefix. */
static struct addr network_at(const struct prefix *prefix, unsigned number)
{
	struct addr addr = prefix->addr;

	if (addr.family == FAMILY_IPV6)
		addr.bytes[7] = (uint8_t)(addr.bytes[7] | number);
	return addr;
}

static unsigned networks_of(const struct prefix *prefix)
{
	return prefix->addr.family == FAMILY_IPV4 ? 1 : 1u << (64 - prefix->length);
}

void host_past(const struct tracker *tracker, const struct host *host, struct host_past *past,
	       char tallies[HOST_TALLIES_TEXT_MAX])
{
	const struct prefix prefix = host_prefix(host);
	size_t used = 0;

	*past = (struct host_past){
		.prefix = prefix,
		.class = host->class,
		.first_seen = real_time(tracker, host->first_seen),
		.last_seen = real_time(tracker, host->last_seen),
		.refused = host->refused,
		.passed = host->passed,
		.destinations = host_destinations(tracker, host),
	};
	tallies[0] = '\0';
	if (prefix.addr.family == FAMILY_IPV6 && prefix.length < MARKS_PREFIX6_MIN)
		return;
	for (unsigned i = 0; i < networks_of(&prefix); i++) {
		const struct addr addr = network_at(&prefix, i);

		used += write_mark(tracker, &addr, i, tallies + used, HOST_TALLIES_TEXT_MAX - used);
	}
}

static void read_marks(struct tracker *tracker, const struct prefix *prefix, const char *text)
{
	unsigned kind, network;
	uint32_t birth;
	uint64_t packets;
	int length;

	while (sscanf(text, "%u %" SCNu32 " %" SCNu64 " %u,%n", &kind, &birth, &packets, &network,
		      &length) == 4) {
		if (kind >= MESSAGE_REFUSED && kind <= MESSAGE_SUBMISSION &&
		    network < networks_of(prefix)) {
			const struct message_tally last = {.host = network_at(prefix, network),
							   .kind = (uint8_t)kind,
							   .birth = birth,
							   .packets = packets};

			tallies_put(tracker->tallies, &last);
		}
		text += length;
	}
}

struct host *tracker_restore(struct tracker *tracker, const struct host_past *past, uint8_t policy,
			     const char *tallies, uint64_t now)
{
	struct host *host;
	bool fresh;

	tracker_advance(tracker, now);
	fresh = !tracker_find_prefix(tracker, &past->prefix);
	host = tracker_admit(tracker, &past->prefix.addr, past->prefix.length);
	if (!host)
		return NULL;
	host->refused += past->refused;
	host->passed += past->passed;
	host->first_seen = own_time(tracker, past->first_seen);
	if (fresh) {
		host->policy = policy;
		host->destinations =
			past->destinations < UINT16_MAX ? (uint16_t)past->destinations : UINT16_MAX;
		tracker_touch(tracker, host);
		host->last_seen = own_time(tracker, past->last_seen);
		read_marks(tracker, &past->prefix, tallies);
	}
	return host;
}
