/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "rules/dump.h"
#include "rules/lookup_internal.h"

#define TABLE_FLAG_DORMANT 0x1u /* NFT_TABLE_F_DORMANT: its chains see no packet */

struct view_rules {
	char name[RULES_NAME_MAX];
	struct nftnl_rule **rules;
	size_t count;
};

struct view {
	struct netlink *netlink;
	uint32_t generation;
	bool there, in_force;
	struct view_base *bases;
	struct view_set *sets;
	struct view_rules *chains;
	size_t base_count, set_count, chain_count;
};

static int read_table(const struct nlmsghdr *message, void *arg)
{
	struct view *view = arg;
	struct nftnl_table *table = nftnl_table_alloc();

	if (!table)
		return -ENOMEM;
	if (!nftnl_table_nlmsg_parse(message, table) &&
	    nftnl_table_get_u32(table, NFTNL_TABLE_FAMILY) == NFPROTO_INET &&
	    dump_ours(nftnl_table_get_str(table, NFTNL_TABLE_NAME))) {
		view->there = true;
		view->in_force =
			!(nftnl_table_get_u32(table, NFTNL_TABLE_FLAGS) & TABLE_FLAG_DORMANT);
	}
	nftnl_table_free(table);
	return 0;
}

static int put_base(struct view *view, const struct nftnl_chain *chain)
{
	struct view_base *base = array_room(view->bases, view->base_count, sizeof(*base));

	if (!base)
		return -ENOMEM;
	view->bases = base;
	base = &view->bases[view->base_count++];
	*base = (struct view_base){
		.hook = nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM),
		.priority = nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO),
		.accepts = nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY) == NF_ACCEPT,
	};
	snprintf(base->name, sizeof(base->name), "%s",
		 nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME));
	return 0;
}

static int read_chain(const struct nlmsghdr *message, void *arg)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int result = 0;

	if (!chain)
		return -ENOMEM;
	if (!nftnl_chain_nlmsg_parse(message, chain) &&
	    dump_ours(nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE)) &&
	    nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM))
		result = put_base(arg, chain);
	nftnl_chain_free(chain);
	return result;
}

static int put_set(struct view *view, const struct nftnl_set *from)
{
	struct view_set *set = array_room(view->sets, view->set_count, sizeof(*set));

	if (!set)
		return -ENOMEM;
	view->sets = set;
	set = &view->sets[view->set_count++];
	*set = (struct view_set){.flags = nftnl_set_get_u32(from, NFTNL_SET_FLAGS),
				 .length = nftnl_set_get_u32(from, NFTNL_SET_KEY_LEN)};
	snprintf(set->name, sizeof(set->name), "%s", nftnl_set_get_str(from, NFTNL_SET_NAME));
	return 0;
}

static int read_set(const struct nlmsghdr *message, void *arg)
{
	struct nftnl_set *set = nftnl_set_alloc();
	int result = 0;

	if (!set)
		return -ENOMEM;
	if (!nftnl_set_nlmsg_parse(message, set) &&
	    dump_ours(nftnl_set_get_str(set, NFTNL_SET_TABLE)))
		result = put_set(arg, set);
	nftnl_set_free(set);
	return result;
}

static int by_priority(const void *a, const void *b)
{
	const struct view_base *one = a, *other = b;

	return one->priority < other->priority ? -1 : one->priority > other->priority;
}

static int read_all(struct view *view)
{
	static const struct {
		uint16_t type;
		netlink_message_fn *message;
	} parts[] = {
		{NFT_MSG_GETCHAIN, read_chain},
		{NFT_MSG_GETSET, read_set},
	};
	int result = dump_generation(view->netlink, &view->generation);

	if (!result)
		result = dump_part(view->netlink, NFT_MSG_GETTABLE, NULL, read_table, view);
	for (size_t i = 0; !result && view->there && i < sizeof(parts) / sizeof(parts[0]); i++)
		result = dump_part(view->netlink, parts[i].type, NULL, parts[i].message, view);
	if (view->base_count)
		qsort(view->bases, view->base_count, sizeof(*view->bases), by_priority);
	return result;
}

int view_open(struct view **out, struct netlink *netlink)
{
	struct view *view = calloc(1, sizeof(*view));
	int result;

	*out = NULL;
	if (!view)
		return -ENOMEM;
	view->netlink = netlink;
	result = read_all(view);
	if (result)
		view_close(view);
	else
		*out = view;
	return result;
}

static void free_rules(struct view_rules *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		nftnl_rule_free(chain->rules[i]);
	free(chain->rules);
}

void view_close(struct view *view)
{
	if (!view)
		return;
	for (size_t i = 0; i < view->chain_count; i++)
		free_rules(&view->chains[i]);
	free(view->chains);
	free(view->sets);
	free(view->bases);
	free(view);
}

bool view_in_force(const struct view *view)
{
	return view->in_force;
}

size_t view_bases(const struct view *view, const struct view_base **bases)
{
	*bases = view->bases;
	return view->base_count;
}

const struct view_set *view_set(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->set_count; i++)
		if (!strcmp(view->sets[i].name, name))
			return &view->sets[i];
	return NULL;
}

static int read_rule(const struct nlmsghdr *message, void *arg)
{
	struct view_rules *chain = arg;
	struct nftnl_rule *rule, **rules = array_room(chain->rules, chain->count, sizeof(rule));

	if (!rules)
		return -ENOMEM;
	chain->rules = rules;
	rule = nftnl_rule_alloc();
	if (!rule)
		return -ENOMEM;
	/* one that cannot be read must not be left out: what it says is not known */
	if (nftnl_rule_nlmsg_parse(message, rule)) {
		nftnl_rule_free(rule);
		return -EBADMSG;
	}
	chain->rules[chain->count++] = rule;
	return 0;
}

int view_chain(struct view *view, const char *name, struct machine_chain *out)
{
	struct view_rules *chain;
	int result;

	for (size_t i = 0; i < view->chain_count; i++)
		if (!strcmp(view->chains[i].name, name)) {
			*out = (struct machine_chain){view->chains[i].rules, view->chains[i].count};
			return 0;
		}
	chain = array_room(view->chains, view->chain_count, sizeof(*chain));
	if (!chain)
		return -ENOMEM;
	view->chains = chain;
	chain = &view->chains[view->chain_count];
	*chain = (struct view_rules){0};
	snprintf(chain->name, sizeof(chain->name), "%s", name);
	result = dump_part(view->netlink, NFT_MSG_GETRULE, name, read_rule, chain);
	if (result) {
		free_rules(chain);
		return result;
	}
	view->chain_count++;
	*out = (struct machine_chain){chain->rules, chain->count};
	return 0;
}

bool view_stale(const struct view *view)
{
	uint32_t now;

	return dump_generation(view->netlink, &now) || now != view->generation;
}
