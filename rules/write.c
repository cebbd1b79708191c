/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chains that every table has, but the first. */
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include "common/mark.h"
#include "rules/elements.h"
#include "rules/fine.h"
#include "rules/writer.h"

void writer_put(struct writer *writer, struct nftnl_rule *rule)
{
	batch_rule(writer->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, rule);
}

const char *writer_set(const struct writer *writer, enum set set, char name[RULES_NAME_MAX])
{
	return set_name(set, &writer->input->generations, name);
}

void writer_counter_goto(struct writer *writer, const char *chain, const char *counter,
			 const char *target, const char *comment)
{
	struct nftnl_rule *rule = rule_new(chain, comment);

	rule_counter(rule, counter);
	rule_goto(rule, target);
	writer_put(writer, rule);
}

void writer_goto(struct writer *writer, const char *chain, const char *target, const char *comment)
{
	struct nftnl_rule *rule = rule_new(chain, comment);

	rule_goto(rule, target);
	writer_put(writer, rule);
}

void writer_jump(struct writer *writer, const char *chain, const char *target, const char *comment)
{
	struct nftnl_rule *rule = rule_new(chain, comment);

	rule_jump(rule, target);
	writer_put(writer, rule);
}

void writer_count(struct writer *writer, const char *chain, const char *word,
		  const struct policy *policy)
{
	struct nftnl_rule *rule = rule_new(chain, NULL);
	char counter[RULES_NAME_MAX];

	policy_counter(counter, word, policy);
	rule_counter(rule, counter);
	writer_put(writer, rule);
}

void writer_drop(struct writer *writer, const char *chain)
{
	struct nftnl_rule *rule = rule_new(chain, NULL);

	rule_drop(rule);
	writer_put(writer, rule);
}

void writer_clear_mark(struct writer *writer, const char *chain)
{
	struct nftnl_rule *rule = rule_new(chain, "our bits of the mark are ours alone");

	rule_mark(rule, writer->mask, 0, false); /* what costs is to set it */
	rule_set_mark(rule, ~writer->mask, 0);
	writer_put(writer, rule);
}

void writer_let_go(struct writer *writer, const char *chain)
{
	struct nftnl_rule *rule = rule_new(chain, NULL);

	rule_set_mark(rule, ~writer->mask, 0);
	rule_accept(rule);
	writer_put(writer, rule);
}

static void put_verdict(struct elements *elements, const void *key, size_t length,
			const char *chain)
{
	elements_add(elements, &(struct element){.key = key, .key_length = length, .chain = chain});
}

void chains_fill_protocols(struct batch *batch, const struct generations *generations)
{
	static const uint8_t protocols[] = {IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_GRE};
	struct elements elements;
	char name[RULES_NAME_MAX];

	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
		      set_name(SET_PROTOCOLS, generations, name));
	for (size_t i = 0; i < sizeof(protocols); i++)
		put_verdict(&elements, &protocols[i], 1, CHAIN_TUNNEL);
	elements_close(&elements);
}

static enum policy_chain refusal_chain(const struct plan_settings *settings)
{
	return settings->check_sources ? CHAIN_REMEMBERED : CHAIN_REFUSE;
}

/*
 * Where a question or an answer goes on. An answer that the policy's mode does not give (the mode
 * changed while the packet was held) is as good as none.
 */
static enum policy_chain answer_chain(enum mark_action action, const struct policy *policy)
{
	if (action == MARK_NONE)
		return CHAIN_UNTRUE;
	if (action == MARK_REFUSE && policy_may_refuse(policy))
		return CHAIN_JUDGED;
	if (action == MARK_PASS && policy_may_pass(policy))
		return CHAIN_PASSED;
	return CHAIN_UNANSWERED;
}

