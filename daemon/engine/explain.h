/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers a LOOKUP: what the kernel and this engine would do with a packet now. */
#ifndef EDGE25_ENGINE_EXPLAIN_H
#define EDGE25_ENGINE_EXPLAIN_H

#include "engine/burst.h"
#include "engine/peer.h"
#include "rules/table.h"

struct explain_parts {
	const struct table *table;
	struct burst *burst;
	const struct plan *plan; /* in force; NULL: none, and nobody answers questions */
	struct peer *peer;
};

/* Sends the FINDINGs for a checked LOOKUP @data. @now: as burst_admit() has it. */
void explain(const struct explain_parts *parts, const void *data,
	     const struct message_header *header, uint64_t now);

#endif
