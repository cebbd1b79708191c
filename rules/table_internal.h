/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts of the table module: rules/table.c, apply.c, change.c, repair.c. Nobody else includes it. */
#ifndef EDGE25_RULES_TABLE_INTERNAL_H
#define EDGE25_RULES_TABLE_INTERNAL_H

#include "rules/batch.h"
#include "rules/sets.h"
#include "rules/table.h"
#include "rules/usage.h"
#include "rules/watch.h"

/* In force since kernel 6.9; not in older headers. */
#define TABLE_FLAG_OWNER 0x2u   /* NFT_TABLE_F_OWNER */
#define TABLE_FLAG_PERSIST 0x4u /* NFT_TABLE_F_PERSIST */

struct table {
	struct netlink *netlink;
	uint32_t features;
	bool owned;          /* others get EPERM; else there is the watch */
	struct watch *watch; /* NULL: owned, or nothing installed yet */
	bool installed;      /* by this process, from the plan below */
	uint64_t lost;       /* times that it was gone with its counters */
	struct plan plan;
	struct generations generations;
	bool router;                  /* the base chains of the router's own packets are there */
	bool allow_fine;              /* the rules have the look-up for it */
	bool unsettled;               /* the set of settled answers is empty, after a change */
	uint32_t contained_lengths;   /* of IPv6 hosts there are sets */
	struct allow_element *allows; /* what the kernel's allow sets hold, sorted */
	size_t allow_count;
	size_t allow_room;
	struct usage ended; /* what elements had counted that went */
	uint32_t birth;     /* of the elements that are there */
	bool filled;        /* the allow sets hold what this process put there */
	uint64_t slept;     /* by this machine when the last plan was applied, ms */
};

/* NEWTABLE, owned or not. */
void table_put(struct table *table, struct batch *batch);
/* DELTABLE. */
void table_put_removal(struct batch *batch);
/* Sends and frees @batch; sends a part of it. */
int table_send(struct table *table, struct batch *batch, struct table_error *error);
int table_send_part(struct table *table, struct batch *batch, struct table_error *error);
int table_fail(struct table_error *error, int result, const char *what);

/* Notices of a batch longer than this would not fit into the watch's socket. */
#define TABLE_WATCHED_BATCH (256 * 1024)

/* Deletes every rule, and writes those of the plan that is in force. @fine: see chains_input. */
void table_write_rules(struct table *table, struct batch *batch, bool fine);

/*
 * A batch of its own that refuses port 25 from whom the kept plan blocks; rules/emergency.c. @anew:
 * it deletes what there is first.
 */
int table_emergency(struct table *table, bool anew, struct table_error *error);

/*
 * Writes all of the table as it is in force into @batch, as if nothing of it were there; for those
 * who compare. @table->installed is false. 0 or -ENOMEM.
 */
int table_write_all(struct table *table, struct batch *batch, uint64_t now);

/*
 * Deletes one allow element, in a batch of its own, where the kernel has no DESTROYSETELEM: it may
 * have expired, and then ENOENT is as good.
 */
int table_delete_allow(struct table *table, const struct allow_element *element,
		       struct table_error *error);

/* Elements went, or were made anew, of which @usage was the last count: it is kept for table_ended(). */
void table_note_ended(struct table *table, const struct usage *usage, uint32_t birth);

bool allows_fine(const struct allow_element *allows, size_t count);
/* Expiries of this distance are the same: they are computed anew from a wall clock (ms). */
#define ALLOW_EXPIRY_SLACK 2000
bool allow_same_expiry(const struct allow_element *a, const struct allow_element *b);

#endif
