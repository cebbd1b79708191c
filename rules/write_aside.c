/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is judged without a question: sources that cannot be true, and, of packets that hide their
 * port, IPv6 first fragments without one and tunnels. And the router's own packets.
 */
#include "common/mark.h"
#include "rules/writer.h"

static uint32_t aside_mark(const struct writer *writer, enum mark_aside aside, unsigned policy)
{
	struct mark mark = {.action = MARK_NONE, .epoch = aside, .policy = policy};

	return mark_encode(mark, writer->mask);
}

static void put_mark(struct writer *writer, const char *chain, enum mark_aside aside)
{
	struct nftnl_rule *rule = rule_new(chain, NULL);

	rule_set_mark(rule, ~writer->mask, aside_mark(writer, aside, 0));
	writer_put(writer, rule);
}

/*
 * Ours alone, or the router's: looked at by range as port 25 is. Both chains say so themselves: from a
 * chain that they share, the ranges would be deeper among the rules than from chain smtp, and the kernel
 * (6.18) would go through all prefixes once more when it validates the rules.
 */
static void write_by_range(struct writer *writer, const char *chain, enum mark_aside aside)
{
	struct nftnl_rule *rule;

	put_mark(writer, chain, aside);
	rule = rule_new(chain, "to this machine itself");
	rule_local(rule);
	rule_jump(rule, CHAIN_ASIDE_OWN);
	writer_put(writer, rule);
	writer_jump(writer, chain, CHAIN_ALLOWED_DESTINATION, NULL);
	rule = rule_new(chain, "here for the second time");
	rule_vrf(rule);
	rule_goto(rule, CHAIN_ASIDE_VRF);
	writer_put(writer, rule);
	writer_jump(writer, chain, CHAIN_RANGES, NULL);
	writer_let_go(writer, chain);
}

void write_aside(struct writer *writer)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;

	if (settings->refuse_headless) {
		struct nftnl_rule *rule =
			rule_new(CHAIN_HEADLESS, "its port is there, and is no port of ours");

		rule_has_port(rule);
		rule_accept(rule);
		writer_put(writer, rule);
		write_by_range(writer, CHAIN_HEADLESS, MARK_HEADLESS);
	}
	if (settings->refuse_tunnels)
		write_by_range(writer, CHAIN_TUNNEL, MARK_TUNNEL);
	if (!settings->refuse_headless && !settings->refuse_tunnels)
		return;
	writer_return_routed(writer, CHAIN_ASIDE_OWN);
	writer_let_go(writer, CHAIN_ASIDE_OWN);
	writer_jump(writer, CHAIN_ASIDE_VRF, CHAIN_VRF, NULL);
	writer_let_go(writer, CHAIN_ASIDE_VRF);
}

/* Which of its packets the policy judges without a question. */
static void put_aside_rules(struct writer *writer, const struct policy *policy)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	const struct {
		bool wanted;
		enum mark_aside aside;
		enum policy_chain target;
	} kinds[] = {
		{settings->refuse_headless, MARK_HEADLESS, CHAIN_SPLIT},
		{settings->refuse_tunnels, MARK_TUNNEL, CHAIN_TUNNELLED},
	};
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX];

	chain_name(CHAIN_POLICY, policy, chain);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct nftnl_rule *rule;

		if (!kinds[i].wanted)
			continue;
		rule = rule_new(chain, NULL);
		rule_mark(rule, writer->mask, aside_mark(writer, kinds[i].aside, 0), true);
		rule_goto(rule, chain_name(kinds[i].target, policy, target));
		writer_put(writer, rule);
	}
}

static void put_untrue(struct writer *writer, const char *chain, const struct policy *policy)
{
	struct nftnl_rule *rule = rule_new(chain, "no route leads back to its source");
	char target[RULES_NAME_MAX];

	rule_source_routed(rule, false);
	rule_goto(rule, chain_name(CHAIN_DOUBT, policy, target));
	writer_put(writer, rule);
}

static void write_doubt(struct writer *writer, const struct policy *policy)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	chain_name(CHAIN_DOUBT, policy, chain);
	if (policy->mode != MODE_BLOCK) {
		rule = rule_new(chain, "the kernel loses what a VRF has queued and let go");
		rule_vrf(rule);
		rule_goto(rule, chain_name(CHAIN_UNTRUE, policy, target));
		writer_put(writer, rule);
	}
	rule = rule_new(chain, "told, so that it can be found; the answer is given already");
	rule_limit(rule, LIMIT_UNTRUE);
	rule_set_mark(rule, ~writer->mask, aside_mark(writer, MARK_UNTRUE, policy->number));
	rule_queue(rule, settings->queue_first, settings->queue_count, writer->input->native_queue);
	writer_put(writer, rule);
	writer_goto(writer, chain, chain_name(CHAIN_UNTRUE, policy, target), NULL);
}

