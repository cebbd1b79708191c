/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries by their source and destination: which say exactly these, and which cover them. An entry stays
 * where it is in memory while it is in here.
 */
#ifndef EDGE25_CONTROL_ALLOW_INDEX_H
#define EDGE25_CONTROL_ALLOW_INDEX_H

#include "control/allow/allow_entry.h"

struct allow_index;

struct allow_node {
	struct allow_entry entry;
	struct allow_node *next; /* the index's own */
	uint64_t hash;
};

/* NULL: no memory. */
struct allow_index *allow_index_new(void);
void allow_index_free(struct allow_index *index);
/* Room for @more entries; then allow_index_add() cannot fail. 0 or -ENOMEM. */
int allow_index_reserve(struct allow_index *index, size_t more);
void allow_index_add(struct allow_index *index, struct allow_node *node);
void allow_index_remove(struct allow_index *index, struct allow_node *node);
/* The entries with this source and destination, whatever name the destination has: NULL at the end. */
const struct allow_node *allow_index_first(const struct allow_index *index,
					   const struct prefix *from, const struct prefix *to);
const struct allow_node *allow_index_next(const struct allow_node *node);
/*
 * Calls @each for every entry without a name whose source is @from or holds it whole, and whose destination
 * likewise @to (family 0: any, which only any holds). An error of it ends this.
 */
typedef int allow_index_each(void *ctx, const struct allow_entry *entry);
int allow_index_covering(const struct allow_index *index, const struct prefix *from,
			 const struct prefix *to, allow_index_each *each, void *ctx);
/* The same for every entry with a name, whatever it stands for. */
int allow_index_named(const struct allow_index *index, const struct prefix *from,
		      allow_index_each *each, void *ctx);

#endif
