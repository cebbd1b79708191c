/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hits and last use of allow entries: what the kernel's elements have counted, added up over elements
 * that are made anew, engines and our own restarts. The engine tells how far each element has counted;
 * what was told last is kept with the totals, in memory and, written when the keeper writes, in the
 * database. So kill -9 costs nothing: what was not written is in the kernel still.
 */
#ifndef EDGE25_CONTROL_USAGE_H
#define EDGE25_CONTROL_USAGE_H

#include <stdbool.h>

#include "common/hash.h"
#include "control/allow/allowlist.h"
#include "control/engine/link.h"
#include "control/store/store.h"

#define USAGE_DEADLINE 0.3 /* seconds that somebody waits for a fresh reading */

struct usage;

/* All live on. NULL: no memory. */
struct usage *usage_new(struct allowlist *list, struct store *store, struct hash_key key);
void usage_free(struct usage *usage);

/* The database is there: what it has comes first, what was told meanwhile is added. */
void usage_database(struct usage *usage);
/* The configuration's entries are others: each has what its elements have counted. */
void usage_configured(struct usage *usage);

/* The engine's word on an element; true: it is to be written at once. */
bool usage_told(struct usage *usage, const struct message_use *use);
/*
 * Asks the engine for a fresh reading; @done is called when it is there, or USAGE_DEADLINE has passed.
 * -ENOTCONN, -ENOBUFS, -ENOMEM: it is not called.
 */
int usage_ask(struct link *link, link_done *done, void *arg);
/* A reading has ended; @now: seconds since 1970. */
void usage_ended(struct usage *usage, int64_t now);
/* When the last reading ended; 0: there was none yet. */
int64_t usage_read_at(const struct usage *usage);

/* Writes some rows, in one transaction; true: there is more. */
bool usage_write(struct usage *usage);
/* Something is to be written at once. */
bool usage_urgent(const struct usage *usage);
/* Forgets elements of entries that are gone; before a lazy pass writes. */
void usage_sweep(struct usage *usage);

#endif
