/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/chains.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/chain.h>

#include "common/mark.h"
#include "rules/expr.h"

#define PORT_SMTP 25
#define PORT_SUBMISSIONS 465 /* RFC 8314 */
#define PORT_SUBMISSION 587  /* RFC 6409 */

static const char *const chain_words[POLICY_CHAINS] = {
	[CHAIN_POLICY] = "policy", [CHAIN_UNANSWERED] = "unanswered", [CHAIN_JUDGED] = "judged",
	[CHAIN_REFUSE] = "refuse", [CHAIN_DENY] = "deny",	      [CHAIN_PASSED] = "passed",
	[CHAIN_PASSING] = "passing", [CHAIN_ACCEPTED] = "accepted",
};

const char *chain_name(enum policy_chain chain, const struct policy *policy,
		       char name[RULES_NAME_MAX])
{
	snprintf(name, RULES_NAME_MAX, "%s_%s", chain_words[chain], policy->name);
	return name;
}

static bool refuses(const struct policy *policy)
{
	return policy->mode == MODE_BLOCK || policy->unanswered == SAFE_REFUSE;
}

static bool passes(const struct policy *policy)
{
	return policy->mode == MODE_MONITOR || policy->unanswered == SAFE_PASS;
}

bool chain_needed(enum policy_chain chain, const struct policy *policy)
{
	switch (chain) {
	case CHAIN_JUDGED:
		return policy->mode == MODE_BLOCK;
	case CHAIN_REFUSE:
	case CHAIN_DENY:
		return refuses(policy);
	case CHAIN_PASSED:
		return policy->mode == MODE_MONITOR;
	case CHAIN_PASSING:
	case CHAIN_ACCEPTED:
		return passes(policy);
	case CHAIN_POLICY:
	case CHAIN_UNANSWERED:
	case POLICY_CHAINS:
		break;
	}
	return true;
}

void chains_each(const struct plan *plan, chains_name_fn *each, void *arg)
{
	static const char *const common[] = {
		CHAIN_SUBMISSION, CHAIN_SMTP,		  CHAIN_ANSWERS, CHAIN_ALLOWED_SOURCE,
		CHAIN_ALLOWED_DESTINATION, CHAIN_LET_THROUGH,
	};
	char name[RULES_NAME_MAX];

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		each(common[i], arg);
	for (uint32_t i = 0; i < plan->header->policies; i++)
		for (enum policy_chain chain = 0; chain < POLICY_CHAINS; chain++)
			if (chain_needed(chain, &plan->policies[i]))
				each(chain_name(chain, &plan->policies[i], name), arg);
}

void counters_each(const struct plan *plan, chains_name_fn *each, void *arg)
{
	static const char *const common[] = {
		COUNTER_SUBMISSION, COUNTER_LOCAL,	       COUNTER_ALLOWED,
		COUNTER_BAD_MARK,   COUNTER_UNREMEMBERED,      COUNTER_UNTALLIED_REFUSED,
		COUNTER_UNTALLIED_PASSED,
	};
	static const char *const words[] = {
		"asked", "unanswered", "answered_refuse", "answered_pass", "refused", "sent", "passed",
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
	struct nftnl_chain *chain = nftnl_chain_alloc();

	nftnl_chain_set_u32(chain, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, RULES_TABLE);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	return chain;
}

void chain_create(struct batch *batch, const char *name)
{
	batch_chain(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, chain_new(name));
}

void chain_create_base(struct batch *batch, const char *name, int32_t priority)
{
	struct nftnl_chain *chain = chain_new(name);

	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_PRE_ROUTING);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	batch_chain(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, chain);
}

void chain_delete(struct batch *batch, const char *name)
{
	batch_chain(batch, NFT_MSG_DELCHAIN, 0, chain_new(name));
}

/* What the functions below share. */
struct writer {
	struct batch *batch;
	const struct chains_input *input;
	uint32_t mask; /* our bits of the mark */
};

