/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the database has about a host, deleted so that its bytes are gone from the file. */
#ifndef EDGE25_CONTROL_STORE_FORGET_H
#define EDGE25_CONTROL_STORE_FORGET_H

#include "control/store/store.h"

struct store_forgotten {
	size_t summaries, incidents, containments;
	size_t audit; /* lines: of containments, incidents, and allow entries that are gone */
};

/*
 * Deletes what is about a host, of whatever length its prefix was when it was written, and keeps in the
 * audit trail that somebody had it done, not of whom. One transaction. 0, -ENOMEM or -EIO.
 */
int store_forget(struct store *store, const struct prefix *host, const struct store_actor *actor,
		 struct store_forgotten *forgotten, const struct store_then *then);
/*
 * Writes the file anew from what is in it: traces of what was deleted or moved at any time are gone. It
 * takes the thread some 10 ms a megabyte. -EIO: they may be there still.
 */
void store_vacuum(struct store *store, const struct store_then *then);

#endif
