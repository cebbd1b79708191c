/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/object.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "rules/element_read.h"

bool name_list_has(const struct name_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->names[i], name))
			return true;
	return false;
}

int name_list_add(struct name_list *list, const char *name)
{
	char(*names)[RULES_NAME_MAX] = array_room(list->names, list->count, sizeof(*names));

	if (!names)
		return -ENOMEM;
	list->names = names;
	snprintf(list->names[list->count++], RULES_NAME_MAX, "%s", name);
	return 0;
}

void inventory_release(struct inventory *inventory)
{
	free(inventory->chains.names);
	free(inventory->sets.names);
	free(inventory->counters.names);
	free(inventory->limits.names);
	memset(inventory, 0, sizeof(*inventory));
}

/* NFT_MSG_* and NLM_F_*, and room for attributes. */
static struct nlmsghdr *dump_request(char buffer[DUMP_REQUEST_MAX], uint16_t type, uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *netfilter;

	request->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	netfilter = mnl_nlmsg_put_extra_header(request, sizeof(*netfilter));
	netfilter->nfgen_family = NFPROTO_INET;
	netfilter->version = NFNETLINK_V0;
	netfilter->res_id = 0;
	return request;
}

struct nlmsghdr *dump_elements_request(char buffer[DUMP_REQUEST_MAX], const char *set,
				       uint16_t flags)
{
	struct nlmsghdr *request = dump_request(buffer, NFT_MSG_GETSETELEM, flags);

	mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, RULES_TABLE);
	mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set);
	return request;
}

/* What could not be read for want of memory is there all the same. */
static int unread(void)
{
	return errno == ENOMEM ? -ENOMEM : 0;
}

static int inventory_table(const struct nlmsghdr *message, void *arg)
{
	struct inventory *inventory = arg;
	struct nftnl_table *table = nftnl_table_alloc();
	const char *name;
	int result = 0;

	if (!table)
		return -ENOMEM;
	if (nftnl_table_nlmsg_parse(message, table)) {
		result = unread();
	} else {
		name = nftnl_table_get_str(table, NFTNL_TABLE_NAME);
		if (name && !strcmp(name, RULES_TABLE)) {
			inventory->table = true;
			inventory->flags = nftnl_table_get_u32(table, NFTNL_TABLE_FLAGS);
			if (nftnl_table_is_set(table, NFTNL_TABLE_OWNER))
				inventory->owner = nftnl_table_get_u32(table, NFTNL_TABLE_OWNER);
		}
	}
	nftnl_table_free(table);
	return result;
}

bool dump_ours(const char *table)
{
	return table && !strcmp(table, RULES_TABLE);
}

static int inventory_chain(const struct nlmsghdr *message, void *arg)
{
	struct inventory *inventory = arg;
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int result = 0;

	if (!chain)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(message, chain))
		result = unread();
	else if (dump_ours(nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE)))
		result = name_list_add(&inventory->chains,
				       nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME));
	nftnl_chain_free(chain);
	return result;
}

static int inventory_set(const struct nlmsghdr *message, void *arg)
{
	struct inventory *inventory = arg;
	struct nftnl_set *set = nftnl_set_alloc();
	int result = 0;

	if (!set)
		return -ENOMEM;
	if (nftnl_set_nlmsg_parse(message, set))
		result = unread();
	else if (dump_ours(nftnl_set_get_str(set, NFTNL_SET_TABLE)) &&
		 !(nftnl_set_get_u32(set, NFTNL_SET_FLAGS) & NFT_SET_ANONYMOUS))
		result = name_list_add(&inventory->sets, nftnl_set_get_str(set, NFTNL_SET_NAME));
	nftnl_set_free(set);
	return result;
}

static int inventory_object(const struct nlmsghdr *message, void *arg)
{
	struct inventory *inventory = arg;
	struct nftnl_obj *object = nftnl_obj_alloc();
	int result = 0;

	if (!object)
		return -ENOMEM;
	if (nftnl_obj_nlmsg_parse(message, object))
		result = unread();
	else if (dump_ours(nftnl_obj_get_str(object, NFTNL_OBJ_TABLE))) {
		const char *name = nftnl_obj_get_str(object, NFTNL_OBJ_NAME);
		uint32_t type = nftnl_obj_get_u32(object, NFTNL_OBJ_TYPE);

		if (type == NFT_OBJECT_COUNTER)
			result = name_list_add(&inventory->counters, name);
		else if (type == NFT_OBJECT_LIMIT)
			result = name_list_add(&inventory->limits, name);
	}
	nftnl_obj_free(object);
	return result;
}

/* Once through; -EINTR when the table changed meanwhile. */
static int inventory_parts(struct netlink *netlink, struct inventory *inventory)
{
	static const struct {
		uint16_t type;
		netlink_message_fn *message;
	} parts[] = {
		{NFT_MSG_GETTABLE, inventory_table},
		{NFT_MSG_GETCHAIN, inventory_chain},
		{NFT_MSG_GETSET, inventory_set},
		{NFT_MSG_GETOBJ, inventory_object},
	};
	char buffer[DUMP_REQUEST_MAX];
	int result = 0;

	for (size_t i = 0; !result && i < sizeof(parts) / sizeof(parts[0]); i++)
		result = netlink_dump_once(netlink, dump_request(buffer, parts[i].type, NLM_F_DUMP),
					   parts[i].message, inventory);
	return result;
}

