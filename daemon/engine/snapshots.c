/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/snapshots.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct retired {
	struct policy_snapshot snapshot;
	struct retired *next;
};

struct snapshots {
	_Atomic(struct retired *) current;
	_Atomic(struct retired *) shown[SNAPSHOT_READERS];
	struct retired *retired; /* publisher's own */
};

struct snapshots *snapshots_new(void)
{
	return calloc(1, sizeof(struct snapshots));
}

static bool shown(struct snapshots *snapshots, const struct retired *retired)
{
	for (unsigned i = 0; i < SNAPSHOT_READERS; i++)
		if (atomic_load(&snapshots->shown[i]) == retired)
			return true;
	return false;
}

static void reclaim(struct snapshots *snapshots)
{
	struct retired **link = &snapshots->retired;

	while (*link) {
		struct retired *retired = *link;

		if (shown(snapshots, retired)) {
			link = &retired->next;
		} else {
			*link = retired->next;
			free(retired);
		}
	}
}

void snapshots_free(struct snapshots *snapshots)
{
	if (!snapshots)
		return;
	reclaim(snapshots);
	free(atomic_load(&snapshots->current));
	free(snapshots);
}

int snapshots_publish(struct snapshots *snapshots, const struct policy_snapshot *snapshot)
{
	struct retired *next = calloc(1, sizeof(*next)), *old;

	if (!next)
		return -ENOMEM;
	next->snapshot = *snapshot;
	old = atomic_exchange(&snapshots->current, next);
	if (old) {
		old->next = snapshots->retired;
		snapshots->retired = old;
	}
	reclaim(snapshots);
	return 0;
}

const struct policy_snapshot *snapshots_acquire(struct snapshots *snapshots, unsigned reader)
{
	struct retired *seen = atomic_load(&snapshots->current);

	for (;;) {
		struct retired *again;

		atomic_store(&snapshots->shown[reader], seen);
		again = atomic_load(&snapshots->current);
		if (again == seen)
			return seen ? &seen->snapshot : NULL;
		seen = again;
	}
}

void snapshots_release(struct snapshots *snapshots, unsigned reader)
{
	atomic_store(&snapshots->shown[reader], NULL);
}
