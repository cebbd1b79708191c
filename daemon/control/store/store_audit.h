/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit trail: who changed what, and when. */
#ifndef EDGE25_CONTROL_STORE_AUDIT_H
#define EDGE25_CONTROL_STORE_AUDIT_H

#include "control/store/store.h"

/* One line; texts are valid while it is shown. */
struct audit_line {
	int64_t id, time;
	const char *action;
	struct allow_entry entry; /* of what the line is about; id 0: no entry */
	struct store_actor actor;
};

/*
 * Calls @each for the lines with ids below @before (0: all), newest first, of the entry @entry (0: of
 * any); what it returns but 0 ends the reading and is the
 * result. Else 0, or -EIO.
 */
typedef int store_audit_each(void *ctx, const struct audit_line *line);
int store_audit_read(struct store *store, int64_t before, int64_t entry, store_audit_each *each,
		     void *ctx);
/* Deletes what is older than @before, @limit lines at most; *deleted: how many it were. 0 or -EIO. */
int store_audit_delete(struct store *store, int64_t before, size_t limit, size_t *deleted,
		       const struct store_then *then);

#endif
