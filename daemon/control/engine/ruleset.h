/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about the kernel's table, which the engine answers part by part. */
#ifndef EDGE25_CONTROL_RULESET_H
#define EDGE25_CONTROL_RULESET_H

#include "control/engine/link.h"
#include "control/socket/rpc.h"

#define RULESET_DEADLINE 600. /* seconds: a million prefixes, an old kernel and a small machine */

struct ruleset;

/* NULL: no memory. */
struct ruleset *ruleset_new(struct link *link);
/* Nobody waits any more: link_free() has told all of them. */
void ruleset_free(struct ruleset *ruleset);

/* Hand over what the engine says. */
void ruleset_item(struct ruleset *ruleset, uint64_t sequence, const struct message_item *item);
void ruleset_verdict(struct ruleset *ruleset, uint64_t sequence,
		     const struct message_verdict *verdict);

#endif