int inventory_read(struct netlink *netlink, struct inventory *inventory)
{
	int result = -EINTR;

	memset(inventory, 0, sizeof(*inventory));
	for (int tries = 0; result == -EINTR && tries < NETLINK_DUMP_TRIES; tries++) {
		inventory_release(inventory);
		result = inventory_parts(netlink, inventory);
	}
	if (result)
		inventory_release(inventory);
	return result;
}

struct counters_dump {
	dump_counter_fn *each;
	netlink_restart_fn *restart;
	void *arg;
};

static int counter_message(const struct nlmsghdr *message, void *arg)
{
	const struct counters_dump *dump = arg;
	struct nftnl_obj *object = nftnl_obj_alloc();
	int result = 0;

	if (!object)
		return -ENOMEM;
	if (nftnl_obj_nlmsg_parse(message, object))
		result = unread();
	else if (dump_ours(nftnl_obj_get_str(object, NFTNL_OBJ_TABLE)) &&
		 nftnl_obj_get_u32(object, NFTNL_OBJ_TYPE) == NFT_OBJECT_COUNTER)
		result = dump->each(nftnl_obj_get_str(object, NFTNL_OBJ_NAME),
				    nftnl_obj_get_u64(object, NFTNL_OBJ_CTR_PKTS),
				    nftnl_obj_get_u64(object, NFTNL_OBJ_CTR_BYTES), dump->arg);
	nftnl_obj_free(object);
	return result;
}

static void counters_restart(void *arg)
{
	const struct counters_dump *dump = arg;

	if (dump->restart)
		dump->restart(dump->arg);
}

int dump_counters(struct netlink *netlink, dump_counter_fn *each, netlink_restart_fn *restart,
		  void *arg)
{
	struct counters_dump dump = {.each = each, .restart = restart, .arg = arg};
	char buffer[DUMP_REQUEST_MAX];
	struct nlmsghdr *request = dump_request(buffer, NFT_MSG_GETOBJ, NLM_F_DUMP);

	mnl_attr_put_strz(request, NFTA_OBJ_TABLE, RULES_TABLE);
	mnl_attr_put_u32(request, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
	return netlink_dump(netlink, request, counter_message, counters_restart, &dump);
}

struct elements_dump {
	dump_element_fn *each;
	netlink_restart_fn *restart;
	void *arg;
};

static int tell_element(const struct nlattr *element, void *arg)
{
	const struct elements_dump *dump = arg;
	const struct element_view view = element_read(element);
	uint32_t data = 0;

	if (!view.key_length)
		return 0;
	if (view.value_length >= sizeof(data))
		memcpy(&data, view.value, sizeof(data));
	return dump->each(view.key, view.key_length, data, element_packets(element), dump->arg);
}

static int elements_message(const struct nlmsghdr *message, void *arg)
{
	return elements_each(message, tell_element, arg);
}

static void elements_restart(void *arg)
{
	const struct elements_dump *dump = arg;

	if (dump->restart)
		dump->restart(dump->arg);
}

int dump_elements(struct netlink *netlink, const char *set, dump_element_fn *each,
		  netlink_restart_fn *restart, void *arg)
{
	struct elements_dump dump = {.each = each, .restart = restart, .arg = arg};
	char buffer[DUMP_REQUEST_MAX];
	struct nlmsghdr *request = dump_elements_request(buffer, set, NLM_F_DUMP);

	return netlink_dump(netlink, request, elements_message, elements_restart, &dump);
}

int dump_part(struct netlink *netlink, uint16_t type, const char *of, netlink_message_fn *each,
	      void *arg)
{
	char buffer[DUMP_REQUEST_MAX];
	struct nlmsghdr *request = dump_request(buffer, type, NLM_F_DUMP);

	/* in every message the table's name is attribute 1, and that of a set or a chain is 2 */
	if (type != NFT_MSG_GETTABLE)
		mnl_attr_put_strz(request, NFTA_CHAIN_TABLE, RULES_TABLE);
	if (of)
		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, of);
	return netlink_dump_once(netlink, request, each, arg);
}

static int generation_message(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attr;
	uint32_t value;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_GEN_ID ||
		    mnl_attr_get_payload_len(attr) < sizeof(value))
			continue;
		memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
		*(uint32_t *)arg = ntohl(value);
	}
	return 0;
}

int dump_generation(struct netlink *netlink, uint32_t *generation)
{
	char buffer[DUMP_REQUEST_MAX];

	/* no dump: the acknowledgement ends it */
	return netlink_dump_once(netlink, dump_request(buffer, NFT_MSG_GETGEN, NLM_F_ACK),
				 generation_message, generation);
}
