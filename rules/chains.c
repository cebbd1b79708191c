/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/chains.h"
#include "rules/memory.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/rule.h>

static const char *const chain_words[POLICY_CHAINS] = {
	[CHAIN_POLICY] = "policy",
	[CHAIN_ASK] = "ask",
	[CHAIN_PACED] = "paced",
	[CHAIN_QUEUE] = "queue",
	[CHAIN_UNANSWERED] = "unanswered",
	[CHAIN_REMEMBERED] = "remembered",
	[CHAIN_DOUBT] = "doubt",
	[CHAIN_UNTRUE] = "untrue",
	[CHAIN_SPLIT] = "split",
	[CHAIN_TUNNELLED] = "tunnelled",
	[CHAIN_CONTAINED] = "contained",
	[CHAIN_JUDGED] = "judged",
	[CHAIN_SETTLED] = "settled",
	[CHAIN_REFUSE] = "refuse",
	[CHAIN_DENY] = "deny",
	[CHAIN_PASSED] = "passed",
	[CHAIN_PASSING] = "passing",
	[CHAIN_ACCEPTED] = "accepted",
};

const char *chain_name(enum policy_chain chain, const struct policy *policy,
		       char name[RULES_NAME_MAX])
{
	snprintf(name, RULES_NAME_MAX, "%s_%s", chain_words[chain], policy->name);
	return name;
}

enum policy_chain safe_chain(const struct policy *policy)
{
	return policy->unanswered == SAFE_REFUSE ? CHAIN_REFUSE : CHAIN_PASSING;
}

static bool refuses(const struct policy *policy)
{
	return policy_may_refuse(policy) || policy->unanswered == SAFE_REFUSE;
}

static bool passes(const struct policy *policy)
{
	return policy_may_pass(policy) || policy->unanswered == SAFE_PASS;
}

bool chain_needed(enum policy_chain chain, const struct policy *policy,
		  const struct plan_settings *settings)
{
	switch (chain) {
	case CHAIN_PACED:
		return policy->pace != 0;
	case CHAIN_REMEMBERED:
		return settings->check_sources && policy->mode == MODE_BLOCK;
	case CHAIN_DOUBT:
		return settings->check_sources;
	case CHAIN_SPLIT:
		return settings->refuse_headless;
	case CHAIN_TUNNELLED:
		return settings->refuse_tunnels;
	case CHAIN_SETTLED:
		return policy->mode == MODE_BLOCK;
	case CHAIN_CONTAINED:
	case CHAIN_JUDGED:
		return policy_may_refuse(policy);
	case CHAIN_REFUSE:
	case CHAIN_DENY:
		return refuses(policy);
	case CHAIN_PASSED:
		return policy_may_pass(policy);
	case CHAIN_PASSING:
	case CHAIN_ACCEPTED:
		return passes(policy);
	case CHAIN_POLICY:
	case CHAIN_ASK:
	case CHAIN_QUEUE:
	case CHAIN_UNANSWERED:
	case CHAIN_UNTRUE:
	case POLICY_CHAINS:
		break;
	}
	return true;
}

bool handshakes_needed(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->header->policies; i++)
		if (policy_may_pass(&plan->policies[i]))
			return true;
	return false;
}

static bool in_prefixes(const struct plan *plan, uint32_t policy)
{
	for (uint32_t i = 0; i <= plan->header->places; i++) {
		struct plan_prefixes prefixes = plan_prefixes(plan, i);

		for (uint32_t j = 0; j < prefixes.v4_count; j++)
			if (prefixes.v4[j].policy == policy)
				return true;
		for (uint32_t j = 0; j < prefixes.v6_count; j++)
			if (prefixes.v6[j].policy[0] == policy)
				return true;
	}
	return false;
}

bool watched_by_entry(const struct plan *plan)
{
	const struct policy *policy = plan_watched(plan);

	if (!plan_has_way(plan, ALLOW_WATCHED) ||
	    policy->number == plan->header->settings.router_policy)
		return false;
	for (uint32_t i = 0; i < plan->header->interfaces; i++)
		if (plan->interfaces[i].policy == policy->number)
			return false;
	return !in_prefixes(plan, policy->number);
}

