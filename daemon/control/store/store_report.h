/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the database knows of a time, in sums. Every function returns 0 or -EIO. What is looked through is
 * bounded: incidents by max-incidents, the audit trail by STORE_REPORT_AUDIT lines, the newest first.
 */
#ifndef EDGE25_CONTROL_STORE_REPORT_H
#define EDGE25_CONTROL_STORE_REPORT_H

#include "control/hosts/host_class.h"
#include "control/store/store.h"

#define STORE_REPORT_AUDIT 20000 /* up to 0.2 s where the trail is in disorder */

struct store_report_incidents {
	uint64_t opened[HOST_CLASSES], closed[HOST_CLASSES]; /* by what they are, or were at last */
};

/* A time: from @since, before @until, seconds since 1970. */
int store_report_incidents(struct store *store, int64_t since, int64_t until,
			   struct store_report_incidents *counts);
/* Ids of incidents of that time: the highest class first, then most attempts. *count: how many, up to @max. */
int store_report_worst(struct store *store, int64_t since, int64_t until, size_t max, int64_t *ids,
		       size_t *count);

struct store_report_change {
	const char *action, *user;
	uint32_t uid;
	uint64_t count;
};
/* How often whom did what: the audit trail by user and action. */
int store_report_changes(struct store *store, int64_t since, int64_t until,
			 void (*each)(void *ctx, const struct store_report_change *change),
			 void *ctx);

struct store_report_contained {
	int64_t time, until;
	const char *host, *comment, *user;
	uint32_t uid;
	bool automatic;
};
/* Hosts that were contained, the newest first, at most @max. */
int store_report_contained(struct store *store, int64_t since, int64_t until, size_t max,
			   void (*each)(void *ctx, const struct store_report_contained *contained),
			   void *ctx);

#endif
