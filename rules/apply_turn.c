/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second batch of a change, in which the rules turn to the new sets, and the third: what is left. */
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "rules/apply_internal.h"
#include "rules/memory.h"
#include "rules/objects.h"

struct chains_input apply_input(const struct change *change)
{
	return (struct chains_input){
		.plan = change->plan,
		.generations = change->generations,
		.native_queue = change->table->features & MESSAGE_NATIVE_QUEUE,
		.allow_fine = change->allow_fine,
		.contained_lengths = change->contained_lengths,
	};
}

static void flush_all(struct batch *batch)
{
	struct nftnl_rule *rule = memory_needed(nftnl_rule_alloc());

	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, RULES_TABLE);
	batch_rule(batch, NFT_MSG_DELRULE, 0, rule);
}

static bool looks_into_ranges(const char *chain)
{
	return !strcmp(chain, CHAIN_RANGES) || !strcmp(chain, CHAIN_VRF);
}

/* Rules that are there already stay: were they written anew, the kernel would look at each prefix. */
static void put_flush(const struct change *change, struct batch *batch)
{
	const struct name_list *present = &change->inventory.chains;

	if (!change->bound) {
		flush_all(batch);
		return;
	}
	for (size_t i = 0; i < present->count; i++)
		chain_flush(batch, present->names[i]);
	for (size_t i = 0; i < change->chains.count; i++) {
		const char *name = change->chains.names[i];

		if (!name_list_has(present, name) && !looks_into_ranges(name))
			chain_flush(batch, name);
	}
}

void table_write_rules(struct table *table, struct batch *batch, bool fine)
{
	const struct change change = {
		.table = table,
		.plan = &table->plan,
		.generations = table->generations,
		.allow_fine = fine,
		.contained_lengths = table->contained_lengths,
	};
	const struct chains_input input = apply_input(&change);

	flush_all(batch);
	chains_write_ranges(batch, &input);
	chains_write(batch, &input);
}

struct wanted {
	const struct generations *generations;
	const char *present;
	bool found;
};

static void want_place(enum family family, uint32_t index, const struct plan_place *place,
		       void *arg)
{
	struct wanted *wanted = arg;
	char name[RULES_NAME_MAX];

	(void)place;
	wanted->found |=
		!strcmp(wanted->present, set_place_name(family, index, wanted->generations, name));
}

static bool set_wanted(const struct change *change, const char *present)
{
	struct wanted wanted = {.generations = &change->generations, .present = present};
	char name[RULES_NAME_MAX];

	for (enum set set = 0; set < SETS; set++)
		if (set_needed(set, change->plan->header->ways) &&
		    !strcmp(present, set_name(set, &change->generations, name)))
			return true;
	for (unsigned length = POLICY_HOST_PREFIX6_MIN; length <= POLICY_HOST_PREFIX6_MAX; length++)
		if (contained_length_has(change->contained_lengths, length) &&
		    !strcmp(present, set_contained_name(length, name)))
			return true;
	set_places_each(change->plan, want_place, &wanted);
	return wanted.found;
}

/* They stay also when they are empty: the kernel drops all held packets when a base chain goes. */
static const struct base {
	const char *name;
	uint32_t hook;
	int32_t priority;
	bool router;
} bases[] = {
	{CHAIN_REMEMBER, NF_INET_PRE_ROUTING, PRIORITY_RAW + 1, false},
	{CHAIN_SCREEN, NF_INET_PRE_ROUTING, PRIORITY_RAW, false},
	{CHAIN_ROUTER_REMEMBER, NF_INET_LOCAL_OUT, PRIORITY_RAW + 1, true},
	{CHAIN_ROUTER, NF_INET_LOCAL_OUT, PRIORITY_RAW, true},
};
#define BASES (sizeof(bases) / sizeof(bases[0]))

static bool is_base(const char *name)
{
	for (size_t i = 0; i < BASES; i++)
		if (!strcmp(name, bases[i].name))
			return true;
	return false;
}

/* Sets before chains: an element of a verdict map holds on to its chain. */
void apply_put_leftovers(struct change *change, struct batch *batch)
{
	const struct inventory *inventory = &change->inventory;

	for (size_t i = 0; i < inventory->sets.count; i++)
		if (!set_wanted(change, inventory->sets.names[i]))
			set_delete(batch, inventory->sets.names[i]);
	for (size_t i = 0; i < inventory->chains.count; i++) {
		const char *name = inventory->chains.names[i];

		if (!is_base(name) && !name_list_has(&change->chains, name))
			chain_delete(batch, name);
	}
	for (size_t i = 0; i < inventory->counters.count; i++)
		if (!name_list_has(&change->counters, inventory->counters.names[i]))
			counter_delete(batch, inventory->counters.names[i]);
}

/* Base chains the first time, then the rules. */
void apply_put_turn(struct change *change, struct batch *batch)
{
	const struct chains_input input = apply_input(change);
	const struct plan_settings *settings = &change->plan->header->settings;
	const struct inventory *inventory = &change->inventory;

	table_put(change->table, batch);
	put_flush(change, batch);
	limits_put(batch, settings, &inventory->limits);
	for (size_t i = 0; i < BASES; i++)
		if (!name_list_has(&inventory->chains, bases[i].name) &&
		    (!bases[i].router || change->table->router))
			chain_create_base(batch, bases[i].name, bases[i].hook, bases[i].priority);
	if (!change->bound)
		chains_write_ranges(batch, &input);
	chains_write(batch, &input);
}
