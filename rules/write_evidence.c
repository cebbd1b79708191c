/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is counted and told so that hosts can be told apart: submissions of those that tried port
 * 25, and destinations that talk to those that were let through. Nothing here refuses or delays.
 */
#include "rules/writer.h"

static void write_submission(struct writer *writer)
{
	struct nftnl_rule *rule = rule_new(CHAIN_SUBMISSION, "here for the second time");

	rule_vrf(rule);
	rule_accept(rule);
	writer_put(writer, rule);
	rule = rule_new(CHAIN_SUBMISSION, "openings are counted, nothing more");
	rule_opening(rule, true);
	rule_counter(rule, COUNTER_SUBMISSION);
	rule_goto(rule, CHAIN_SUBMITTED);
	writer_put(writer, rule);
}

/* By source for those that tried port 25; of others nothing is kept. */
static void write_submitted(struct writer *writer)
{
	char set[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(CHAIN_SUBMITTED, NULL);
		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_lookup(rule, writer_set(writer, SET_TRIED4 + family, set));
		rule_goto(rule, CHAIN_TALLY_SUBMISSION);
		writer_put(writer, rule);
	}
	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(CHAIN_TALLY_SUBMISSION, NULL);
		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_update_born(rule, writer_set(writer, SET_TALLY_SUBMISSION4 + family, set));
		rule_accept(rule);
		writer_put(writer, rule);
	}
	rule = rule_new(CHAIN_TALLY_SUBMISSION, "the tally is full");
	rule_counter(rule, COUNTER_UNTALLIED_SUBMISSION);
	writer_put(writer, rule);
}

/* Who is about to be asked about. */
static void write_tried(struct writer *writer)
{
	char set[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(CHAIN_TRIED, NULL);
		rule_key(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		rule_update(rule, writer_set(writer, SET_TRIED4 + family, set));
		rule_return(rule);
		writer_put(writer, rule);
	}
	rule = rule_new(CHAIN_TRIED, "the set is full");
	rule_counter(rule, COUNTER_UNTRIED);
	writer_put(writer, rule);
}

/* Of pairs that were let through, so nobody outside makes more of them. */
static void write_handshake(struct writer *writer)
{
	struct nftnl_rule *rule = rule_new(CHAIN_HANDSHAKE,
					   "the kernel loses what a VRF has queued "
					   "and let go");
	char set[RULES_NAME_MAX];

	rule_vrf(rule);
	rule_accept(rule);
	writer_put(writer, rule);
	rule = rule_new(CHAIN_HANDSHAKE, "with our bits it would be a question");
	rule_mark(rule, writer->mask, 0, false);
	rule_accept(rule);
	writer_put(writer, rule);
	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(CHAIN_HANDSHAKE, NULL);
		rule_key(rule, families[family], KEY_PAIR_BACK);
		rule_lookup(rule, writer_set(writer, SET_PASSED4 + family, set));
		rule_goto(rule, CHAIN_TALKING);
		writer_put(writer, rule);
	}
}

/* Once a pair, and never touched: without a listener it goes on, too. */
static void write_talking(struct writer *writer)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	char set[RULES_NAME_MAX];
	struct nftnl_rule *rule;

	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(CHAIN_TALKING, NULL);
		rule_key(rule, families[family], KEY_PAIR_BACK);
		rule_lookup(rule, writer_set(writer, SET_TALKED4 + family, set));
		rule_accept(rule);
		writer_put(writer, rule);
	}
	for (size_t family = 0; family < FAMILIES; family++) {
		rule = rule_new(CHAIN_TALKING, "told once");
		rule_family(rule, families[family]);
		rule_limit(rule, LIMIT_QUESTIONS);
		rule_key_again(rule, families[family], KEY_PAIR_BACK);
		rule_add(rule, writer_set(writer, SET_TALKED4 + family, set));
		rule_counter(rule, COUNTER_HANDSHAKES);
		rule_queue(rule, settings->queue_first, settings->queue_count,
			   writer->input->native_queue);
		writer_put(writer, rule);
	}
	rule = rule_new(CHAIN_TALKING, "too many, or the set is full");
	rule_counter(rule, COUNTER_UNTOLD);
	writer_put(writer, rule);
}

void write_evidence(struct writer *writer)
{
	write_submission(writer);
	write_submitted(writer);
	write_tried(writer);
	if (handshakes_needed(writer->input->plan)) {
		write_handshake(writer);
		write_talking(writer);
	}
}
