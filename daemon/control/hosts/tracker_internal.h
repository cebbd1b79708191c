/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the tracker share. */
#ifndef EDGE25_CONTROL_TRACKER_INTERNAL_H
#define EDGE25_CONTROL_TRACKER_INTERNAL_H

#include "control/hosts/tallies.h"
#include "control/hosts/tracker.h"

#define TRACKER_DAY (24 * 60 * 60)

/* What is known of a host that was seen within a day. Times: tracker_time(). */
struct active {
	struct windows windows;
	struct contacts contacts;
	struct host_lines lines;
	uint32_t host; /* slot */
	struct level_links links;
	uint32_t started, evaluated, expired;
	uint32_t run_first, run_latest; /* when the first and the latest run began */
	uint32_t runs;
	uint32_t over_burst, over_burst_since;
	uint32_t questions, submissions, destinations;
	uint32_t interface;
	struct addr last_source, last_destination;
	uint16_t last_source_port, last_destination_port;
	uint8_t mac[6];
	uint8_t mac_length;
	bool verified, shared, watched;
	bool proven; /* enum verdict, of the last look */
};

_Static_assert(sizeof(struct active) <= TRACKER_ACTIVE_BYTES, "is what the header says");
_Static_assert(sizeof(struct host) + 8 <= TRACKER_HOST_BYTES, "is what the header says");

struct tracker {
	struct hash_key key;
	struct slots slots; /* of hosts */
	struct host *hosts;
	struct levels host_levels;
	struct active *actives;
	struct levels active_levels;
	uint32_t max_active, fresh_active, free_active, active_count;
	uint32_t sweep_at;
	struct tallies *tallies;
	uint8_t lengths6[POLICY_HOST_PREFIX6_MAX + 1]; /* 1: there are hosts with such a prefix */
	size_t classes[HOST_CLASSES];
	struct tracker_terms terms[POLICIES_MAX];
	uint32_t remember_for;
	int64_t offset_ms; /* of our time from CLOCK_REALTIME */
	uint32_t now;      /* never goes back */
	tracker_observer *observer;
	void *ctx;
	struct tracker_losses losses;
};

/* --- tracker_memory.c --- */

/* The host of @addr, made if there is room. */
struct host *tracker_admit(struct tracker *tracker, const struct addr *addr, unsigned length6);
/* Its active record, made if there is room. */
struct active *tracker_activate(struct tracker *tracker, struct host *host);
/* Takes the active record away; the host stays. */
void tracker_idle(struct tracker *tracker, struct host *host);
void tracker_remove(struct tracker *tracker, struct host *host);
struct active *tracker_active(const struct tracker *tracker, const struct host *host);
/* It was seen now: the last to go of its level. */
void tracker_touch(struct tracker *tracker, struct host *host);
/* Its level may be another one; otherwise as quiet as it was. */
void tracker_level(struct tracker *tracker, struct host *host);
void tracker_set_class(struct tracker *tracker, struct host *host, enum host_class class);
uint32_t tracker_link(const struct tracker *tracker, const struct host *host);

/* --- tracker.c --- */

/* It is later now; @real: CLOCK_REALTIME, ns. */
void tracker_advance(struct tracker *tracker, uint64_t real);

/* --- tracker_judge.c --- */

void tracker_evidence(const struct tracker *tracker, const struct host *host,
		      const struct active *active, struct evidence *evidence);
/* Looks at a host anew, and tells the observer when its class changes. */
void tracker_judge(struct tracker *tracker, struct host *host, struct active *active);

#endif
