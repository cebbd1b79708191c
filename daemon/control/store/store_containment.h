/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containments in the database, with the audit trail. Every function returns 0 or -EIO (store_problem()). */
#ifndef EDGE25_CONTROL_STORE_CONTAINMENT_H
#define EDGE25_CONTROL_STORE_CONTAINMENT_H

#include "control/incidents/containment.h"
#include "control/store/store.h"

/*
 * All of them as they are now, with what the audit trail is to say, or none; and none any more of the hosts
 * in @gone that are not in @list.
 */
int store_containment_write(struct store *store, struct contained *const *list, size_t count,
			    const struct prefix *gone, size_t gone_count,
			    const struct store_then *then);
/* Calls @each for all of them; what somebody else wrote is left out. */
int store_containment_read(struct store *store,
			   void (*each)(void *ctx, const struct contained *contained), void *ctx);

#endif
