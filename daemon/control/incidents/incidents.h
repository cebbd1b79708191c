/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The incidents that are open, and those that were closed and are not written yet. Pure: time comes in,
 * nothing goes out.
 *
 * Memory is bounded: at most @max are open. When one more is to be, the least of them is closed early:
 * one of a lower class, or of the same class that was quiet for INCIDENTS_GRACE; if there is none, the
 * new one is not opened. Closed ones wait for the database in an eighth as many places again; then the
 * oldest of them goes unwritten. All of it is counted.
 */
#ifndef EDGE25_CONTROL_INCIDENTS_H
#define EDGE25_CONTROL_INCIDENTS_H

#include <stddef.h>

#include "control/allow/allowlist.h"
#include "control/hosts/host_class.h"
#include "control/hosts/slots.h"
#include "control/incidents/incident.h"

#define INCIDENTS_GRACE 3600 /* seconds */

struct incidents;

struct incidents_losses {
	uint64_t unopened;  /* there was no room */
	uint64_t displaced; /* closed before they were quiet, to make room */
	uint64_t unwritten; /* closed, and gone before the database took them */
};

/* NULL: no memory, which is touched only as it is used. */
struct incidents *incidents_new(uint32_t max, struct hash_key key);
void incidents_free(struct incidents *incidents);

/* The open incident of a host; NULL: none. */
struct incident *incidents_find(const struct incidents *incidents, const struct prefix *host);
/* One that is in memory, open or not. */
struct incident *incidents_by_id(const struct incidents *incidents, int64_t id);
/* All that are in memory: the first for NULL; NULL behind the last. */
struct incident *incidents_next(const struct incidents *incidents, const struct incident *after);
/* Is it one of them, rather than a copy? */
bool incidents_holds(const struct incidents *incidents, const struct incident *incident);
/* How many are open, and of those how many of a class. */
size_t incidents_count(const struct incidents *incidents);
size_t incidents_class_count(const struct incidents *incidents, enum host_class class);

/* The host must have none that is open. NULL: no room. */
struct incident *incidents_open(struct incidents *incidents, const struct prefix *host,
				enum host_class class, struct allow_clock now);
/*
 * One that the database has as open; takes over its reasons. If one was opened since, without the database,
 * both are one: it gets this one's id, its beginning and what it counted. NULL: no room.
 */
struct incident *incidents_recall(struct incidents *incidents, struct incident *stored,
				  struct allow_clock now);
/* The host is of this class now. True: the incident's is another one for it. */
bool incidents_class(struct incidents *incidents, struct incident *incident, enum host_class class);
/* What the host's record counts now; also after it began anew. Nothing is said of the writing. */
void incidents_counted(struct incident *incident, uint64_t attempts, uint64_t destinations);
/* Its last attempt: it is quiet since then. True: it was told of an earlier one before. */
bool incidents_seen(struct incident *incident, int64_t last_seen, struct allow_clock now);
/* Is it open and quiet for so many seconds? By CLOCK_BOOTTIME: clocks that are set do not count. */
bool incidents_quiet(const struct incident *incident, uint64_t seconds, struct allow_clock now);
void incidents_close(struct incidents *incidents, struct incident *incident, int64_t now);

/* As if it had never been; nobody is told. The database is not looked at. */
void incidents_forget(struct incidents *incidents, struct incident *incident);

/* --- writing --- */

/* It is to be written, at least as soon as that. */
void incidents_touch(struct incidents *incidents, struct incident *incident,
		     enum incident_write when);
/*
 * Up to @max that owe @owed. What is owed more than having been told needs a number: incidents_number()
 * gives each its id, and its change number in the order of the list. Then hand them to the database, tell
 * those who want to know, and say how it went. Those that are being written stay where they are.
 */
size_t incidents_owing(struct incidents *incidents, enum incident_write owed,
		       struct incident **list, size_t max);
void incidents_number(struct incidents *incidents, struct incident **list, size_t count);
/* It is being written as it is now; what is owed from here on is owed anew. */
void incidents_begin(struct incidents *incidents, struct incident *incident);
/* Is it to be written, and told of, at once? */
bool incidents_urgent(const struct incidents *incidents, const struct incident *incident);
/*
 * @stored: the database has it as it was when it was begun, and a closed one of which nothing more is owed is
 * gone now; else it was told at least.
 */
void incidents_done(struct incidents *incidents, struct incident *incident, bool stored);

/* The newest id and change there ever were; never lower than before. */
void incidents_numbered(struct incidents *incidents, int64_t id, int64_t change);
int64_t incidents_last_change(const struct incidents *incidents);
struct incidents_losses incidents_losses(const struct incidents *incidents);

#endif
