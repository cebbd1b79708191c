/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chains of one policy, second part: unanswered, answered, refused, passed. */
#include "common/mark.h"
#include "rules/writer.h"

/* A policy that lets pass looks again: its source may have been cut off since the question. */
static void put_contained(struct writer *writer, const struct policy *policy, const char *chain)
{
	char target[RULES_NAME_MAX];

	if (policy_may_refuse(policy))
		writer_contained(writer, chain, chain_name(CHAIN_CONTAINED, policy, target));
}

static void write_unanswered(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], counter[RULES_NAME_MAX], target[RULES_NAME_MAX];

	chain_name(CHAIN_UNANSWERED, policy, chain);
	chain_name(safe_chain(policy), policy, target);
	policy_counter(counter, "unanswered", policy);
	if (policy->unanswered == SAFE_REFUSE || !policy_may_refuse(policy)) {
		writer_counter_goto(writer, chain, counter, target, "the safe answer");
		return;
	}
	writer_count(writer, chain, "unanswered", policy);
	put_contained(writer, policy, chain);
	writer_goto(writer, chain, target, "the safe answer");
}

static void write_contained(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], counter[RULES_NAME_MAX], target[RULES_NAME_MAX];

	policy_counter(counter, "contained", policy);
	writer_counter_goto(writer, chain_name(CHAIN_CONTAINED, policy, chain), counter,
			    chain_name(CHAIN_REFUSE, policy, target), NULL);
}

static void put_present(struct writer *writer, struct nftnl_rule *rule)
{
	const struct mark present = {.epoch = writer->input->generations.answers};

	rule_mark(rule, mark_epoch_mask(writer->mask), mark_encode(present, writer->mask), true);
}

/*
 * Remembers the pair of a packet whose answer belongs to the present rules: of one that was refused
 * that is known here.
 */
static void write_memory(struct writer *writer, const char *chain, const struct policy *policy,
			 bool refuse, enum family family, size_t way)
{
	const bool six = family == FAMILY_IPV6;
	const struct mark remembered = {.action = MARK_REFUSE, .policy = policy->number};
	char target[RULES_NAME_MAX], set[RULES_NAME_MAX];
	struct nftnl_rule *rule = rule_new(chain, NULL);

	if (refuse) {
		rule_family(rule, family);
		writer_key_refused(writer, rule, family, way);
		writer_set(writer, SET_REFUSED4 + six, set);
		if (plan_only_blocking(writer->input->plan))
			rule_add(rule, set);
		else
			rule_add_mark(rule, family, set, mark_encode(remembered, writer->mask));
	} else {
		put_present(writer, rule);
		rule_key(rule, family, KEY_PAIR_SUBSCRIBER);
		rule_add(rule, writer_set(writer, SET_PASSED4 + six, set));
	}
	rule_goto(rule, chain_name(refuse ? CHAIN_REFUSE : CHAIN_PASSING, policy, target));
	writer_put(writer, rule);
}

static void write_memories(struct writer *writer, const char *chain, const struct policy *policy,
			   bool refuse)
{
	char target[RULES_NAME_MAX];

	for (size_t family = 0; family < FAMILIES; family++)
		for (size_t way = 0; way < (refuse ? writer_ways(writer, families[family]) : 1);
		     way++)
			write_memory(writer, chain, policy, refuse, families[family], way);
	writer_counter_goto(writer, chain, COUNTER_UNREMEMBERED,
			    chain_name(refuse ? CHAIN_REFUSE : CHAIN_PASSING, policy, target),
			    refuse ? "full" : "full, or an older question");
}

/* The answer was to refuse, and no change of entries can have overtaken the packet. */
static void put_settled(struct writer *writer, const char *chain, const char *target)
{
	struct nftnl_rule *rule = rule_new(chain, NULL);
	char set[RULES_NAME_MAX];

	rule_key_mark(rule, writer->mask);
	rule_lookup(rule, writer_set(writer, SET_SETTLED, set));
	rule_goto(rule, target);
	writer_put(writer, rule);
}

/*
 * The answer was to refuse. Of a policy that blocks it holds for the pair; of one that guards, for
 * this packet: the next one to the same server is a question again.
 */
