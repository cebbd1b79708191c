/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between allowlist.c, what it holds, and allowlist_commit.c, how that changes. Nobody else includes it. */
#ifndef EDGE25_CONTROL_ALLOWLIST_INTERNAL_H
#define EDGE25_CONTROL_ALLOWLIST_INTERNAL_H

#include "control/allow/allowlist.h"

struct entries {
	struct allow_node **all;
	size_t count, room;
	struct destination_names *names; /* which its entries hold */
	enum name_origin origin;
};

/* What a change works on, beside its differences: for each a node to add, or where one stands. */
struct commit {
	struct allow_node **fresh;
	struct allow_node ***slots;
};

/* What the database is being given. */
struct writing {
	struct allow_difference *differences;
	size_t count;
	struct commit commit;
	struct store_then then;
};

struct allowlist {
	struct store *store;
	struct destination_names *names;
	struct entries configured;
	struct entries stored;     /* by id, ascending */
	struct allow_index *index; /* of both */
	int64_t next_expiry;       /* of the stored; 0: none ends */
	bool next_known;
	struct writing writing;
};

/* A copy of @entry; the name of its destination is held while there is the node. NULL: no memory. */
struct allow_node *entries_node(const struct entries *entries, const struct allow_entry *entry);
void entries_free(const struct entries *entries, struct allow_node *node);
/* All but the texts, which are somebody else's now. */
void entries_leave(const struct entries *entries, struct allow_node *node);
/* Room for @more. 0 or -ENOMEM. */
int entries_reserve(struct entries *entries, size_t more);
/* Where it stands among the stored; NULL: there is none with this id. */
struct allow_node **allowlist_slot(const struct allowlist *list, int64_t id);

#endif