void chains_fill_answers(struct batch *batch, const struct plan *plan,
			 const struct generations *generations)
{
	const struct plan_settings *settings = &plan->header->settings;
	const uint32_t mask = settings->mark_mask;
	struct elements answers, refusals;
	char name[RULES_NAME_MAX], chain[RULES_NAME_MAX];

	elements_open(&answers, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
		      set_name(SET_ANSWERS, generations, name));
	for (uint32_t i = 0; i < plan->header->policies; i++)
		for (enum mark_action action = MARK_NONE; action <= MARK_REFUSE; action++) {
			const struct policy *policy = &plan->policies[i];
			uint32_t key = mark_encode(
				(struct mark){.action = action, .policy = policy->number}, mask);

			put_verdict(&answers, &key, sizeof(key),
				    chain_name(answer_chain(action, policy), policy, chain));
		}
	elements_close(&answers);
	elements_open(&refusals, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
		      set_name(SET_REFUSALS, generations, name));
	for (uint32_t i = 0; i < plan->header->policies; i++) {
		const struct policy *policy = &plan->policies[i];
		uint32_t key = mark_encode(
			(struct mark){.action = MARK_REFUSE, .policy = policy->number}, mask);

		if (policy->mode == MODE_BLOCK)
			put_verdict(&refusals, &key, sizeof(key),
				    chain_name(refusal_chain(settings), policy, chain));
	}
	elements_close(&refusals);
}

void chains_put_settled(struct batch *batch, const struct plan *plan,
			const struct generations *generations, bool settled)
{
	struct elements elements;
	char name[RULES_NAME_MAX];

	set_name(SET_SETTLED, generations, name);
	if (!settled) {
		set_flush(batch, name);
		return;
	}
	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, name);
	for (uint32_t i = 0; i < plan->header->policies; i++) {
		const struct policy *policy = &plan->policies[i];
		uint32_t key = mark_encode((struct mark){.action = MARK_REFUSE,
							 .epoch = generations->answers,
							 .policy = policy->number},
					   plan->header->settings.mark_mask);

		if (policy_may_refuse(policy))
			elements_add(&elements,
				     &(struct element){.key = &key, .key_length = sizeof(key)});
	}
	elements_close(&elements);
}

static void write_to_vrf(struct writer *writer)
{
	struct nftnl_rule *rule = rule_new(CHAIN_SMTP, "here for the second time");

	rule_vrf(rule);
	rule_set_mark(rule, ~writer->mask, 0);
	rule_goto(rule, CHAIN_VRF);
	writer_put(writer, rule);
}

/* Hosts finer than a /64: what is remembered for all of it is not for those. */
static void write_fine(struct writer *writer)
{
	const struct plan *plan = writer->input->plan;
	struct nftnl_rule *rule = rule_new(CHAIN_SMTP, "allowed hosts finer than a remembered /64");

	rule_family(rule, FAMILY_IPV6);
	if (plan->header->settings.check_sources)
		rule_source_routed(rule, true);
	rule_jump(rule, CHAIN_ALLOWED_SOURCE);
	writer_put(writer, rule);
}

/* A refusal that is remembered goes on by its policy; where one alone blocks, no mark says which. */
static void write_refused(struct writer *writer, enum family family)
{
	const struct plan *plan = writer->input->plan;
	const struct policy *only = plan_only_blocking(plan);
	const bool six = family == FAMILY_IPV6;
	char name[RULES_NAME_MAX];

	for (size_t way = 0; way < writer_ways(writer, family); way++) {
		struct nftnl_rule *rule = rule_new(CHAIN_SMTP, "refused before");

		rule_family(rule, family);
		/* what is remembered for the /64 of a watched source is not its own */
		if (writer->input->allow_fine && six && plan_has_way(plan, ALLOW_WATCHED))
			writer_not_watched(writer, rule, family);
		writer_key_refused(writer, rule, family, way);
		writer_set(writer, SET_REFUSED4 + six, name);
		if (only) {
			rule_lookup(rule, name);
			rule_goto(rule,
				  chain_name(refusal_chain(&plan->header->settings), only, name));
		} else {
			rule_mark_map(rule, name);
			rule_key_mark(rule, mark_action_mask(writer->mask) |
						    mark_policy_mask(writer->mask));
			rule_verdict_map(rule, writer_set(writer, SET_REFUSALS, name));
		}
		writer_put(writer, rule);
	}
}

void writer_return_routed(struct writer *writer, const char *chain)
{
	for (enum chosen_route kind = ROUTE_LOOSE; kind <= ROUTE_HEADER; kind++) {
		struct nftnl_rule *rule = rule_new(chain, "it may be to go on from here");

		rule_chosen_route(rule, kind);
		rule_return(rule);
		writer_put(writer, rule);
	}
}

