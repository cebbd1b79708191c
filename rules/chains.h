/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules: what rules/edge25.nft says, written for a plan. */
#ifndef EDGE25_RULES_CHAINS_H
#define EDGE25_RULES_CHAINS_H

#include <stdbool.h>

#include "common/plan.h"
#include "rules/batch.h"
#include "rules/names.h"
#include "rules/sets.h"

#define PORT_SMTP 25
#define PORT_SUBMISSIONS 465 /* RFC 8314 */
#define PORT_SUBMISSION 587  /* RFC 6409 */

#define PRIORITY_RAW (-300) /* NF_IP_PRI_RAW: before conntrack */

struct chains_input {
	const struct plan *plan;
	struct generations generations;
	bool native_queue; /* the kernel has the queue expression; else the NFQUEUE target */
	bool allow_fine;   /* an allowed source is finer than an IPv6 /64 */
	uint32_t contained_lengths; /* which sets of contained IPv6 hosts there are */
};

/*
 * Chains of a policy. Each has those that its mode's answers can lead to; an answer that its mode
 * does not give (it changed while the packet was held) is treated as unanswered.
 */
enum policy_chain {
	CHAIN_POLICY,     /* packets of its sources */
	CHAIN_ASK,        /* unless they are allowed, or passed before */
	CHAIN_PACED,      /* faster than the source may ask: the safe answer */
	CHAIN_QUEUE,      /* a question, unless there are too many of them */
	CHAIN_UNANSWERED, /* nobody answered: the safe answer */
	CHAIN_REMEMBERED, /* block, where sources are checked: refused before */
	CHAIN_DOUBT,      /* where sources are checked: told to user space, sometimes */
	CHAIN_UNTRUE,     /* from a source that cannot be true */
	CHAIN_SPLIT,      /* its ports were not in the first fragment */
	CHAIN_TUNNELLED,  /* by a protocol that could hide port 25 */
	CHAIN_CONTAINED,  /* block, guard: from a host that is cut off */
	CHAIN_JUDGED,     /* block, guard: the answer was refuse */
	CHAIN_SETTLED,    /* block: and no entry can have come meanwhile: remembered */
	CHAIN_REFUSE,     /* block, guard: counted by source, then */
	CHAIN_DENY,       /* block, guard: refused in the policy's way */
	CHAIN_PASSED,     /* monitor, guard: the answer was pass */
	CHAIN_PASSING,    /* monitor, guard: counted by source, then */
	CHAIN_ACCEPTED,   /* monitor, guard: let go */
	POLICY_CHAINS
};

const char *chain_name(enum policy_chain chain, const struct policy *policy,
		       char name[RULES_NAME_MAX]);
/* Where the policy's safe answer is carried out. */
enum policy_chain safe_chain(const struct policy *policy);
/* Does a policy of this kind have that chain? */
bool chain_needed(enum policy_chain chain, const struct policy *policy,
		  const struct plan_settings *settings);

/* Is it told that destinations talk? Only where some policy lets pass. */
bool handshakes_needed(const struct plan *plan);

/*
 * Do packets come to the policy for watched entries by such entries alone, and by no range? Then
 * one whose entry has gone while it was asked about is refused.
 */
bool watched_by_entry(const struct plan *plan);

/* Calls @each for the name of every regular chain, or every counter, that the plan needs. */
typedef void chains_name_fn(const char *name, void *arg);
void chains_each(const struct plan *plan, chains_name_fn *each, void *arg);
void counters_each(const struct plan *plan, chains_name_fn *each, void *arg);

void chain_create(struct batch *batch, const char *name);
/* @hook: NF_INET_*. */
void chain_create_base(struct batch *batch, const char *name, uint32_t hook, int32_t priority);
void chain_delete(struct batch *batch, const char *name);
/* Deletes its rules. */
void chain_flush(struct batch *batch, const char *name);

/* Fills the map of tunnels' protocols, and those of answers, of a new generation. */
void chains_fill_protocols(struct batch *batch, const struct generations *generations);
void chains_fill_answers(struct batch *batch, const struct plan *plan,
			 const struct generations *generations);
/* Fills or empties the set of answers that no change of entries can have overtaken. */
void chains_put_settled(struct batch *batch, const struct plan *plan,
			const struct generations *generations, bool settled);

/*
 * The rules of the chains that look into the ranges, and those of all others. They must be there and
 * empty.
 */
void chains_write_ranges(struct batch *batch, const struct chains_input *input);
void chains_write(struct batch *batch, const struct chains_input *input);

#endif