static const enum family families[] = { FAMILY_IPV4, FAMILY_IPV6 };
#define FAMILIES (sizeof(families) / sizeof(families[0]))

static void put(struct writer *writer, struct nftnl_rule *rule)
{
	batch_rule(writer->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, rule);
}

static const char *set_of(const struct writer *writer, enum set set, char name[RULES_NAME_MAX])
{
	return set_name(set, &writer->input->generations, name);
}

static void put_counter_goto(struct writer *writer, const char *chain, const char *counter,
			     const char *target, const char *comment)
{
	struct nftnl_rule *rule = rule_new(chain, comment);

	rule_counter(rule, counter);
	rule_goto(rule, target);
	put(writer, rule);
}

static void write_screen(struct writer *writer)
{
	static const struct set_port ports[] = {
		{ PORT_SMTP, CHAIN_SMTP },
		{ PORT_SUBMISSIONS, CHAIN_SUBMISSION },
		{ PORT_SUBMISSION, CHAIN_SUBMISSION },
	};
	uint32_t id = set_ports(writer->batch, ports, sizeof(ports) / sizeof(ports[0]));
	struct nftnl_rule *rule = rule_new(CHAIN_SCREEN, "everything else leaves here");

	rule_key_tcp_port(rule);
	rule_verdict_map(rule, SET_ANONYMOUS, id);
	put(writer, rule);

	rule = rule_new(CHAIN_SUBMISSION, "openings are counted, nothing more");
	rule_opening(rule, true);
	rule_counter(rule, COUNTER_SUBMISSION);
	put(writer, rule);
}

/* Refusals that are remembered: one look-up answers almost every packet of a flood. */
static void write_remembered(struct writer *writer)
{
	const struct plan *plan = writer->input->plan;
	uint32_t decided = mark_action_mask(writer->mask) | mark_policy_mask(writer->mask);
	struct set_answer answers[POLICIES_MAX];
	char chains[POLICIES_MAX][RULES_NAME_MAX], set[RULES_NAME_MAX];
	size_t count = 0;

	for (uint32_t i = 0; i < plan->header->policies; i++) {
		const struct policy *policy = &plan->policies[i];
		struct mark mark = { .action = MARK_REFUSE, .policy = policy->number };

		if (policy->mode != MODE_BLOCK)
			continue;
		answers[count].mark = mark_encode(mark, writer->mask);
		answers[count].chain = chain_name(CHAIN_REFUSE, policy, chains[count]);
		count++;
	}
	for (size_t family = 0; family < FAMILIES; family++) {
		struct nftnl_rule *rule;
		uint32_t id;

		if (families[family] == FAMILY_IPV6 && writer->input->allow_fine) {
			rule = rule_new(CHAIN_SMTP, "allowed hosts finer than a remembered /64");
			rule_family(rule, FAMILY_IPV6);
			rule_jump(rule, CHAIN_ALLOWED_SOURCE);
			put(writer, rule);
		}
		if (!count)
			continue;
		id = set_answers(writer->batch, answers, count);
		rule = rule_new(CHAIN_SMTP, "refused before");
		rule_key(rule, families[family], KEY_PAIR_SUBSCRIBER);
		rule_mark_map(rule, set_of(writer, SET_REFUSED4 + family, set));
		rule_key_mark(rule, decided);
		rule_verdict_map(rule, SET_ANONYMOUS, id);
		put(writer, rule);
	}
}