static void write_judged(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], settled[RULES_NAME_MAX], refuse[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	chain_name(CHAIN_REFUSE, policy, refuse);
	chain_name(CHAIN_SETTLED, policy, settled);
	writer_count(writer, chain_name(CHAIN_JUDGED, policy, chain), "answered_refuse", policy);
	put_settled(writer, chain, policy->mode == MODE_GUARD ? refuse : settled);
	writer_jump(writer, chain, CHAIN_ALLOWED_DESTINATION, "allowed while it was asked");
	writer_jump(writer, chain, CHAIN_ALLOWED_SOURCE, NULL);
	if (policy->mode == MODE_GUARD) {
		writer_goto(writer, chain, refuse, NULL);
		return;
	}
	/* not to be remembered: when it is let go, its entries hold at once */
	put_contained(writer, policy, chain);
	writer_jump_watched(writer, chain, policy, CHAIN_WATCHED_PASSING);
	rule = rule_new(chain, NULL);
	put_present(writer, rule);
	rule_goto(rule, settled);
	writer_put(writer, rule);
	writer_counter_goto(writer, chain, COUNTER_UNREMEMBERED, refuse, "an older question");
	write_memories(writer, settled, policy, true);
}

/*
 * The entry by which it was asked about may have gone meanwhile. Where the rules have changed besides,
 * the question is an older one, and its answer is carried out.
 */
static void put_unwatched(struct writer *writer, const struct policy *policy, const char *chain)
{
	struct nftnl_rule *rule;
	char target[RULES_NAME_MAX];

	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(chain, NULL);
		rule_family(rule, families[family]);
		writer_not_watched(writer, rule, families[family]);
		rule_goto(rule, CHAIN_UNWATCHED);
		writer_put(writer, rule);
	}
	writer_goto(writer, chain, CHAIN_STILL_WATCHED, NULL);
	writer_jump(writer, CHAIN_UNWATCHED, CHAIN_ALLOWED_DESTINATION, NULL);
	writer_jump(writer, CHAIN_UNWATCHED, CHAIN_ALLOWED_SOURCE, NULL);
	rule = rule_new(CHAIN_UNWATCHED, "its entry has gone");
	put_present(writer, rule);
	rule_goto(rule, chain_name(CHAIN_REFUSE, policy, target));
	writer_put(writer, rule);
	writer_goto(writer, CHAIN_UNWATCHED, CHAIN_STILL_WATCHED, NULL);
}

static void write_passed(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX];

	writer_count(writer, chain_name(CHAIN_PASSED, policy, chain), "answered_pass", policy);
	put_contained(writer, policy, chain);
	if (policy != plan_watched(writer->input->plan) || !writer->by_entry) {
		write_memories(writer, chain, policy, false);
		return;
	}
	put_unwatched(writer, policy, chain);
	write_memories(writer, CHAIN_STILL_WATCHED, policy, false);
}

void writer_refuse_counted(struct writer *writer, struct nftnl_rule *rule,
			   const struct policy *policy)
{
	char name[RULES_NAME_MAX];

	if (policy->deny == DENY_DROP) {
		policy_counter(name, "refused", policy);
		rule_counter(rule, name);
		rule_drop(rule);
	} else {
		rule_goto(rule, chain_name(CHAIN_DENY, policy, name));
	}
	writer_put(writer, rule);
}

static void write_refuse(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], deny[RULES_NAME_MAX], set[RULES_NAME_MAX];

	chain_name(CHAIN_REFUSE, policy, chain);
	for (size_t family = 0; family < FAMILIES; family++) {
		struct nftnl_rule *rule = rule_new(chain, NULL);

		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_update_born(rule, writer_set(writer, SET_TALLY_REFUSED4 + family, set));
		writer_refuse_counted(writer, rule, policy);
	}
	writer_counter_goto(writer, chain, COUNTER_UNTALLIED_REFUSED,
			    chain_name(CHAIN_DENY, policy, deny), "the tally is full");
}

static void write_passing(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], accepted[RULES_NAME_MAX], set[RULES_NAME_MAX];

	chain_name(CHAIN_PASSING, policy, chain);
	chain_name(CHAIN_ACCEPTED, policy, accepted);
	for (size_t family = 0; family < FAMILIES; family++) {
		struct nftnl_rule *rule = rule_new(chain, NULL);

		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_update_born(rule, writer_set(writer, SET_TALLY_PASSED4 + family, set));
		rule_goto(rule, accepted);
		writer_put(writer, rule);
	}
	writer_counter_goto(writer, chain, COUNTER_UNTALLIED_PASSED, accepted, "the tally is full");
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

	write_unanswered(writer, policy);
	if (policy_may_refuse(policy)) {
		write_contained(writer, policy);
		write_judged(writer, policy);
	}
	if (policy_may_pass(policy))
		write_passed(writer, policy);
	if (chain_needed(CHAIN_REFUSE, policy, settings)) {
		write_refuse(writer, policy);
		write_deny(writer, policy);
	}
	if (chain_needed(CHAIN_PASSING, policy, settings)) {
		write_passing(writer, policy);
		write_accepted(writer, policy);
	}
}
