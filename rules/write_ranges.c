/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose packet it is: the chains of the ranges. What says more is asked before what says less: a
 * place (interface and prefix), then a prefix, then an interface; a whole name before a wildcard, a
 * longer one before a shorter. A map that does not have the source lets the packet go on.
 */
#include "common/interface.h"
#include "rules/writer.h"

size_t writer_ways(const struct writer *writer, enum family family)
{
	return family == FAMILY_IPV6 && writer->fine ? 2 : 1;
}

void writer_key_refused(const struct writer *writer, struct nftnl_rule *rule, enum family family,
			size_t way)
{
	char set[RULES_NAME_MAX];

	if (writer_ways(writer, family) == 1) {
		rule_key_again(rule, family, KEY_PAIR_SUBSCRIBER);
		return;
	}
	rule_key_again(rule, family, KEY_SOURCE_SUBSCRIBER);
	if (way == 0)
		rule_lookup_not(rule, writer_set(writer, SET_FINE6, set));
	else
		rule_lookup(rule, writer_set(writer, SET_FINE6, set));
	rule_key_again(rule, family, way == 0 ? KEY_PAIR_SUBSCRIBER : KEY_PAIR);
}

struct target {
	struct writer *writer;
	const char *chain;
};

static void write_place(enum family family, uint32_t index, const struct plan_place *place,
			void *arg)
{
	const struct target *target = arg;
	struct nftnl_rule *rule = rule_new(target->chain, NULL);
	char map[RULES_NAME_MAX];

	rule_interface(rule, place->name);
	rule_key(rule, family, KEY_SOURCE);
	rule_verdict_map(rule,
			 set_place_name(family, index, &target->writer->input->generations, map));
	writer_put(target->writer, rule);
}

static void write_prefixes(struct writer *writer)
{
	char name[RULES_NAME_MAX];

	for (size_t family = 0; family < FAMILIES; family++) {
		struct nftnl_rule *rule = rule_new(CHAIN_RANGES, NULL);

		rule_key(rule, families[family], KEY_SOURCE);
		rule_verdict_map(rule, writer_set(writer, SET_RANGE4 + family, name));
		writer_put(writer, rule);
	}
}

static void write_interfaces(struct writer *writer, const char *chain)
{
	const struct plan *plan = writer->input->plan;
	struct nftnl_rule *rule = rule_new(chain, "who is in no range is not ours");
	char name[RULES_NAME_MAX];

	rule_key_interface(rule);
	rule_verdict_map(rule, writer_set(writer, SET_INTERFACE, name));
	writer_put(writer, rule);
	for (uint32_t i = 0; i < plan->header->interfaces; i++) {
		const struct plan_interface *interface = &plan->interfaces[i];

		if (!interface_wildcard(interface->name))
			continue;
		rule = rule_new(chain, NULL);
		rule_interface(rule, interface->name);
		rule_goto(rule,
			  chain_name(CHAIN_POLICY, plan_policy(plan, interface->policy), name));
		writer_put(writer, rule);
	}
}

/* What comes from a VRF was judged as its line's, by prefix or name: only the VRF's name is new. */
void write_range_rules(struct writer *writer)
{
	struct target ranges = {writer, CHAIN_RANGES}, vrf = {writer, CHAIN_VRF};

	set_places_each(writer->input->plan, write_place, &ranges);
	write_prefixes(writer);
	write_interfaces(writer, CHAIN_RANGES);

	set_places_each(writer->input->plan, write_place, &vrf);
	write_interfaces(writer, CHAIN_VRF);
}