static void write_smtp(struct writer *writer)
{
	char set[RULES_NAME_MAX];
	struct nftnl_rule *rule = rule_new(CHAIN_SMTP, "our bits of the mark are ours alone");

	rule_set_mark(rule, ~writer->mask, 0);
	put(writer, rule);
	write_remembered(writer);

	rule = rule_new(CHAIN_SMTP, "to this machine itself");
	rule_local(rule);
	rule_counter(rule, COUNTER_LOCAL);
	rule_accept(rule);
	put(writer, rule);

	rule = rule_new(CHAIN_SMTP, NULL);
	rule_jump(rule, CHAIN_ALLOWED_DESTINATION);
	put(writer, rule);

	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(CHAIN_SMTP, NULL);
		rule_key(rule, families[family], KEY_SOURCE);
		rule_verdict_map(rule, set_of(writer, SET_RANGE4 + family, set), 0);
		put(writer, rule);
	}
	rule = rule_new(CHAIN_SMTP, "who is in no range is not ours");
	rule_key_interface(rule);
	rule_verdict_map(rule, set_of(writer, SET_INTERFACE, set), 0);
	put(writer, rule);
}

static void write_allow_look_up(struct writer *writer, const char *chain, enum rule_key key,
				enum set exact, enum set net)
{
	char set[RULES_NAME_MAX];

	for (size_t family = 0; family < FAMILIES; family++) {
		const enum set sets[] = { exact + family, net + family };

		for (size_t i = 0; i < 2; i++) {
			struct nftnl_rule *rule = rule_new(chain, NULL);

			rule_key(rule, families[family], key);
			rule_lookup(rule, set_of(writer, sets[i], set));
			rule_goto(rule, CHAIN_LET_THROUGH);
			put(writer, rule);
		}
	}
}

static void write_allowed(struct writer *writer)
{
	struct nftnl_rule *rule;

	write_allow_look_up(writer, CHAIN_ALLOWED_DESTINATION, KEY_DESTINATION, SET_ALLOW_DST4,
			    SET_ALLOW_DST4_NET);
	write_allow_look_up(writer, CHAIN_ALLOWED_SOURCE, KEY_SOURCE, SET_ALLOW_SRC4,
			    SET_ALLOW_SRC4_NET);
	write_allow_look_up(writer, CHAIN_ALLOWED_SOURCE, KEY_PAIR, SET_ALLOW_PAIR4,
			    SET_ALLOW_PAIR4_NET);

	rule = rule_new(CHAIN_LET_THROUGH, "openings");
	rule_opening(rule, true);
	rule_counter(rule, COUNTER_ALLOWED);
	put(writer, rule);

	rule = rule_new(CHAIN_LET_THROUGH, NULL);
	rule_set_mark(rule, ~writer->mask, 0);
	rule_accept(rule);
	put(writer, rule);
}

static void counter_name(char name[RULES_NAME_MAX], const char *word, const struct policy *policy)
{
	snprintf(name, RULES_NAME_MAX, "%s_%s", word, policy->name);
}

static void write_policy(struct writer *writer, const struct policy *policy)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	char chain[RULES_NAME_MAX], other[RULES_NAME_MAX];
	struct mark question = { .action = MARK_QUESTION,
				 .epoch = writer->input->generations.answers,
				 .policy = policy->number };
	struct nftnl_rule *rule;

	chain_name(CHAIN_POLICY, policy, chain);
	rule = rule_new(chain, NULL);
	rule_jump(rule, CHAIN_ALLOWED_SOURCE);
	put(writer, rule);

	if (policy->mode == MODE_MONITOR) {
		rule = rule_new(chain, "not an opening");
		rule_opening(rule, false);
		rule_accept(rule);
		put(writer, rule);
		for (size_t family = 0; family < FAMILIES; family++) {
			rule = rule_new(chain, "passed before");
			rule_key(rule, families[family], KEY_PAIR_SUBSCRIBER);
			rule_lookup(rule, set_of(writer, SET_PASSED4 + family, other));
			rule_goto(rule, chain_name(CHAIN_PASSING, policy, other));
			put(writer, rule);
		}
	}
	rule = rule_new(chain, policy->mode == MODE_BLOCK ? "asked; refused if nobody answers" :
							    "asked; passed if nobody answers");
	rule_set_mark(rule, ~writer->mask, mark_encode(question, writer->mask));
	counter_name(other, "asked", policy);
	rule_counter(rule, other);
	rule_queue(rule, settings->queue_first, settings->queue_count,
		   writer->input->native_queue);
	put(writer, rule);
}

