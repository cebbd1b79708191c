/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of the kernel's allow sets with what they had counted when it was read last, so that after a
 * restart what is new can be told; and what entries had counted in all.
 */
#ifndef EDGE25_CONTROL_STORE_USAGE_H
#define EDGE25_CONTROL_STORE_USAGE_H

#include "common/message.h"
#include "control/store/store.h"

/* One element. */
struct usage_row {
	struct message_use use; /* as it was told last */
	uint64_t hits; /* of an entry of the configuration: packets in all, by this element */
	int64_t used;  /* the same: seconds since 1970 */
};

/* Calls @each for every row. 0 or -EIO. */
int store_usage_read(struct store *store, void (*each)(void *ctx, const struct usage_row *row),
		     void *ctx);

/* Between store_usage_begin() and store_usage_end(), which is given the result of what was between. */
int store_usage_begin(struct store *store);
int store_usage_end(struct store *store, int result, const struct store_then *then);
int store_usage_put(struct store *store, const struct usage_row *row);
int store_usage_delete(struct store *store, const struct usage_row *row);
/* What an entry of the database has counted in all. */
int store_usage_entry(struct store *store, const struct allow_entry *entry);

#endif
