/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of names in the database: what they stood for last, should DNS be silent after a restart. */
#ifndef EDGE25_CONTROL_STORE_NAMES_H
#define EDGE25_CONTROL_STORE_NAMES_H

#include "common/addr.h"
#include "control/store/store.h"

/* Times are seconds since 1970. */
struct stored_address {
	struct addr addr;
	int64_t since, seen;
};

/* Names are written together: store_names_begin(), any number of writes, store_names_end(). */
int store_names_begin(struct store *store);
/* These addresses are all that @name has. */
int store_names_write(struct store *store, const char *name, const struct stored_address *addresses,
		      size_t count);
/* Commits when @result is 0, else rolls back; the result of all. */
int store_names_end(struct store *store, int result, const struct store_then *then);
/* Calls @each for every address, and deletes those for which it says false, and what cannot be read. */
int store_names_read(struct store *store,
		     bool (*each)(void *ctx, const char *name,
				  const struct stored_address *address),
		     void *ctx);

#endif
