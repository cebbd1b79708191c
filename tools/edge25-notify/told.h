/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The open incidents that the operator was told of, as they were then: what is new about an
 * incident is told by it. Sorted by id.
 */
#ifndef EDGE25_NOTIFY_TOLD_H
#define EDGE25_NOTIFY_TOLD_H

#include <stddef.h>

#include "incident.h"

/* As many as control has hosts by default; 3.5 MB. Beyond, the oldest goes and is new once more. */
#define TOLD_MAX 65536

struct told {
	struct incident *entry;
	size_t count;
	size_t room;
	uint64_t forgotten; /* beyond the bound */
};

void told_free(struct told *told);
/* NULL: not told of. */
const struct incident *told_find(const struct told *told, int64_t id);
/* A closed incident is taken out: nothing more comes of it. 0 or -ENOMEM. */
int told_put(struct told *told, const struct incident *incident);

#endif
