/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel remembers, as far as the tracker can notice: which pairs were asked about within
 * remember-for, and how many packets each source sent since the last reading. Without the bounds that
 * the kernel's sets have, and without pace.
 */
#ifndef EDGE25_CONTROL_REPLAY_MEMORY_H
#define EDGE25_CONTROL_REPLAY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "control/hosts/slots.h"

struct memory;

/* What was counted for a source: an IPv4 address or an IPv6 /64. */
struct memory_count {
	struct addr source;
	bool used, waiting;
	uint32_t refused, passed, submissions; /* since the last reading */
};

struct memory *memory_new(struct hash_key key, uint64_t remember_for);
void memory_free(struct memory *memory);
/* True: the pair was not asked about within remember-for, and is remembered from now on. Time: ns. */
bool memory_ask(struct memory *memory, const struct addr *source, const struct addr *destination,
		uint64_t now);
/* True: the pair is remembered, and this is its first answer since it is. */
bool memory_answer(struct memory *memory, const struct addr *source,
		   const struct addr *destination);
/* The source's counts, made if it is new. NULL: no memory. */
struct memory_count *memory_count(struct memory *memory, const struct addr *source);
/* Those of a source that was seen before, or NULL. */
struct memory_count *memory_counted(struct memory *memory, const struct addr *source);
/* Something was counted. 0 or -ENOMEM. */
int memory_wait(struct memory *memory, struct memory_count *count);
/* Takes one of those with new counts away; false: there is none. */
bool memory_read(struct memory *memory, struct memory_count *count);

#endif
