/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hosts that tried port 25: an IPv4 address, or as much of an IPv6 address as is one subscriber;
 * what each did in the last 5 minutes, hour and day, and what it is therefore taken for. Attempts come
 * from the kernel's tallies (every packet counted), destinations from the events (every pair asked
 * once in remember-for). Pure: time comes in, nothing goes out but calls of the observer.
 *
 * Memory is bounded and made at the start (it is touched as it is used): max-hosts records of
 * TRACKER_HOST_BYTES, and max-active of TRACKER_ACTIVE_BYTES for hosts seen within a day. When all
 * are in use the least interesting one goes: never one that is pinned; of a lower class first, then of
 * fewer attempts and destinations, then the one that was quiet for longest. A newcomer does not push
 * out what was busy a moment ago (tracker_grace()): in a flood of invented sources it is the
 * newcomers that find no room. All of it is counted.
 */
#ifndef EDGE25_CONTROL_TRACKER_H
#define EDGE25_CONTROL_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/policy.h"
#include "control/hosts/classify.h"
#include "control/hosts/levels.h"
#include "control/hosts/slots.h"

#define TRACKER_NO_POLICY 0xff
#define TRACKER_HOST_BYTES 64     /* with its place in the index */
#define TRACKER_ACTIVE_BYTES 2048 /* at most */

/* A host; what a reader may look at. The functions below tell the rest. */
struct host {
	uint64_t network;               /* IPv4: the address; IPv6: the first half of its prefix */
	uint64_t refused, passed;       /* packets, by the kernel's count */
	uint32_t first_seen, last_seen; /* tracker_time() */
	struct level_links links;       /* the tracker's: hosts of one level */
	uint32_t active;                /* the tracker's: slot + 1 of what is known beyond this */
	int32_t untold;        /* the reporter's: attempts that no line told of, or less than 0 */
	uint16_t destinations; /* the tracker's; host_destinations() */
	uint16_t peak;         /* the tracker's: new destinations of its busiest hour */
	uint8_t peak_day;      /* the tracker's */
	uint8_t policy;        /* number, or TRACKER_NO_POLICY */
	uint8_t length;        /* of the prefix: 32 (IPv4) or 48..64; 0: no host */
	uint8_t class : 2;     /* enum host_class */
	uint8_t pinned : 1;
	uint8_t level : 3; /* the tracker's: how interesting */
};

/* What the reporter keeps of a host that is active. */
struct host_lines {
	uint64_t hour; /* since 1970, that the lines were written in */
	uint32_t hour_lines;
	uint32_t written_destinations; /* as the last line said */
	uint64_t last_attempts;        /* likewise */
	uint64_t last_refused;         /* as the last summary knew */
};

/* Where the packets of an event or tally come from. */
struct tracker_source {
	uint8_t policy;  /* number, or TRACKER_NO_POLICY */
	uint8_t length6; /* of a host's prefix in IPv6 */
	bool verified, shared, watched;
};

struct tracker_terms {
	struct thresholds thresholds;
	uint8_t mode; /* enum policy_mode */
	uint8_t deny; /* enum policy_deny */
};

/* Bounds, when they were reached: counted since the start. */
struct tracker_losses {
	uint64_t hosts_forgotten;    /* records that made room */
	uint64_t hosts_unadmitted;   /* events and readings of hosts that found no room */
	uint64_t details_forgotten;  /* active records of the last day that made room */
	uint64_t details_unadmitted; /* events of hosts that found no active record */
	uint64_t tallies_unread;
};

struct tracker;

/* The class of @host is another one than @before; host_class() and host_reasons() tell the new one. */
typedef void tracker_observer(void *ctx, const struct host *host, enum host_class before);

/* @max_tallies: elements that the kernel's tallies have at most. NULL: no memory. */
struct tracker *tracker_new(uint32_t max_hosts, uint32_t max_active, uint32_t max_tallies,
			    struct hash_key key);
void tracker_free(struct tracker *tracker);
void tracker_observe(struct tracker *tracker, tracker_observer *observer, void *ctx);
/* The terms of the policy with this number, and how long the kernel remembers a pair, in seconds. */
void tracker_terms(struct tracker *tracker, unsigned policy, const struct tracker_terms *terms);
void tracker_remember_for(struct tracker *tracker, uint32_t seconds);
/* CLOCK_REALTIME was set by so much: what was seen before keeps its age. */
void tracker_clock(struct tracker *tracker, int64_t stepped_ms);

/*
 * An attempt or a handshake. *fresh: the host's first attempt in a day to that destination. NULL: there
 * was no room for this host, or it is a handshake of a host that is not known.
 */
struct host *tracker_event(struct tracker *tracker, const struct message_event *event,
			   const struct tracker_source *source, bool *fresh);
/* One element of a reading. @source counts where no event has told it yet. @now: CLOCK_REALTIME, ns. */
void tracker_tally(struct tracker *tracker, const struct message_tally *tally,
		   const struct tracker_source *source, uint64_t now);
