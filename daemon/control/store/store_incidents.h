/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents in the database. Every function returns 0, -ENOMEM or -EIO (store_problem()). */
#ifndef EDGE25_CONTROL_STORE_INCIDENTS_H
#define EDGE25_CONTROL_STORE_INCIDENTS_H

#include "control/incidents/incident.h"
#include "control/store/store.h"

/*
 * All of them, and the newest numbers, or none. @also, unless it is NULL, writes what belongs to one, in the
 * same transaction.
 */
typedef int store_incident_also(void *ctx, const struct incident *incident);
int store_incidents_write(struct store *store, struct incident *const *list, size_t count,
			  store_incident_also *also, void *ctx, const struct store_then *then);
/* The newest id and change there ever were. */
int store_incidents_newest(struct store *store, int64_t *id, int64_t *change);

/* Takes over the reasons of what it is given; an error ends the reading. */
typedef int store_incident_each(void *ctx, struct incident *incident);
/* Those that are open: of the highest class first, at most @max. */
int store_incidents_open(struct store *store, size_t max, store_incident_each *each, void *ctx);
/* Which of the closed ones. */
struct store_incidents_wanted {
	int64_t after;        /* a change above it */
	unsigned class;       /* 0: of any */
	const char *policy;   /* NULL: of any */
	struct prefix prefix; /* its host is in there, or this in its host's; family 0: any */
	int64_t since, until; /* seen at since or later; opened before until; 0: at any time */
	bool latest;          /* those that were seen last first; else in the order of changes */
};
/* At most @max. */
int store_incidents_closed(struct store *store, const struct store_incidents_wanted *wanted,
			   size_t max, store_incident_each *each, void *ctx);
/* The closed ones of a host, newest first. */
int store_incidents_host(struct store *store, const struct prefix *host, size_t max,
			 store_incident_each *each, void *ctx);
/* Closed or not; calls @each at most once. */
int store_incidents_find(struct store *store, int64_t id, store_incident_each *each, void *ctx);
/*
 * Deletes closed ones: those closed before @before, and the oldest beyond @keep in all; at most @max, so
 * that it does not take long. *deleted: how many.
 */
int store_incidents_delete(struct store *store, int64_t before, size_t keep, size_t max,
			   size_t *deleted, const struct store_then *then);

#endif
