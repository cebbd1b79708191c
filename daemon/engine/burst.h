/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many new destinations each host has met lately, for guard policies: what decides which packet
 * crosses a policy's burst. Fixed memory, touched only as hosts come; every queue thread uses it at
 * once, without a lock. Nothing here outlives the engine.
 *
 * A host's window begins with a new destination and lasts burst_time, to an eighth of a second; in
 * it `burst` different destinations are admitted, never more. Where several threads ask about one
 * host at the very same moment, one of the last for each may be refused: the next ones are admitted.
 */
#ifndef EDGE25_ENGINE_BURST_H
#define EDGE25_ENGINE_BURST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/hash.h"
#include "common/policy.h"

#define BURST_HOSTS 16384                 /* with a window at a time; 128 KB */
#define BURST_SWEEP_MS (8 * 3600 * 1000u) /* burst_sweep() must come more often than this */

struct burst;

/* NULL without memory. The key is a secret: who knows it can make hosts share a count. */
struct burst *burst_new(struct hash_key key);
void burst_free(struct burst *burst);

/*
 * May @source meet @destination under policy @policy of @snapshot? @now: ms of a clock that nobody
 * sets. A destination that was admitted in this window is admitted again and not counted again, as
 * long as there is room to know it (KNOWN_PAIRS).
 */
bool burst_admit(struct burst *burst, const struct policy_snapshot *snapshot, unsigned policy,
		 const struct addr *source, const struct addr *destination, uint64_t now);

/* The same answer, and nothing is counted. Without a destination (family 0): any new one. */
bool burst_would_admit(struct burst *burst, const struct policy_snapshot *snapshot, unsigned policy,
		       const struct addr *source, const struct addr *destination, uint64_t now);

/* Frees the room of windows that are over whatever the policy. Any thread. */
void burst_sweep(struct burst *burst, uint64_t now);

/* Windows that were not over when another host took their room: these hosts are counted anew. */
uint64_t burst_evicted(const struct burst *burst);

#endif