static void write_unanswered(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], counter[RULES_NAME_MAX], target[RULES_NAME_MAX];

	counter_name(counter, "unanswered", policy);
	chain_name(policy->unanswered == SAFE_REFUSE ? CHAIN_REFUSE : CHAIN_PASSING, policy, target);
	put_counter_goto(writer, chain_name(CHAIN_UNANSWERED, policy, chain), counter, target,
			 "the safe answer");
}

/* An answer that belongs to the present rules is remembered; every answer is carried out. */
static void write_answered(struct writer *writer, const struct policy *policy)
{
	bool refuse = policy->mode == MODE_BLOCK;
	struct mark remembered = { .action = MARK_REFUSE, .policy = policy->number };
	struct mark present = { .epoch = writer->input->generations.answers };
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX], other[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	chain_name(refuse ? CHAIN_JUDGED : CHAIN_PASSED, policy, chain);
	chain_name(refuse ? CHAIN_REFUSE : CHAIN_PASSING, policy, target);

	rule = rule_new(chain, NULL);
	counter_name(other, refuse ? "answered_refuse" : "answered_pass", policy);
	rule_counter(rule, other);
	put(writer, rule);
	if (refuse) {
		rule = rule_new(chain, "allowed while it was asked");
		rule_jump(rule, CHAIN_ALLOWED_DESTINATION);
		put(writer, rule);
		rule = rule_new(chain, NULL);
		rule_jump(rule, CHAIN_ALLOWED_SOURCE);
		put(writer, rule);
	}
	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(chain, NULL);
		rule_mark(rule, mark_epoch_mask(writer->mask), mark_encode(present, writer->mask),
			  true);
		rule_key(rule, families[family], KEY_PAIR_SUBSCRIBER);
		if (refuse)
			rule_add_mark(rule, families[family],
				      set_of(writer, SET_REFUSED4 + family, other),
				      mark_encode(remembered, writer->mask));
		else
			rule_add(rule, set_of(writer, SET_PASSED4 + family, other));
		rule_goto(rule, target);
		put(writer, rule);
	}
	put_counter_goto(writer, chain, COUNTER_UNREMEMBERED, target, "full, or an older question");
}

/* Exact counts by host: the element is made or counted up with each packet. */
static void write_tally(struct writer *writer, const char *chain, enum set tally,
			const char *untallied, const char *target)
{
	char set[RULES_NAME_MAX];

	for (size_t family = 0; family < FAMILIES; family++) {
		struct nftnl_rule *rule = rule_new(chain, NULL);

		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_update(rule, set_of(writer, tally + family, set));
		rule_goto(rule, target);
		put(writer, rule);
	}
	put_counter_goto(writer, chain, untallied, target, "the tally is full");
}

static void write_deny(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], counter[RULES_NAME_MAX];
	struct nftnl_rule *rule = rule_new(chain_name(CHAIN_DENY, policy, chain), NULL);

	counter_name(counter, "refused", policy);
	rule_counter(rule, counter);
	put(writer, rule);
	if (policy->deny != DENY_DROP) {
		rule = rule_new(chain, NULL);
		rule_not_reset(rule); /* nothing answers a reset: RFC 9293 3.5.2, RFC 1122 3.2.2 */
		rule_limit(rule, policy->deny == DENY_TCP_RESET ? LIMIT_RESETS :
								   LIMIT_UNREACHABLES);
		counter_name(counter, "sent", policy);
		rule_counter(rule, counter);
		if (policy->deny == DENY_TCP_RESET)
			rule_reset(rule);
		else
			rule_unreachable(rule);
		put(writer, rule);
	}
	rule = rule_new(chain, NULL);
	rule_drop(rule);
	put(writer, rule);
}

