/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is allowed, contained and watched. Of several that match, `always` comes first, then that
 * the source is contained, then a plain entry, then a watched one: the rules of the first go
 * straight to let_through, those of a plain one ask on their way whether the source is contained.
 */
#include "common/allow.h"
#include "rules/writer.h"

/*
 * What is found in the sets of both kinds, exact and by prefix, goes on in @target. Prefixes come with
 * a plan, and so with rules: where it has none the set is not asked.
 */
static void write_look_ups(struct writer *writer, const char *chain, enum rule_key key,
			   enum set exact, enum set net, const char *target, bool jump)
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
			if (jump)
				rule_jump(rule, target);
			else
				rule_goto(rule, target);
			writer_put(writer, rule);
		}
	}
}

static void finish_contained(struct writer *writer, struct nftnl_rule *rule, const char *set,
			     const char *target)
{
	rule_lookup(rule, set);
	if (target)
		rule_goto(rule, target);
	else
		rule_return(rule);
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

	rule_opening(rule, true);
	rule_counter(rule, COUNTER_ALLOWED);
	writer_put(writer, rule);
	writer_let_go(writer, CHAIN_LET_THROUGH);
}

void write_allowed(struct writer *writer)
{
	if (plan_has_way(writer->input->plan, ALLOW_ALWAYS)) {
		write_look_ups(writer, CHAIN_ALLOWED_DESTINATION, KEY_DESTINATION, SET_ALWAYS_DST4,
			       SET_ALWAYS_DST4_NET, CHAIN_LET_THROUGH, false);
		write_look_ups(writer, CHAIN_ALLOWED_SOURCE, KEY_SOURCE, SET_ALWAYS_SRC4,
			       SET_ALWAYS_SRC4_NET, CHAIN_LET_THROUGH, false);
		write_look_ups(writer, CHAIN_ALLOWED_SOURCE, KEY_PAIR, SET_ALWAYS_PAIR4,
			       SET_ALWAYS_PAIR4_NET, CHAIN_LET_THROUGH, false);
	}
	write_look_ups(writer, CHAIN_ALLOWED_DESTINATION, KEY_DESTINATION, SET_ALLOW_DST4,
		       SET_ALLOW_DST4_NET, CHAIN_ALLOWED, true);
	write_look_ups(writer, CHAIN_ALLOWED_SOURCE, KEY_SOURCE, SET_ALLOW_SRC4, SET_ALLOW_SRC4_NET,
		       CHAIN_ALLOWED, true);
	write_look_ups(writer, CHAIN_ALLOWED_SOURCE, KEY_PAIR, SET_ALLOW_PAIR4, SET_ALLOW_PAIR4_NET,
		       CHAIN_ALLOWED, true);
	writer_contained(writer, CHAIN_ALLOWED, NULL);
	writer_goto(writer, CHAIN_ALLOWED, CHAIN_LET_THROUGH, NULL);
	write_let_through(writer);
	write_watched(writer);
}
