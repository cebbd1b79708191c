/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chains of one policy, first part: whose packets are asked about, and how many. */
#include <stdio.h>

#include "common/mark.h"
#include "rules/writer.h"

void policy_counter(char name[RULES_NAME_MAX], const char *word, const struct policy *policy)
{
	snprintf(name, RULES_NAME_MAX, "%s_%s", word, policy->name);
}

static void write_policy(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], ask[RULES_NAME_MAX];

	chain_name(CHAIN_POLICY, policy, chain);
	write_policy_aside(writer, policy);
	writer_goto(writer, chain, chain_name(CHAIN_ASK, policy, ask), NULL);
}

static void write_passed_before(struct writer *writer, const struct policy *policy,
				const char *chain)
{
	struct nftnl_rule *rule = rule_new(chain, "not an opening");
	char name[RULES_NAME_MAX];

	rule_opening(rule, false);
	rule_accept(rule);
	writer_put(writer, rule);
	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(chain, "passed before");
		rule_key(rule, families[family], KEY_PAIR_SUBSCRIBER);
		rule_lookup(rule, writer_set(writer, SET_PASSED4 + family, name));
		rule_goto(rule, chain_name(CHAIN_PASSING, policy, name));
		writer_put(writer, rule);
	}
	rule = rule_new(chain, "the kernel loses what a VRF has queued and let go");
	rule_vrf(rule);
	rule_goto(rule, chain_name(CHAIN_PASSING, policy, name));
	writer_put(writer, rule);
}

/*
 * A source that has tokens left asks; one that has none does not. One for which the set has no room
 * asks as well: the limit of all questions holds for it. (To find a source in the set would take
 * one of its tokens; not to find it takes none.)
 */
static void write_pace(struct writer *writer, const struct policy *policy, const char *chain)
{
	char name[RULES_NAME_MAX], paced[RULES_NAME_MAX], counter[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(chain, NULL);
		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_update_limit(rule, writer_set(writer, SET_PACE4 + family, name), policy->pace);
		rule_goto(rule, chain_name(CHAIN_QUEUE, policy, name));
		writer_put(writer, rule);
	}
	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(chain, "no room for its pace");
		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_lookup_not(rule, writer_set(writer, SET_PACE4 + family, name));
		rule_counter(rule, COUNTER_UNPACED);
		rule_goto(rule, chain_name(CHAIN_QUEUE, policy, name));
		writer_put(writer, rule);
	}
	chain_name(CHAIN_PACED, policy, paced);
	writer_goto(writer, chain, paced, "faster than its pace");
	policy_counter(counter, "paced", policy);
	/* who is faster than the engine shall be asked would else be faster than a burst */
	if (policy->mode == MODE_GUARD && policy->burst)
		writer_counter_goto(writer, paced, counter, chain_name(CHAIN_REFUSE, policy, name),
				    "beyond any burst");
	else
		writer_counter_goto(writer, paced, counter,
				    chain_name(safe_chain(policy), policy, name),
				    "the safe answer");
}

static void write_ask(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], name[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	chain_name(CHAIN_ASK, policy, chain);
	if (!writer->early) {
		rule = rule_new(chain, "else asked before");
		rule_vrf(rule);
		rule_jump(rule, CHAIN_ALLOWED_DESTINATION);
		writer_put(writer, rule);
		writer_jump(writer, chain, CHAIN_ALLOWED_SOURCE, NULL);
	}
	/* before what passed and what is no opening: connections that stand end, too */
	if (policy_may_refuse(policy))
		writer_contained(writer, chain, chain_name(CHAIN_CONTAINED, policy, name));
	writer_jump_watched(writer, chain, policy, CHAIN_WATCHED);
	if (policy_may_pass(policy))
		write_passed_before(writer, policy, chain);
	if (policy->pace)
		write_pace(writer, policy, chain);
	else
		writer_goto(writer, chain, chain_name(CHAIN_QUEUE, policy, name), NULL);
}

static void write_queue(struct writer *writer, const struct policy *policy)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	char chain[RULES_NAME_MAX], name[RULES_NAME_MAX], counter[RULES_NAME_MAX];
	struct mark question = {.action = MARK_QUESTION,
				.epoch = writer->input->generations.answers,
				.policy = policy->number};
	struct nftnl_rule *rule;

	writer_jump(writer, chain_name(CHAIN_QUEUE, policy, chain), CHAIN_TRIED, NULL);
	rule = rule_new(chain, policy->unanswered == SAFE_REFUSE ?
				       "asked; refused if nobody answers" :
				       "asked; passed if nobody answers");
	rule_limit(rule, LIMIT_QUESTIONS);
	rule_set_mark(rule, ~writer->mask, mark_encode(question, writer->mask));
	policy_counter(counter, "asked", policy);
	rule_counter(rule, counter);
	rule_queue(rule, settings->queue_first, settings->queue_count, writer->input->native_queue);
	writer_put(writer, rule);

	policy_counter(counter, "overrun", policy);
	writer_counter_goto(writer, chain, counter, chain_name(safe_chain(policy), policy, name),
			    "too many questions: the safe answer");
}

void write_policy_chains(struct writer *writer, const struct policy *policy)
{
	write_policy(writer, policy);
	write_ask(writer, policy);
	write_queue(writer, policy);
	write_policy_answers(writer, policy);
}
