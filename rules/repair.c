/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another program took the table away or changed it. First a few rules that refuse port 25 from
 * prefixes that cover the block policies', which takes a millisecond; then everything, which takes
 * seconds for a million prefixes. What they refuse besides is short: allowed hosts, and strangers
 * between two prefixes; never a host that is only monitored.
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <string.h>

#include "rules/chains.h"
#include "rules/elements.h"
#include "rules/expr.h"
#include "rules/table_internal.h"

#define COVERS 64 /* prefixes that are quick to load; more only where monitored ones lie between */

int table_watch_fd(const struct table *table)
{
	return table->watch ? watch_fd(table->watch) : -1;
}

bool table_watch(struct table *table, struct table_intruder *intruder)
{
	return table->watch && watch_read(table->watch, intruder);
}

/* An interval of either family. */
struct span {
	uint8_t first[16];
	uint8_t last[16];
	unsigned policy;
};

struct spans {
	const struct plan *plan;
	enum family family;
	bool block[POLICIES_MAX]; /* by number */
};

static size_t spans_count(const struct spans *spans)
{
	return spans->family == FAMILY_IPV4 ? spans->plan->header->intervals4 :
					      spans->plan->header->intervals6;
}

static void put32(uint8_t *wire, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		wire[i] = (uint8_t)(value >> (24 - 8 * i));
}

static struct span spans_at(const struct spans *spans, size_t index)
{
	struct span span = {0};

	if (spans->family == FAMILY_IPV4) {
		put32(span.first, spans->plan->intervals4[index].first);
		put32(span.last, spans->plan->intervals4[index].last);
		span.policy = spans->plan->intervals4[index].policy;
	} else {
		memcpy(span.first, spans->plan->intervals6[index].first, 16);
		memcpy(span.last, spans->plan->intervals6[index].last, 16);
		span.policy = spans->plan->intervals6[index].policy[0];
	}
	return span;
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

	for (size_t i = 0; i < spans_count(spans); i++) {
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

static void put_cover(struct elements *elements, const struct spans *spans,
		      const struct span *cover)
{
	elements_add_interval(elements,
			      (struct element){.key = cover->first,
					       .key_length = addr_size(spans->family)},
			      cover->last);
}

static void put_covers(struct batch *batch, const struct spans *spans, enum set set)
{
	uint64_t threshold = gap_threshold(spans);
	struct span cover = {0};
	struct elements elements;
	char name[RULES_NAME_MAX];
	bool open = false;

	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
		      set_name(set, NULL, name));
	for (size_t i = 0; i < spans_count(spans); i++) {
		struct span span = spans_at(spans, i);
		bool blocked = spans->block[span.policy];

		if (open && (!blocked || gap(&cover, &span) > threshold)) {
			put_cover(&elements, spans, &cover);
			open = false;
		}
		if (blocked && !open)
			cover = span;
		if (blocked)
			memcpy(cover.last, span.last, sizeof(cover.last));
		open = blocked;
	}
	if (open)
		put_cover(&elements, spans, &cover);
	elements_close(&elements);
}

static void put_interfaces(struct batch *batch, const struct spans *spans)
{
	const struct plan *plan = spans->plan;
	struct elements elements;
	char name[RULES_NAME_MAX];

	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE,
		      set_name(SET_EMERGENCY_INTERFACE, NULL, name));
	for (uint32_t i = 0; i < plan->header->interfaces; i++)
		if (spans->block[plan->interfaces[i].policy])
			elements_add(&elements,
				     &(struct element){.key = plan->interfaces[i].name,
						       .key_length = PLAN_INTERFACE_MAX});
	elements_close(&elements);
}

static void put_rule(struct batch *batch, enum set set)
{
	struct nftnl_rule *rule = rule_new(CHAIN_SCREEN, "while the table is put back");
	char name[RULES_NAME_MAX];

	rule_tcp_port(rule, PORT_SMTP);
	if (set == SET_EMERGENCY_INTERFACE)
		rule_key_interface(rule);
	else
		rule_key(rule, set == SET_EMERGENCY4 ? FAMILY_IPV4 : FAMILY_IPV6, KEY_SOURCE);
	rule_lookup(rule, set_name(set, NULL, name));
	rule_counter(rule, COUNTER_EMERGENCY);
	rule_drop(rule);
	batch_rule(batch, NFT_MSG_NEWRULE, NLM_F_CREATE, rule); /* before all others */
}

static int emergency(struct table *table, struct table_error *error)
{
	const struct plan *plan = &table->plan;
	struct spans spans = {.plan = plan};
	struct batch *batch = batch_new();
	char name[RULES_NAME_MAX];

	if (!batch)
		return table_fail(error, -ENOMEM, "emergency");
	for (uint32_t i = 0; i < plan->header->policies; i++)
		spans.block[plan->policies[i].number] = plan->policies[i].mode == MODE_BLOCK;
	table_put(table, batch);
	counter_create(batch, COUNTER_EMERGENCY);
	chain_create_base(batch, CHAIN_SCREEN, PRIORITY_RAW);
	for (enum set set = SET_EMERGENCY4; set < SETS_EVER; set++) {
		set_create(batch, set, &table->generations, &plan->header->settings);
		set_flush(batch, set_name(set, NULL, name));
	}
	spans.family = FAMILY_IPV4;
	put_covers(batch, &spans, SET_EMERGENCY4);
	spans.family = FAMILY_IPV6;
	put_covers(batch, &spans, SET_EMERGENCY6);
	put_interfaces(batch, &spans);
	for (enum set set = SET_EMERGENCY4; set < SETS_EVER; set++)
		put_rule(batch, set);
	return table_send(table, batch, error);
}

int table_repair(struct table *table, uint64_t now, struct table_error *error)
{
	const struct plan kept = table->plan;
	struct plan_header header;
	struct plan plan = kept;
	bool changed;
	int result;

	if (!kept.header)
		return table_fail(error, -EINVAL, "repair before the first plan");
	/* the plan as single changes have left it */
	header = *kept.header;
	header.allows = (uint32_t)table->allow_count;
	plan.header = &header;
	plan.allows = table->allows;
	table->installed = false;
	result = emergency(table, error);
	if (!result)
		result = table_apply(table, &plan, now, &changed, error);
	table->plan = kept;
	return result;
}
