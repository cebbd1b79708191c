/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parts that write rules: rules/write.c and write_*.c. Nobody else includes it. */
#ifndef EDGE25_RULES_WRITER_H
#define EDGE25_RULES_WRITER_H

#include "rules/chains.h"
#include "rules/expr.h"

struct writer {
	struct batch *batch;
	const struct chains_input *input;
	uint32_t mask;          /* our bits of the mark */
	bool filled[SETS_EVER]; /* the plan has entries for the set */
	bool fine;              /* some /64 has sources of several policies */
	bool by_entry;          /* packets of the policy for watched entries come by those alone */
	bool early;             /* allowed sources are asked for before the ranges */
};

#define FAMILIES 2
/* Sets come in pairs, IPv4 first: set + index is the one of the family. */
static const enum family families[FAMILIES] = {FAMILY_IPV4, FAMILY_IPV6};

void writer_put(struct writer *writer, struct nftnl_rule *rule);
const char *writer_set(const struct writer *writer, enum set set, char name[RULES_NAME_MAX]);
void writer_counter_goto(struct writer *writer, const char *chain, const char *counter,
			 const char *target, const char *comment);

/*
 * The pair that a refusal is remembered by, a rule for each way below writer_ways(): by /64, and
 * where there are fine ranges, the sources in their /64 by themselves.
 */
size_t writer_ways(const struct writer *writer, enum family family);
void writer_key_refused(const struct writer *writer, struct nftnl_rule *rule, enum family family,
			size_t way);

/* The chain that every packet meets: rules/write_screen.c. */
void write_screen(struct writer *writer);
/*
 * Do packets of refused pairs meet one rule there? Where one policy alone blocks, sources are not
 * checked, and no host is asked for first that is finer than what is remembered.
 */
bool writer_flood_met(const struct writer *writer, enum family family);

/* The chains in which a packet finds its policy; of the writer they need input and batch. */
void write_range_rules(struct writer *writer);
void writer_goto(struct writer *writer, const char *chain, const char *target, const char *comment);
void writer_jump(struct writer *writer, const char *chain, const char *target, const char *comment);
/* Packets whose source chose their way go back to where the chain was called. */
void writer_return_routed(struct writer *writer, const char *chain);
/* Counted by the policy's counter of that word; dropped; our bits of the mark cleared. */
void writer_count(struct writer *writer, const char *chain, const char *word,
		  const struct policy *policy);
void writer_drop(struct writer *writer, const char *chain);
void writer_clear_mark(struct writer *writer, const char *chain);
/* What has our bits goes where its question or answer leads. */
void writer_to_answers(struct writer *writer, const char *chain);
/* Our bits of the mark cleared, and accepted. */
void writer_let_go(struct writer *writer, const char *chain);

/* What is counted and told so that hosts can be told apart: rules/write_evidence.c. */
void write_evidence(struct writer *writer);

/* What is allowed, contained and watched: rules/write_allow.c. */
void write_allowed(struct writer *writer);
/* The same look-ups in @chain itself, which saves a connection the way to other chains and back. */
void write_allowed_early(struct writer *writer, const char *chain);
/* Packets of contained sources go to @target. */
void writer_contained(struct writer *writer, const char *chain, const char *target);
/*
 * The rule, which has its family, is for sources that are not watched. Where a packet was looked up
 * before, this asks without counting: the kernel counts what a look-up finds, and not what it must
 * not find.
 */
void writer_not_watched(struct writer *writer, struct nftnl_rule *rule, enum family family);
/* In a policy that blocks, where there are watched entries: a jump to a chain that asks for them. */
void writer_jump_watched(struct writer *writer, const char *chain, const struct policy *policy,
			 const char *watched);

/* What its policy answers: rules/write_answer.c. */
void write_policy_answers(struct writer *writer, const struct policy *policy);
/*
 * The end of a rule that counted the packet for its host: refused in the policy's way. What is
 * dropped without a word is dropped there: a flood feels each chain that it does not go to.
 */
void writer_refuse_counted(struct writer *writer, struct nftnl_rule *rule,
			   const struct policy *policy);
/* What is refused apart, and the router's own packets: rules/write_aside.c. */
void write_aside(struct writer *writer);
void write_policy_aside(struct writer *writer, const struct policy *policy);
void write_router(struct writer *writer);
/* Counters of a policy. */
void policy_counter(char name[RULES_NAME_MAX], const char *word, const struct policy *policy);
/* All chains of one policy. */
void write_policy_chains(struct writer *writer, const struct policy *policy);

#endif
