/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record for each host that tried port 25: an IPv4 address, or as much of an IPv6 address as is
 * one subscriber. Attempts come from the kernel's tallies (every packet counted), destinations from
 * the events (every pair asked once). Pure: time comes in, nothing goes out.
 *
 * Memory is bounded: when all records are in use, the host that was quiet for the longest time
 * makes room; when all pairs are in use, further destinations are not counted. Both are losses.
 */
#ifndef EDGE25_CONTROL_TRACKER_H
#define EDGE25_CONTROL_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "slots.h"

#define TRACKER_NO_POLICY 0xff

struct host {
	struct prefix prefix;
	uint8_t policy; /* number, or TRACKER_NO_POLICY */
	uint8_t mac_length;
	uint8_t mac[6];
	uint32_t interface;             /* ifindex; 0: not known */
	uint64_t first_seen, last_seen; /* CLOCK_REALTIME, ns */
	uint64_t refused, passed;       /* packets, by the kernel's count */
	uint64_t events;
	uint32_t destinations;
	struct addr last_source, last_destination;
	uint16_t last_source_port, last_destination_port;
	/* The reporter's: */
	uint64_t hour; /* since 1970, that the lines below were written in */
	uint32_t hour_lines;
	uint32_t written_destinations; /* as the last line said */
	uint64_t written_attempts;     /* that lines have told of */
	uint64_t last_attempts;        /* as the last line said */
	/* The tracker's: */
	uint32_t pairs;        /* first of its pairs, slot + 1 */
	uint32_t newer, older; /* by last_seen, slot + 1 */
};

struct tracker_losses {
	uint64_t hosts_forgotten;
	uint64_t destinations_uncounted;
	uint64_t tallies_unread;
};

struct tracker;

struct tracker *tracker_new(uint32_t max_hosts, uint32_t max_destinations, struct hash_key key);
void tracker_free(struct tracker *tracker);

/* An event of a host whose prefix is @length6 long in IPv6; *fresh: its first to that destination. */
struct host *tracker_event(struct tracker *tracker, const struct message_event *event,
			   unsigned length6, bool *fresh);
/* One element of a reading. @policy counts when no event has told it yet. */
void tracker_tally(struct tracker *tracker, const struct message_tally *tally, unsigned length6,
		   uint8_t policy, uint64_t now);
/* The reading is whole: what it did not have has expired in the kernel. */
void tracker_reading_end(struct tracker *tracker);

uint64_t host_attempts(const struct host *host);
size_t tracker_count(const struct tracker *tracker);
/* Host that was seen last, and the one seen before @host; NULL at the end. */
struct host *tracker_newest(struct tracker *tracker);
struct host *tracker_older(struct tracker *tracker, const struct host *host);
/* The @count hosts with most attempts, most first; returns how many there are. */
size_t tracker_top(struct tracker *tracker, const struct host **top, size_t count);
struct tracker_losses tracker_losses(const struct tracker *tracker);

#endif