static void write_untrue(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], counter[RULES_NAME_MAX], target[RULES_NAME_MAX];

	chain_name(CHAIN_UNTRUE, policy, chain);
	if (policy->mode == MODE_GUARD) {
		writer_count(writer, chain, "untrue", policy);
		writer_contained(writer, chain, chain_name(CHAIN_DENY, policy, target));
		writer_goto(writer, chain, chain_name(CHAIN_ACCEPTED, policy, target),
			    "counted for no host");
		return;
	}
	policy_counter(counter, "untrue", policy);
	chain_name(policy->mode == MODE_BLOCK ? CHAIN_DENY : CHAIN_ACCEPTED, policy, target);
	writer_counter_goto(writer, chain, counter, target, "counted for no host");
}

/* Allowed, or counted and then dropped or let go. */
static void write_hidden(struct writer *writer, const struct policy *policy,
			 enum policy_chain which, const char *word, bool tell)
{
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	chain_name(which, policy, chain);
	writer_jump(writer, chain, CHAIN_ALLOWED_SOURCE, NULL);
	if (policy->mode == MODE_GUARD)
		writer_contained(writer, chain, chain_name(CHAIN_CONTAINED, policy, target));
	writer_jump_watched(writer, chain, policy,
			    which == CHAIN_SPLIT ? CHAIN_WATCHED_SPLIT : CHAIN_WATCHED_TUNNELLED);
	writer_count(writer, chain, word, policy);
	if (policy->mode != MODE_BLOCK) {
		writer_let_go(writer, chain);
		return;
	}
	if (tell && policy->deny != DENY_DROP) {
		rule = rule_new(chain, NULL);
		rule_limit(rule, LIMIT_UNREACHABLES);
		rule_unreachable(rule);
		writer_put(writer, rule);
	}
	writer_drop(writer, chain);
}

void write_policy_aside(struct writer *writer, const struct policy *policy)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX];

	put_aside_rules(writer, policy);
	if (settings->check_sources) {
		put_untrue(writer, chain_name(CHAIN_POLICY, policy, chain), policy);
		write_doubt(writer, policy);
	}
	write_untrue(writer, policy);
	if (chain_needed(CHAIN_REMEMBERED, policy, settings)) {
		chain_name(CHAIN_REMEMBERED, policy, chain);
		put_untrue(writer, chain, policy);
		writer_goto(writer, chain, chain_name(CHAIN_REFUSE, policy, target), NULL);
	}
	if (settings->refuse_headless)
		write_hidden(writer, policy, CHAIN_SPLIT, "split", false);
	if (settings->refuse_tunnels)
		write_hidden(writer, policy, CHAIN_TUNNELLED, "tunnelled", true);
}

/* They have no interface that they came in by, and their source is true: straight to the question. */
void write_router(struct writer *writer)
{
	const struct plan *plan = writer->input->plan;
	const struct policy *policy = plan_policy(plan, plan->header->settings.router_policy);
	struct nftnl_rule *rule;
	char ask[RULES_NAME_MAX];

	if (!policy)
		return;
	rule = rule_new(CHAIN_ROUTER, "everything else leaves here");
	rule_tcp_port(rule, PORT_SMTP);
	rule_goto(rule, CHAIN_ROUTER_SMTP);
	writer_put(writer, rule);

	writer_clear_mark(writer, CHAIN_ROUTER_SMTP);
	rule = rule_new(CHAIN_ROUTER_SMTP, "to this machine itself");
	rule_local(rule);
	rule_counter(rule, COUNTER_LOCAL);
	rule_accept(rule);
	writer_put(writer, rule);
	writer_jump(writer, CHAIN_ROUTER_SMTP, CHAIN_ALLOWED_DESTINATION, NULL);
	if (writer->early)
		writer_jump(writer, CHAIN_ROUTER_SMTP, CHAIN_ALLOWED_SOURCE, NULL);
	writer_goto(writer, CHAIN_ROUTER_SMTP, chain_name(CHAIN_ASK, policy, ask), NULL);
	writer_to_answers(writer, CHAIN_ROUTER_REMEMBER);
}