void chains_each(const struct plan *plan, chains_name_fn *each, void *arg)
{
	static const char *const common[] = {
		CHAIN_SUBMISSION,
		CHAIN_SUBMITTED,
		CHAIN_TALLY_SUBMISSION,
		CHAIN_TRIED,
		CHAIN_SMTP,
		CHAIN_OWN,
		CHAIN_VRF,
		CHAIN_RANGES,
		CHAIN_ANSWERS,
		CHAIN_ALLOWED_SOURCE,
		CHAIN_ALLOWED_DESTINATION,
		CHAIN_LET_THROUGH,
	};
	const struct plan_settings *settings = &plan->header->settings;
	char name[RULES_NAME_MAX];

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		each(common[i], arg);
	if (handshakes_needed(plan)) {
		each(CHAIN_HANDSHAKE, arg);
		each(CHAIN_TALKING, arg);
	}
	if (settings->refuse_headless)
		each(CHAIN_HEADLESS, arg);
	if (settings->refuse_tunnels)
		each(CHAIN_TUNNEL, arg);
	if (settings->refuse_headless || settings->refuse_tunnels) {
		each(CHAIN_ASIDE_OWN, arg);
		each(CHAIN_ASIDE_VRF, arg);
	}
	if (plan_has_way(plan, ALLOW_WATCHED)) {
		each(CHAIN_WATCHED, arg);
		each(CHAIN_WATCHED_PASSING, arg);
		if (watched_by_entry(plan)) {
			each(CHAIN_STILL_WATCHED, arg);
			each(CHAIN_UNWATCHED, arg);
		}
		if (settings->refuse_headless)
			each(CHAIN_WATCHED_SPLIT, arg);
		if (settings->refuse_tunnels)
			each(CHAIN_WATCHED_TUNNELLED, arg);
	}
	if (settings->router_policy != PLAN_NO_POLICY)
		each(CHAIN_ROUTER_SMTP, arg);
	for (uint32_t i = 0; i < plan->header->policies; i++)
		for (enum policy_chain chain = 0; chain < POLICY_CHAINS; chain++)
			if (chain_needed(chain, &plan->policies[i], settings))
				each(chain_name(chain, &plan->policies[i], name), arg);
}

void counters_each(const struct plan *plan, chains_name_fn *each, void *arg)
{
	static const char *const common[] = {
		COUNTER_SUBMISSION,       COUNTER_LOCAL,
		COUNTER_ALLOWED,          COUNTER_BAD_MARK,
		COUNTER_EMERGENCY,        COUNTER_UNREMEMBERED,
		COUNTER_UNPACED,          COUNTER_UNTALLIED_REFUSED,
		COUNTER_UNTALLIED_PASSED, COUNTER_UNTALLIED_SUBMISSION,
		COUNTER_UNTRIED,          COUNTER_HANDSHAKES,
		COUNTER_UNTOLD,
	};
	static const char *const words[] = {
		"asked", "unanswered", "answered_refuse", "answered_pass", "refused",
		"sent",  "passed",     "paced",           "overrun",       "untrue",
		"split", "tunnelled",  "contained",
	};
	char name[RULES_NAME_MAX];

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		each(common[i], arg);
	for (uint32_t i = 0; i < plan->header->policies; i++)
		for (size_t word = 0; word < sizeof(words) / sizeof(words[0]); word++) {
			snprintf(name, sizeof(name), "%s_%s", words[word], plan->policies[i].name);
			each(name, arg);
		}
}

static struct nftnl_chain *chain_new(const char *name)
{
	struct nftnl_chain *chain = memory_needed(nftnl_chain_alloc());

	nftnl_chain_set_u32(chain, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, RULES_TABLE);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	return chain;
}

void chain_create(struct batch *batch, const char *name)
{
	batch_chain(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, chain_new(name));
}

void chain_create_base(struct batch *batch, const char *name, uint32_t hook, int32_t priority)
{
	struct nftnl_chain *chain = chain_new(name);

	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	batch_chain(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, chain);
}

void chain_delete(struct batch *batch, const char *name)
{
	batch_chain(batch, NFT_MSG_DELCHAIN, 0, chain_new(name));
}

void chain_flush(struct batch *batch, const char *name)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, RULES_TABLE);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, name);
	batch_rule(batch, NFT_MSG_DELRULE, 0, rule);
}
