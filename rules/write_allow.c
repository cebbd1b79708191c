/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is allowed, contained and watched. Of several that match, `always` comes first, then that
 * the source is contained, then a plain entry, then a watched one: the rules of all go to
 * let_through, but those of a plain one ask besides whether the source is contained.
 */
#include "common/allow.h"
#include "rules/writer.h"

/*
 * The rule, which has its family, is for sources that are not contained. That one is not in a set is
 * asked without counting.
 */
static void put_not_contained(struct writer *writer, struct nftnl_rule *rule, enum family family)
{
	char set[RULES_NAME_MAX];

	if (family == FAMILY_IPV4) {
		rule_key_again(rule, family, KEY_SOURCE);
		rule_lookup_not(rule, writer_set(writer, SET_CONTAINED4, set));
		return;
	}
	for (unsigned length = POLICY_HOST_PREFIX6_MIN; length <= POLICY_HOST_PREFIX6_MAX; length++)
		if (contained_length_has(writer->input->contained_lengths, length)) {
			rule_key_host6_again(rule, length);
			rule_lookup_not(rule, set_contained_name(length, set));
		}
}

/*
 * What is found in the sets of both kinds, exact and by prefix, goes on in @target; @plain: unless its
 * source is contained. Prefixes come with a plan, and so with rules: where it has none the set is not
 * asked.
 */
static void write_look_ups(struct writer *writer, const char *chain, enum rule_key key,
			   enum set exact, enum set net, const char *target, bool plain)
{
	char set[RULES_NAME_MAX];

	for (size_t family = 0; family < FAMILIES; family++) {
		const enum set sets[] = {exact + family, net + family};

		for (size_t i = 0; i < 2; i++) {
			struct nftnl_rule *rule;

			if (i && !writer->filled[sets[i]])
				continue;
			rule = rule_new(chain, NULL);
			rule_key(rule, families[family], key);
			rule_lookup(rule, writer_set(writer, sets[i], set));
			if (plain)
				put_not_contained(writer, rule, families[family]);
			rule_goto(rule, target);
			writer_put(writer, rule);
		}
	}
}

static void finish_contained(struct writer *writer, struct nftnl_rule *rule, const char *set,
			     const char *target)
{
	rule_lookup(rule, set);
	rule_goto(rule, target);
	writer_put(writer, rule);
}

void writer_contained(struct writer *writer, const char *chain, const char *target)
{
	struct nftnl_rule *rule = rule_new(chain, NULL);
	char set[RULES_NAME_MAX];

	rule_key(rule, FAMILY_IPV4, KEY_SOURCE);
	finish_contained(writer, rule, writer_set(writer, SET_CONTAINED4, set), target);
	for (unsigned length = POLICY_HOST_PREFIX6_MIN; length <= POLICY_HOST_PREFIX6_MAX;
	     length++) {
		if (!contained_length_has(writer->input->contained_lengths, length))
			continue;
		rule = rule_new(chain, NULL);
		rule_key_host6(rule, length);
		finish_contained(writer, rule, set_contained_name(length, set), target);
	}
}

static const struct {
	enum rule_key key;
	enum set exact, net;
} watched_kinds[] = {
	{KEY_SOURCE, SET_WATCHED_SRC4, SET_WATCHED_SRC4_NET},
	{KEY_PAIR, SET_WATCHED_PAIR4, SET_WATCHED_PAIR4_NET},
};

/* Watched sources go from @chain to @target. */
static void write_way(struct writer *writer, const char *chain, const char *target)
{
	for (size_t i = 0; i < 2; i++)
		write_look_ups(writer, chain, watched_kinds[i].key, watched_kinds[i].exact,
			       watched_kinds[i].net, target, false);
}

void writer_not_watched(struct writer *writer, struct nftnl_rule *rule, enum family family)
{
	const bool six = family == FAMILY_IPV6;
	char set[RULES_NAME_MAX];

	for (size_t i = 0; i < 2; i++) {
		const enum set sets[] = {watched_kinds[i].exact + six, watched_kinds[i].net + six};

		for (size_t j = 0; j < 2; j++) {
			rule_key_again(rule, family, watched_kinds[i].key);
			rule_lookup_not(rule, writer_set(writer, sets[j], set));
		}
	}
}

