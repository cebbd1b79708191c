/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chains of one policy, second part: unanswered, answered, refused, passed. */
#include "common/mark.h"
#include "rules/writer.h"

static void write_unanswered(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], counter[RULES_NAME_MAX], target[RULES_NAME_MAX];

	policy_counter(counter, "unanswered", policy);
	chain_name(safe_chain(policy), policy, target);
	writer_counter_goto(writer, chain_name(CHAIN_UNANSWERED, policy, chain), counter, target,
			    "the safe answer");
}

/* Remembers the pair of a packet whose answer belongs to the present rules. */
static void write_memory(struct writer *writer, const struct policy *policy, enum family family,
			 size_t way)
{
	const bool refuse = policy->mode == MODE_BLOCK, six = family == FAMILY_IPV6;
	const struct mark remembered = {.action = MARK_REFUSE, .policy = policy->number};
	const struct mark present = {.epoch = writer->input->generations.answers};
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX], set[RULES_NAME_MAX];
	struct nftnl_rule *rule =
		rule_new(chain_name(refuse ? CHAIN_JUDGED : CHAIN_PASSED, policy, chain), NULL);

	rule_mark(rule, mark_epoch_mask(writer->mask), mark_encode(present, writer->mask), true);
	if (refuse) {
		writer_key_refused(writer, rule, family, way);
		rule_add_mark(rule, family, writer_set(writer, SET_REFUSED4 + six, set),
			      mark_encode(remembered, writer->mask));
	} else {
		rule_key(rule, family, KEY_PAIR_SUBSCRIBER);
		rule_add(rule, writer_set(writer, SET_PASSED4 + six, set));
	}
	rule_goto(rule, chain_name(refuse ? CHAIN_REFUSE : CHAIN_PASSING, policy, target));
	writer_put(writer, rule);
}

/* An answer that belongs to the present rules is remembered; every answer is carried out. */
static void write_answered(struct writer *writer, const struct policy *policy)
{
	bool refuse = policy->mode == MODE_BLOCK;
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX];

	chain_name(refuse ? CHAIN_JUDGED : CHAIN_PASSED, policy, chain);
	chain_name(refuse ? CHAIN_REFUSE : CHAIN_PASSING, policy, target);

	writer_count(writer, chain, refuse ? "answered_refuse" : "answered_pass", policy);
	if (refuse) {
		writer_jump(writer, chain, CHAIN_ALLOWED_DESTINATION, "allowed while it was asked");
		writer_jump(writer, chain, CHAIN_ALLOWED_SOURCE, NULL);
	}
	for (size_t family = 0; family < FAMILIES; family++)
		for (size_t way = 0; way < (refuse ? writer_ways(writer, families[family]) : 1);
		     way++)
			write_memory(writer, policy, families[family], way);
	writer_counter_goto(writer, chain, COUNTER_UNREMEMBERED, target,
			    "full, or an older question");
}

/* Exact counts by host: the element is made or counted up with each packet. */
static void write_tally(struct writer *writer, const char *chain, enum set tally,
			const char *untallied, const char *target)
{
	char set[RULES_NAME_MAX];

	for (size_t family = 0; family < FAMILIES; family++) {
		struct nftnl_rule *rule = rule_new(chain, NULL);

		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_update_born(rule, writer_set(writer, tally + family, set));
		rule_goto(rule, target);
		writer_put(writer, rule);
	}
	writer_counter_goto(writer, chain, untallied, target, "the tally is full");
}

static void write_deny(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], counter[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	writer_count(writer, chain_name(CHAIN_DENY, policy, chain), "refused", policy);
	if (policy->deny != DENY_DROP) {
		rule = rule_new(chain, NULL);
		rule_not_reset(rule); /* nothing answers a reset: RFC 9293 3.5.2, RFC 1122 3.2.2 */
		rule_limit(rule,
			   policy->deny == DENY_TCP_RESET ? LIMIT_RESETS : LIMIT_UNREACHABLES);
		policy_counter(counter, "sent", policy);
		rule_counter(rule, counter);
		if (policy->deny == DENY_TCP_RESET)
			rule_reset(rule);
		else
			rule_unreachable(rule);
		writer_put(writer, rule);
	}
	writer_drop(writer, chain);
}

static void write_accepted(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX];

	writer_count(writer, chain_name(CHAIN_ACCEPTED, policy, chain), "passed", policy);
	writer_let_go(writer, chain);
}

void write_policy_answers(struct writer *writer, const struct policy *policy)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX];

	write_unanswered(writer, policy);
	write_answered(writer, policy);
	if (chain_needed(CHAIN_REFUSE, policy, settings)) {
		write_tally(writer, chain_name(CHAIN_REFUSE, policy, chain), SET_TALLY_REFUSED4,
			    COUNTER_UNTALLIED_REFUSED, chain_name(CHAIN_DENY, policy, target));
		write_deny(writer, policy);
	}
	if (chain_needed(CHAIN_PASSING, policy, settings)) {
		write_tally(writer, chain_name(CHAIN_PASSING, policy, chain), SET_TALLY_PASSED4,
			    COUNTER_UNTALLIED_PASSED, chain_name(CHAIN_ACCEPTED, policy, target));
		write_accepted(writer, policy);
	}
}
