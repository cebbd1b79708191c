/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of entries that arrives in parts, on one connection, and belongs to it. Nothing of it counts
 * before the last part is there.
 */
#ifndef EDGE25_CONTROL_ALLOW_IMPORT_H
#define EDGE25_CONTROL_ALLOW_IMPORT_H

#include "control/allow/allow_warnings.h"
#include "control/control.h"
#include "control/socket/rpc.h"

#define ALLOW_IMPORT_REST 30   /* seconds without a part, after which another may have the place */
#define ALLOW_IMPORT_ERRORS 20 /* that are told, of entries that are wrong; likewise warnings */

struct allow_import;

/* The one of this connection, or a new one. -EBUSY: too many are under way; -ETIME: it was given up; -ENOMEM. */
int allow_import_of(struct control *control, struct rpc_peer *peer, struct allow_import **import);
/* Throws away what @peer has sent. */
void allow_import_end(struct rpc_peer *peer);

/* Takes a part: what is wrong with its entries is kept. 0, -ENOSPC, -ENOMEM. */
int allow_import_add(struct allow_import *import, const json_t *entries);
/* Entries so far, wrong ones too. */
size_t allow_import_count(const struct allow_import *import);
/* How many are wrong, and the first of them as {"line", "message"}, to be borrowed. */
size_t allow_import_wrong(const struct allow_import *import, json_t **errors);

/* How the allowlist differs from it. */
struct allow_counts {
	size_t added, removed, changed, unchanged, ended;
};

/*
 * What would make the allowlist hold it, or with @replace nothing else: *differences, which the caller
 * releases and frees, has the entries of the import then, by @actor. 0 or -ENOMEM.
 */
int allow_import_compare(struct allow_import *import, bool replace, const struct store_actor *actor,
			 struct allow_difference **differences, struct allow_counts *counts);
/* What may not be meant, before it is compared: the first, and how many others. */
json_t *allow_import_warnings(const struct allow_import *import, bool replace);

#endif