void writer_jump_watched(struct writer *writer, const char *chain, const struct policy *policy,
			 const char *watched)
{
	if (policy->mode == MODE_BLOCK && plan_has_way(writer->input->plan, ALLOW_WATCHED))
		writer_jump(writer, chain, watched, NULL);
}

/* From the chains of policies that block to those of the policy that guards what is watched. */
static void write_watched(struct writer *writer)
{
	const struct plan *plan = writer->input->plan;
	const struct plan_settings *settings = &plan->header->settings;
	const struct policy *policy = plan_watched(plan);
	const struct {
		bool wanted;
		const char *chain;
		enum policy_chain target;
	} ways[] = {
		{true, CHAIN_WATCHED, CHAIN_ASK},
		{true, CHAIN_WATCHED_PASSING, CHAIN_PASSING},
		{settings->refuse_headless, CHAIN_WATCHED_SPLIT, CHAIN_SPLIT},
		{settings->refuse_tunnels, CHAIN_WATCHED_TUNNELLED, CHAIN_TUNNELLED},
	};
	char target[RULES_NAME_MAX];

	if (!plan_has_way(plan, ALLOW_WATCHED))
		return;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i].wanted)
			write_way(writer, ways[i].chain,
				  chain_name(ways[i].target, policy, target));
}

static void write_let_through(struct writer *writer)
{
	struct nftnl_rule *rule = rule_new(CHAIN_LET_THROUGH, "openings");

	rule_opens(rule);
	rule_counter(rule, COUNTER_ALLOWED);
	writer_put(writer, rule);
	/* to set a mark costs more than to see that nothing is to be cleared */
	rule = rule_new(CHAIN_LET_THROUGH, NULL);
	rule_mark(rule, writer->mask, 0, true);
	rule_accept(rule);
	writer_put(writer, rule);
	writer_let_go(writer, CHAIN_LET_THROUGH);
}

static void write_destinations(struct writer *writer, const char *chain)
{
	if (plan_has_way(writer->input->plan, ALLOW_ALWAYS))
		write_look_ups(writer, chain, KEY_DESTINATION, SET_ALWAYS_DST4, SET_ALWAYS_DST4_NET,
			       CHAIN_LET_THROUGH, false);
	write_look_ups(writer, chain, KEY_DESTINATION, SET_ALLOW_DST4, SET_ALLOW_DST4_NET,
		       CHAIN_LET_THROUGH, true);
}

static void write_sources(struct writer *writer, const char *chain)
{
	if (plan_has_way(writer->input->plan, ALLOW_ALWAYS)) {
		write_look_ups(writer, chain, KEY_SOURCE, SET_ALWAYS_SRC4, SET_ALWAYS_SRC4_NET,
			       CHAIN_LET_THROUGH, false);
		write_look_ups(writer, chain, KEY_PAIR, SET_ALWAYS_PAIR4, SET_ALWAYS_PAIR4_NET,
			       CHAIN_LET_THROUGH, false);
	}
	write_look_ups(writer, chain, KEY_SOURCE, SET_ALLOW_SRC4, SET_ALLOW_SRC4_NET,
		       CHAIN_LET_THROUGH, true);
	write_look_ups(writer, chain, KEY_PAIR, SET_ALLOW_PAIR4, SET_ALLOW_PAIR4_NET,
		       CHAIN_LET_THROUGH, true);
}

void write_allowed_early(struct writer *writer, const char *chain)
{
	write_destinations(writer, chain);
	write_sources(writer, chain);
}

void write_allowed(struct writer *writer)
{
	write_destinations(writer, CHAIN_ALLOWED_DESTINATION);
	write_sources(writer, CHAIN_ALLOWED_SOURCE);
	write_let_through(writer);
	write_watched(writer);
}
