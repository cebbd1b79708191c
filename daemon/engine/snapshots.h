/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy snapshot in force, handed to the queue threads without a lock: each thread shows which
 * one it is reading (a hazard pointer), and the publisher frees a retired one when nobody shows it.
 */
#ifndef EDGE25_ENGINE_SNAPSHOTS_H
#define EDGE25_ENGINE_SNAPSHOTS_H

#include "common/policy.h"

#define SNAPSHOT_READERS 32 /* twice PLAN_QUEUES_MAX: old queues end while new ones run */

struct snapshots;

struct snapshots *snapshots_new(void);
void snapshots_free(struct snapshots *snapshots);

/* Publisher only. Takes a copy. 0 or -ENOMEM. */
int snapshots_publish(struct snapshots *snapshots, const struct policy_snapshot *snapshot);

/* A reader's place, 0..SNAPSHOT_READERS-1, one thread each. NULL before the first snapshot. */
const struct policy_snapshot *snapshots_acquire(struct snapshots *snapshots, unsigned reader);
void snapshots_release(struct snapshots *snapshots, unsigned reader);

#endif
