/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few rules that refuse port 25 from the sources of block policies while the table is put back,
 * in the order in which the ranges are asked. A million prefixes take seconds, so a few that cover
 * them do instead. What they refuse besides is short: allowed hosts, and strangers between two
 * prefixes; never a host that is only monitored. Where such a one could be between two prefixes,
 * because a later range monitors, prefixes are not covered but written out.
 */
#include <errno.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "rules/chains.h"
#include "rules/elements.h"
#include "rules/expr.h"
#include "rules/memory.h"
#include "rules/objects.h"
#include "rules/table_internal.h"

#define COVERS 64 /* prefixes that are quick to load; more only where monitored ones lie between */

struct emergency {
	struct batch *batch;
	const struct plan *plan;
	bool block[POLICIES_MAX]; /* by number */
	unsigned sets;            /* so far, for their names */
};

/* An interval of either family. */
struct span {
	uint8_t first[16];
	uint8_t last[16];
	unsigned policy;
};

struct spans {
	struct plan_prefixes prefixes;
	enum family family;
	const bool *block;
};

static uint32_t spans_count(const struct spans *spans)
{
	return spans->family == FAMILY_IPV4 ? spans->prefixes.v4_count : spans->prefixes.v6_count;
}

static void put32(uint8_t *wire, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		wire[i] = (uint8_t)(value >> (24 - 8 * i));
}

static struct span spans_at(const struct spans *spans, uint32_t index)
{
	struct span span = {0};

	if (spans->family == FAMILY_IPV4) {
		put32(span.first, spans->prefixes.v4[index].first);
		put32(span.last, spans->prefixes.v4[index].last);
		span.policy = spans->prefixes.v4[index].policy;
	} else {
		memcpy(span.first, spans->prefixes.v6[index].first, 16);
		memcpy(span.last, spans->prefixes.v6[index].last, 16);
		span.policy = spans->prefixes.v6[index].policy[0];
	}
	return span;
}

/* Does any span block, or not? */
static bool spans_any(const struct spans *spans, bool block)
{
	for (uint32_t i = 0; i < spans_count(spans); i++)
		if (spans->block[spans_at(spans, i).policy] == block)
			return true;
	return false;
}

/* Room between two spans, by their upper eight bytes: how wrong it is to cover it. */
static uint64_t upper(const uint8_t *key)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | key[i];
	return value;
}

static uint64_t gap(const struct span *a, const struct span *b)
{
	return upper(b->first) - upper(a->last);
}

/* The smallest of the COVERS - 1 widest gaps between blocked spans: narrower ones are covered. */
static uint64_t gap_threshold(const struct spans *spans)
{
	uint64_t widest[COVERS - 1] = {0}; /* ascending */
	struct span before = {0};
	bool any = false;

	for (uint32_t i = 0; i < spans_count(spans); i++) {
		struct span span = spans_at(spans, i);
		uint64_t room = any ? gap(&before, &span) : 0;
		size_t at = 0;

		if (!spans->block[span.policy])
			continue;
		while (at + 1 < COVERS - 1 && widest[at + 1] < room) {
			widest[at] = widest[at + 1];
			at++;
		}
		if (widest[at] < room)
			widest[at] = room;
		before = span;
		any = true;
	}
	return widest[0];
}

static void put_span(struct elements *elements, enum family family, const struct span *span)
{
	elements_add_interval(elements,
			      (struct element){.key = span->first, .key_length = addr_size(family)},
			      span->last);
}

/* Blocked spans, or few that cover them. */
static void put_covers(struct elements *elements, const struct spans *spans, bool exact)
{
	uint64_t threshold = exact ? 0 : gap_threshold(spans);
	struct span cover = {0};
	bool open = false;

	for (uint32_t i = 0; i < spans_count(spans); i++) {
		struct span span = spans_at(spans, i);
		bool blocked = spans->block[span.policy];

		if (open && (!blocked || exact || gap(&cover, &span) > threshold)) {
			put_span(elements, spans->family, &cover);
			open = false;
		}
		if (blocked && !open)
			cover = span;
		if (blocked)
			memcpy(cover.last, span.last, sizeof(cover.last));
		open = blocked;
	}
	if (open)
		put_span(elements, spans->family, &cover);
}

static void put_monitored(struct elements *elements, const struct spans *spans)
{
	for (uint32_t i = 0; i < spans_count(spans); i++) {
		struct span span = spans_at(spans, i);

		if (!spans->block[span.policy])
			put_span(elements, spans->family, &span);
	}
}

/* A new, empty set of the kind; its elements may be added. */
static void open_set(struct emergency *emergency, enum set kind, struct elements *elements,
		     char name[RULES_NAME_MAX])
{
	char like[RULES_NAME_MAX];

	snprintf(name, RULES_NAME_MAX, "%.40s_%u", set_name(kind, NULL, like), emergency->sets++);
	set_create_like(emergency->batch, kind, name, "while the table is put back");
	set_flush(emergency->batch, name);
	elements_open(elements, emergency->batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, name);
}

/* What matched so far is refused, or goes its usual way. */
static void put_rule(struct emergency *emergency, struct nftnl_rule *rule, bool block)
{
	if (block) {
		rule_counter(rule, COUNTER_EMERGENCY);
		rule_drop(rule);
	} else {
		rule_return(rule);
	}
	batch_rule(emergency->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, rule);
}