/* The reading is whole: what it did not have has expired in the kernel. */
void tracker_reading_end(struct tracker *tracker);
/* Packets of one kind (enum message_tally_kind) that were counted for a host, without a reading. */
void tracker_counted(struct tracker *tracker, const struct addr *addr, unsigned kind,
		     uint64_t packets, const struct tracker_source *source, uint64_t now);
/* Call it at least every minute: windows move on, and what was quiet for a day becomes idle. */
void tracker_sweep(struct tracker *tracker, uint64_t now);

/* The host of an address, whatever the length of its prefix; NULL: not known. */
struct host *tracker_find(struct tracker *tracker, const struct addr *addr);
struct host *tracker_find_prefix(struct tracker *tracker, const struct prefix *prefix);
/* All hosts in no order: the first for NULL; NULL behind the last. */
struct host *tracker_next(struct tracker *tracker, const struct host *host);
/* The @count hosts with most attempts, most first; returns how many there are. */
size_t tracker_top(struct tracker *tracker, const struct host **top, size_t count);
size_t tracker_count(const struct tracker *tracker);
size_t tracker_active_count(const struct tracker *tracker);
/* Hosts of a class. */
size_t tracker_class_count(const struct tracker *tracker, enum host_class class);
struct tracker_losses tracker_losses(const struct tracker *tracker);

/* It stays, and keeps the class infected, until it is unpinned: an incident is open. */
void tracker_pin(struct tracker *tracker, struct host *host, bool pinned);
/*
 * It begins anew (it was released): what it did in the last day counts no longer, nor does its class. How
 * much it did in all stays, and so does its pin.
 */
void tracker_renew(struct tracker *tracker, struct host *host);
/* Everything about it, at once; it may not be used again. The observer is not called. */
void tracker_forget(struct tracker *tracker, struct host *host);
/* Its class and record at an earlier time (an incident that is open after a restart); NULL: no room. */
struct host *tracker_recall(struct tracker *tracker, const struct prefix *prefix,
			    enum host_class class, const struct tracker_source *source,
			    uint64_t now);

/* A host in few words, that outlive us. Times: seconds since 1970, UTC. */
struct host_past {
	struct prefix prefix;
	int64_t first_seen, last_seen;
	uint64_t refused, passed;
	uint32_t destinations;
	uint8_t class;
};
#define HOST_TALLIES_TEXT_MAX 4096
/* @tallies: how far those of it had been read, as a text; "" where there are too many networks. */
void host_past(const struct tracker *tracker, const struct host *host, struct host_past *past,
	       char tallies[HOST_TALLIES_TEXT_MAX]);
/*
 * Puts it back, idle and clean (what it did in its last day is not kept), before the first reading; what
 * it did since is added. NULL: no room.
 */
struct host *tracker_restore(struct tracker *tracker, const struct host_past *past, uint8_t policy,
			     const char *tallies, uint64_t now);

struct prefix host_prefix(const struct host *host);
uint64_t host_attempts(const struct host *host);
/* The same, or what events have told of where the kernel's count of it was not read yet. */
uint64_t host_tries(const struct tracker *tracker, const struct host *host);
/* Different ones since the host is known; what was not met for a day counts again. */
uint32_t host_destinations(const struct tracker *tracker, const struct host *host);
/* By which its packets came in last (ifindex); 0: not known, or it is idle. */
uint32_t host_interface(const struct tracker *tracker, const struct host *host);
/* CLOCK_REALTIME, seconds since 1970. */
int64_t host_first_seen(const struct tracker *tracker, const struct host *host);
int64_t host_last_seen(const struct tracker *tracker, const struct host *host);
/* NULL: it is idle. */
struct host_lines *host_lines(struct tracker *tracker, const struct host *host);

/* What is known of an active host. */
struct host_facts {
	struct window_counts counts[WINDOWS];
	unsigned servers[WINDOWS], answered[WINDOWS], networks[WINDOWS];
	bool exact;         /* servers is, not by the sketch */
	uint32_t questions; /* attempts that user space was asked about */
	uint32_t submissions;
	uint32_t interface; /* ifindex; 0: not known */
	uint8_t mac_length; /* 0 or 6 */
	uint8_t mac[6];
	bool verified, shared, watched;
	bool believed; /* verified, or infected on the word of destinations that answered alone */
	struct addr last_source, last_destination;
	uint16_t last_source_port, last_destination_port;
};
/* False: it is idle, and *facts is empty. */
bool host_facts(const struct tracker *tracker, const struct host *host, struct host_facts *facts);
/* The first destinations of the last day; times as CLOCK_REALTIME, seconds. Returns how many. */
size_t host_sample(const struct tracker *tracker, const struct host *host,
		   struct contact sample[CONTACTS_SAMPLE]);
/* Why it has its class, now; returns how many lines. */
size_t host_reasons(const struct tracker *tracker, const struct host *host,
		    char lines[HOST_REASONS_MAX][HOST_REASON_MAX]);

#endif