/* To this machine itself, unless the packet is to go on from here. */
static void write_own(struct writer *writer)
{
	struct nftnl_rule *rule;

	writer_return_routed(writer, CHAIN_OWN);
	rule = rule_new(CHAIN_OWN, NULL);
	rule_counter(rule, COUNTER_LOCAL);
	rule_accept(rule);
	writer_put(writer, rule);
}

/*
 * A pair that was refused before is found first: no rule of others' costs it anything. Only where
 * chain screen has found it already, and could not count it, it may wait until allowed ones have left.
 */
static void write_smtp(struct writer *writer)
{
	struct nftnl_rule *rule;

	for (size_t family = 0; family < FAMILIES; family++)
		if (!writer_flood_met(writer, families[family]) &&
		    (families[family] == FAMILY_IPV4 || !writer->input->allow_fine))
			write_refused(writer, families[family]);
	write_to_vrf(writer);
	if (writer->input->allow_fine) {
		write_fine(writer);
		write_refused(writer, FAMILY_IPV6);
	}
	if (writer->early)
		write_allowed_early(writer, CHAIN_SMTP);
	else
		writer_jump(writer, CHAIN_SMTP, CHAIN_ALLOWED_DESTINATION, NULL);
	writer_clear_mark(writer, CHAIN_SMTP);
	rule = rule_new(CHAIN_SMTP, "to this machine itself");
	rule_local(rule);
	rule_jump(rule, CHAIN_OWN);
	writer_put(writer, rule);
	for (size_t family = 0; family < FAMILIES; family++)
		if (writer_flood_met(writer, families[family]))
			write_refused(writer, families[family]);
	writer_goto(writer, CHAIN_SMTP, CHAIN_RANGES, NULL);
}

void writer_to_answers(struct writer *writer, const char *chain)
{
	struct nftnl_rule *rule = rule_new(chain, "our bits on another port are not ours");

	/* in the order in which most packets leave soonest */
	rule_port(rule, PORT_DESTINATION, PORT_SMTP, true);
	rule_mark(rule, writer->mask, 0, false);
	rule_tcp(rule);
	rule_goto(rule, CHAIN_ANSWERS);
	writer_put(writer, rule);
}

/* Where a packet that was asked goes on, with its question or its answer in the mark. */
static void write_remember(struct writer *writer)
{
	uint32_t decided = mark_action_mask(writer->mask) | mark_policy_mask(writer->mask);
	struct nftnl_rule *rule;
	char set[RULES_NAME_MAX];

	writer_to_answers(writer, CHAIN_REMEMBER);
	rule = rule_new(CHAIN_ANSWERS, NULL);
	rule_key_mark(rule, decided);
	rule_verdict_map(rule, writer_set(writer, SET_ANSWERS, set));
	writer_put(writer, rule);

	rule = rule_new(CHAIN_ANSWERS, "no question of ours");
	rule_counter(rule, COUNTER_BAD_MARK);
	rule_drop(rule);
	writer_put(writer, rule);
}

/*
 * Allowed sources are asked for before the ranges where the answer is the same: prefixes take longest to
 * ask. Not where a source must be seen to be true first, or a VRF by its name may have the packet a
 * second time.
 */
static bool sources_early(const struct plan *plan)
{
	return !plan->header->settings.check_sources && !plan->header->interfaces &&
	       !plan->header->places;
}

void chains_write_ranges(struct batch *batch, const struct chains_input *input)
{
	struct writer writer = {.batch = batch, .input = input};

	write_range_rules(&writer);
}

void chains_write(struct batch *batch, const struct chains_input *input)
{
	struct writer writer = {
		.batch = batch,
		.input = input,
		.mask = input->plan->header->settings.mark_mask,
		.fine = ranges_fine(input->plan),
		.by_entry = watched_by_entry(input->plan),
		.early = sources_early(input->plan),
	};

	for (uint32_t i = 0; i < input->plan->header->allows; i++)
		writer.filled[set_of_allow(&input->plan->allows[i])] = true;
	write_screen(&writer);
	write_evidence(&writer);
	write_smtp(&writer);
	write_own(&writer);
	write_allowed(&writer);
	for (uint32_t i = 0; i < input->plan->header->policies; i++)
		write_policy_chains(&writer, &input->plan->policies[i]);
	write_remember(&writer);
	write_aside(&writer);
	write_router(&writer);
}