static void write_accepted(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], counter[RULES_NAME_MAX];
	struct nftnl_rule *rule = rule_new(chain_name(CHAIN_ACCEPTED, policy, chain), NULL);

	counter_name(counter, "passed", policy);
	rule_counter(rule, counter);
	rule_set_mark(rule, ~writer->mask, 0);
	rule_accept(rule);
	put(writer, rule);
}

static void write_policy_chains(struct writer *writer, const struct policy *policy)
{
	char chain[RULES_NAME_MAX], target[RULES_NAME_MAX];

	write_policy(writer, policy);
	write_unanswered(writer, policy);
	write_answered(writer, policy);
	if (chain_needed(CHAIN_REFUSE, policy)) {
		write_tally(writer, chain_name(CHAIN_REFUSE, policy, chain), SET_TALLY_REFUSED4,
			    COUNTER_UNTALLIED_REFUSED, chain_name(CHAIN_DENY, policy, target));
		write_deny(writer, policy);
	}
	if (chain_needed(CHAIN_PASSING, policy)) {
		write_tally(writer, chain_name(CHAIN_PASSING, policy, chain), SET_TALLY_PASSED4,
			    COUNTER_UNTALLIED_PASSED, chain_name(CHAIN_ACCEPTED, policy, target));
		write_accepted(writer, policy);
	}
}

/* Where a packet that was asked goes on, with its question or its answer in the mark. */
static void write_remember(struct writer *writer)
{
	const struct plan *plan = writer->input->plan;
	uint32_t decided = mark_action_mask(writer->mask) | mark_policy_mask(writer->mask);
	struct set_answer answers[3 * POLICIES_MAX];
	char chains[3 * POLICIES_MAX][RULES_NAME_MAX];
	size_t count = 0;
	struct nftnl_rule *rule = rule_new(CHAIN_REMEMBER, "our bits on another port are not ours");

	rule_tcp_port(rule, PORT_SMTP);
	rule_mark(rule, writer->mask, 0, false);
	rule_goto(rule, CHAIN_ANSWERS);
	put(writer, rule);

	for (uint32_t i = 0; i < plan->header->policies; i++)
		for (enum mark_action action = MARK_QUESTION; action <= MARK_REFUSE; action++) {
			const struct policy *policy = &plan->policies[i];
			struct mark mark = { .action = action, .policy = policy->number };
			enum policy_chain chain = CHAIN_UNANSWERED;

			if (action == MARK_REFUSE && policy->mode == MODE_BLOCK)
				chain = CHAIN_JUDGED;
			if (action == MARK_PASS && policy->mode == MODE_MONITOR)
				chain = CHAIN_PASSED;
			answers[count].mark = mark_encode(mark, writer->mask);
			answers[count].chain = chain_name(chain, policy, chains[count]);
			count++;
		}
	if (count) {
		uint32_t id = set_answers(writer->batch, answers, count);

		rule = rule_new(CHAIN_ANSWERS, NULL);
		rule_key_mark(rule, decided);
		rule_verdict_map(rule, SET_ANONYMOUS, id);
		put(writer, rule);
	}
	rule = rule_new(CHAIN_ANSWERS, "no question of ours");
	rule_counter(rule, COUNTER_BAD_MARK);
	rule_drop(rule);
	put(writer, rule);
}

void chains_write(struct batch *batch, const struct chains_input *input)
{
	struct writer writer = {
		.batch = batch,
		.input = input,
		.mask = input->plan->header->settings.mark_mask,
	};

	write_screen(&writer);
	write_smtp(&writer);
	write_allowed(&writer);
	for (uint32_t i = 0; i < input->plan->header->policies; i++)
		write_policy_chains(&writer, &input->plan->policies[i]);
	write_remember(&writer);
}