static void put_spans(struct emergency *emergency, const struct spans *spans, bool block,
		      bool exact)
{
	enum set kind = spans->family == FAMILY_IPV4 ? SET_EMERGENCY4 : SET_EMERGENCY6;
	struct nftnl_rule *rule = rule_new(CHAIN_EMERGENCY, NULL);
	struct elements elements;
	char name[RULES_NAME_MAX];

	open_set(emergency, kind, &elements, name);
	if (block)
		put_covers(&elements, spans, exact);
	else
		put_monitored(&elements, spans);
	elements_close(&elements);
	if (spans->prefixes.interface)
		rule_interface(rule, spans->prefixes.interface);
	rule_key(rule, spans->family, KEY_SOURCE);
	rule_lookup(rule, name);
	put_rule(emergency, rule, block);
}

/* Is there a range by interface, of those from @index on, that blocks, or does not? */
static bool interfaces_any(const struct emergency *emergency, uint32_t index, bool block)
{
	for (; index < emergency->plan->header->interfaces; index++)
		if (emergency->block[emergency->plan->interfaces[index].policy] == block)
			return true;
	return false;
}

/* The same for what is asked after the prefixes of @index (as plan_prefixes() counts). */
static bool later(const struct emergency *emergency, uint32_t index, enum family family, bool block)
{
	while (++index <= emergency->plan->header->places) {
		struct spans spans = {.prefixes = plan_prefixes(emergency->plan, index),
				      .family = family,
				      .block = emergency->block};

		if (spans_any(&spans, block))
			return true;
	}
	return interfaces_any(emergency, 0, block);
}

static void put_prefixes(struct emergency *emergency, uint32_t index, enum family family)
{
	struct spans spans = {.prefixes = plan_prefixes(emergency->plan, index),
			      .family = family,
			      .block = emergency->block};

	if (spans_any(&spans, false) && later(emergency, index, family, true))
		put_spans(emergency, &spans, false, true);
	if (spans_any(&spans, true))
		put_spans(emergency, &spans, true, later(emergency, index, family, false));
}

/* Whole names, of which no two are alike: one set for all that block, one for all others. */
static void put_names(struct emergency *emergency, bool block)
{
	const struct plan *plan = emergency->plan;
	struct nftnl_rule *rule = rule_new(CHAIN_EMERGENCY, NULL);
	struct elements elements;
	char name[RULES_NAME_MAX];

	open_set(emergency, SET_EMERGENCY_INTERFACE, &elements, name);
	for (uint32_t i = 0; i < plan->header->interfaces; i++)
		if (emergency->block[plan->interfaces[i].policy] == block &&
		    !interface_wildcard(plan->interfaces[i].name))
			elements_add(&elements, &(struct element){.key = plan->interfaces[i].name,
								  .key_length = INTERFACE_MAX});
	elements_close(&elements);
	rule_key_interface(rule);
	rule_lookup(rule, name);
	put_rule(emergency, rule, block);
}

static void put_interfaces(struct emergency *emergency)
{
	const struct plan *plan = emergency->plan;

	if (!interfaces_any(emergency, 0, true))
		return;
	put_names(emergency, false);
	put_names(emergency, true);
	for (uint32_t i = 0; i < plan->header->interfaces; i++) {
		const struct plan_interface *interface = &plan->interfaces[i];
		struct nftnl_rule *rule;

		if (!interface_wildcard(interface->name))
			continue;
		rule = rule_new(CHAIN_EMERGENCY, NULL);
		rule_interface(rule, interface->name);
		put_rule(emergency, rule, emergency->block[interface->policy]);
	}
}

/* The chain, empty, and the way there, before everything that is left of the table. */
static void put_chain(struct batch *batch)
{
	struct nftnl_rule *rule;

	chain_create_base(batch, CHAIN_SCREEN, NF_INET_PRE_ROUTING, PRIORITY_RAW);
	chain_create(batch, CHAIN_EMERGENCY);
	chain_flush(batch, CHAIN_EMERGENCY);
	rule = rule_new(CHAIN_SCREEN, "while the table is put back");
	rule_tcp_port(rule, PORT_SMTP);
	rule_jump(rule, CHAIN_EMERGENCY);
	batch_rule(batch, NFT_MSG_NEWRULE, NLM_F_CREATE, rule);
}

static void put_deletion(struct batch *batch)
{
	struct nftnl_table *message = memory_needed(nftnl_table_alloc());

	nftnl_table_set_u32(message, NFTNL_TABLE_FAMILY, NFPROTO_INET);
	memory_taken(nftnl_table_set_str(message, NFTNL_TABLE_NAME, RULES_TABLE));
	batch_table(batch, NFT_MSG_DELTABLE, 0, message);
}

int table_emergency(struct table *table, bool anew, struct table_error *error)
{
	const struct plan *plan = &table->plan;
	struct emergency emergency = {.plan = plan, .batch = batch_new()};

	if (!emergency.batch)
		return table_fail(error, -ENOMEM, "emergency");
	for (uint32_t i = 0; i < plan->header->policies; i++)
		emergency.block[plan->policies[i].number] = plan->policies[i].mode == MODE_BLOCK;
	table_put(table, emergency.batch);
	if (anew) {
		put_deletion(emergency.batch);
		table_put(table, emergency.batch);
	}
	counter_create(emergency.batch, COUNTER_EMERGENCY);
	put_chain(emergency.batch);
	for (uint32_t i = 0; i <= plan->header->places; i++) {
		put_prefixes(&emergency, i, FAMILY_IPV4);
		put_prefixes(&emergency, i, FAMILY_IPV6);
	}
	put_interfaces(&emergency);
	return table_send(table, emergency.batch, error);
}
