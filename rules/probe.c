/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/probe.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <string.h>

#include "common/message.h"
#include "rules/batch.h"
#include "rules/chains.h"
#include "rules/elements.h"
#include "rules/expr.h"
#include "rules/memory.h"
#include "rules/table_internal.h"

#define ABSENT "edge25_absent" /* a table that nobody has: deleting it fails the transaction */

typedef void probe_fn(struct batch *batch);

static void put_table(struct batch *batch, uint16_t type, const char *name, uint32_t flags)
{
	struct nftnl_table *table = memory_needed(nftnl_table_alloc());

	nftnl_table_set_u32(table, NFTNL_TABLE_FAMILY, NFPROTO_INET);
	memory_taken(nftnl_table_set_str(table, NFTNL_TABLE_NAME, name));
	if (flags)
		nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, flags);
	batch_table(batch, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0, table);
}

/* The table under a name of its own, so that a present one stays out of it. */
#define PROBE "edge25_probe"

static void put_rule(struct batch *batch, void (*write)(struct nftnl_rule *rule))
{
	struct nlmsghdr *message;
	struct nftnl_rule *rule;

	put_table(batch, NFT_MSG_NEWTABLE, PROBE, 0);
	message = batch_message(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, "probe chain");
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, PROBE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, "probe");
	/* a queue verdict is for base chains, and chains that these reach, of this hook */
	rule = rule_new("probe", NULL);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, PROBE);
	write(rule);
	batch_rule(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, rule);
}

static void write_native(struct nftnl_rule *rule)
{
	rule_queue(rule, 0, 1, true);
}

static void write_target(struct nftnl_rule *rule)
{
	rule_queue(rule, 0, 1, false);
}

static void write_fib(struct nftnl_rule *rule)
{
	rule_local(rule);
}

static void write_reset(struct nftnl_rule *rule)
{
	rule_tcp(rule);
	rule_reset(rule);
}

static void put_native(struct batch *batch)
{
	put_rule(batch, write_native);
}

static void put_target(struct batch *batch)
{
	put_rule(batch, write_target);
}

static void put_fib(struct batch *batch)
{
	put_rule(batch, write_fib);
}

static void put_reset(struct batch *batch)
{
	put_rule(batch, write_reset);
}

static void put_inet(struct batch *batch)
{
	put_table(batch, NFT_MSG_NEWTABLE, PROBE, 0);
}

static void put_owner(struct batch *batch)
{
	put_table(batch, NFT_MSG_NEWTABLE, PROBE, TABLE_FLAG_OWNER | TABLE_FLAG_PERSIST);
}

static void put_destroy(struct batch *batch)
{
	put_table(batch, MESSAGE_DESTROY_TABLE, ABSENT, 0);
}

/* 1: the kernel takes it; 0: it does not; negative: it could not be asked. */
static int probe(struct netlink *netlink, probe_fn *put)
{
	struct batch *batch = batch_new();
	struct batch_error error;
	int result;

	if (!batch)
		return -ENOMEM;
	put(batch);
	put_table(batch, NFT_MSG_DELTABLE, ABSENT, 0);
	/* the last message's own error means that all before it were taken */
	result = batch_send_expecting(batch, netlink, batch_count(batch) - 1, &error);
	batch_free(batch);
	if (result == -EPERM || result == -EACCES || result == -ENOMEM)
		return result;
	return result == 0;
}

int probe_features(struct netlink *netlink, uint32_t *features, const char **missing)
{
	static const struct {
		probe_fn *put;
		uint32_t feature; /* 0: cannot do without */
		const char *missing;
	} probes[] = {
		{put_inet, 0,
		 "nf_tables with inet tables (CONFIG_NF_TABLES_INET, module nf_tables)"},
		{put_fib, 0, "the fib expression (CONFIG_NFT_FIB_INET, module nft_fib_inet)"},
		{put_reset, 0,
		 "the reject expression (CONFIG_NFT_REJECT_INET, module nft_reject_inet)"},
		{put_native, MESSAGE_NATIVE_QUEUE, NULL},
		{put_owner, MESSAGE_OWNER, NULL},
		{put_destroy, MESSAGE_DESTROY, NULL},
	};
	int result;

	*features = 0;
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		result = probe(netlink, probes[i].put);
		if (result < 0)
			return result;
		if (!result && !probes[i].feature) {
			*missing = probes[i].missing;
			return -EOPNOTSUPP;
		}
		if (result)
			*features |= probes[i].feature;
	}
	if (*features & MESSAGE_NATIVE_QUEUE)
		return 0;
	result = probe(netlink, put_target);
	if (result > 0)
		return 0;
	*missing =
		"a way to user space: the queue expression (CONFIG_NFT_QUEUE, module nft_queue) or "
		"the NFQUEUE target (CONFIG_NETFILTER_XT_TARGET_NFQUEUE with CONFIG_NFT_COMPAT)";
	return result < 0 ? result : -EOPNOTSUPP;
}
