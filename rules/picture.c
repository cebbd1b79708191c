/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/picture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "rules/dump.h"
#include "rules/table_internal.h"

#define TEXT_MAX 4096

void picture_release(struct picture *picture)
{
	for (size_t i = 0; i < picture->count; i++)
		free(picture->parts[i].text);
	free(picture->parts);
	memset(picture, 0, sizeof(*picture));
}

struct part *picture_find(const struct picture *picture, enum message_item_kind kind,
			  const char *name)
{
	for (size_t i = 0; i < picture->count; i++)
		if (picture->parts[i].kind == kind && !strcmp(picture->parts[i].name, name))
			return &picture->parts[i];
	return NULL;
}

static int add(struct picture *picture, const struct part *part)
{
	struct part *place = array_room(picture->parts, picture->count, sizeof(*place));

	if (!place)
		return -ENOMEM;
	picture->parts = place;
	place = &picture->parts[picture->count];
	*place = *part;
	place->text = strdup(part->text);
	if (!place->text)
		return -ENOMEM;
	picture->count++;
	return 0;
}

static void name_part(struct part *part, const char *name)
{
	snprintf(part->name, sizeof(part->name), "%s", name ? name : "");
}

/* --- tables --- */

#define TABLE_FLAG_DORMANT 0x1u /* NFT_TABLE_F_DORMANT: its chains see no packet */

static int add_table(struct picture *picture, const struct nlmsghdr *message, char *text)
{
	struct part part = {.kind = MESSAGE_TABLE, .name = RULES_TABLE, .text = text};
	struct nftnl_table *table = nftnl_table_alloc();
	uint32_t flags;
	int result = 0;

	if (!table)
		return -ENOMEM;
	if (!nftnl_table_nlmsg_parse(message, table) &&
	    dump_ours(nftnl_table_get_str(table, NFTNL_TABLE_NAME)) &&
	    !picture_find(picture, MESSAGE_TABLE, RULES_TABLE)) {
		flags = nftnl_table_get_u32(table, NFTNL_TABLE_FLAGS);
		snprintf(text, TEXT_MAX, "%s%s%s",
			 flags & TABLE_FLAG_DORMANT ? "dormant, " : "in force, ",
			 flags & TABLE_FLAG_OWNER ? "owned" : "not owned",
			 flags & TABLE_FLAG_PERSIST ? ", persistent" : "");
		result = add(picture, &part);
	}
	nftnl_table_free(table);
	return result;
}

/* --- chains --- */

static int add_chain(struct picture *picture, const struct nlmsghdr *message, char *text)
{
	struct part part = {.kind = MESSAGE_CHAIN, .text = text};
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int result = 0;

	if (!chain)
		return -ENOMEM;
	if (!nftnl_chain_nlmsg_parse(message, chain) &&
	    dump_ours(nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE))) {
		if (nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM))
			snprintf(text, TEXT_MAX, "%s, hook %u, priority %d, policy %s",
				 nftnl_chain_get_str(chain, NFTNL_CHAIN_TYPE),
				 nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM),
				 nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO),
				 nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY) == NF_ACCEPT ?
					 "accept" :
					 "drop");
		else
			snprintf(text, TEXT_MAX, "regular");
		name_part(&part, nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME));
		result = add(picture, &part);
	}
	nftnl_chain_free(chain);
	return result;
}

/* --- rules --- */

struct words {
	char *text;
	size_t length;
	const struct nlattr *list; /* the rule's expressions as they stand in the message */
	unsigned index;            /* of the one that is next */
};

static void say(struct words *words, const char *text)
{
	int n = snprintf(words->text + words->length, TEXT_MAX - words->length, "%s", text);

	words->length += (size_t)n;
	if (words->length >= TEXT_MAX)
		words->length = TEXT_MAX - 1;
}

/* What libnftnl says of a target or match is its name alone: where it leads is in its data. */
static void say_data(struct words *words, const struct nftnl_expr *expr, uint16_t attribute)
{
	char hex[4];
	uint32_t length = 0;
	const uint8_t *data = nftnl_expr_get(expr, attribute, &length);

	/* the kernel pads to its alignment with zeroes */
	while (data && length && !data[length - 1])
		length--;
	for (uint32_t i = 0; data && i < length; i++) {
		snprintf(hex, sizeof(hex), "%02x", data[i]);
		say(words, hex);
	}
}

/* The attribute of @type in @nest, or NULL. */
static const struct nlattr *nested(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	if (nest)
		mnl_attr_for_each_nested(attr, nest)
		{
			if (mnl_attr_get_type(attr) == type)
				return attr;
		}
	return NULL;
}

/* libnftnl writes an object's name without its NUL, and reads it as if there were one. */
static void say_object(struct words *words, unsigned index)
{
	const struct nlattr *expr, *name = NULL;
	char text[RULES_NAME_MAX];

	if (words->list)
		mnl_attr_for_each_nested(expr, words->list)
		{
			if (!index--)
				name = nested(nested(expr, NFTA_EXPR_DATA), NFTA_OBJREF_IMM_NAME);
		}
	if (name)
		snprintf(text, sizeof(text), "%.*s", (int)mnl_attr_get_payload_len(name),
			 (const char *)mnl_attr_get_payload(name));
	say(words, name ? text : "by a map");
}

static int say_expr(struct nftnl_expr *expr, void *arg)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	struct words *words = arg;
	unsigned index = words->index++;
	char text[512] = "";

	say(words, words->length ? "; " : "");
	say(words, name);
	if (!strcmp(name, "counter"))
		return 0; /* the rest is what it counted */
	if (!strcmp(name, "objref")) {
		snprintf(text, sizeof(text), " type %u ",
			 nftnl_expr_get_u32(expr, NFTNL_EXPR_OBJREF_IMM_TYPE));
		say(words, text);
		say_object(words, index);
		return 0;
	}
	/* the kernel tells these also where they were not said */
	if (!strcmp(name, "lookup") && !nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_FLAGS))
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, 0);
	if (!strcmp(name, "dynset") && !nftnl_expr_is_set(expr, NFTNL_EXPR_DYNSET_TIMEOUT))
		nftnl_expr_set_u64(expr, NFTNL_EXPR_DYNSET_TIMEOUT, 0);
	nftnl_expr_snprintf(text, sizeof(text), expr, NFTNL_OUTPUT_DEFAULT, 0);
	say(words, " ");
	say(words, text);
	if (!strcmp(name, "target"))
		say_data(words, expr, NFTNL_EXPR_TG_INFO);
	else if (!strcmp(name, "match"))
		say_data(words, expr, NFTNL_EXPR_MT_INFO);
	while (words->length && words->text[words->length - 1] == ' ')
		words->text[--words->length] = '\0';
	return 0;
}

static int add_rule(struct picture *picture, const struct nlmsghdr *message, char *text)
{
	struct part part = {.kind = MESSAGE_RULE, .text = text};
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct words words = {.text = text};
	const struct nlattr *attr;
	struct part *chain;
	int result = 0;

	if (!rule)
		return -ENOMEM;
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			words.list = attr;
	}
	if (!nftnl_rule_nlmsg_parse(message, rule) &&
	    dump_ours(nftnl_rule_get_str(rule, NFTNL_RULE_TABLE)) &&
	    nftnl_rule_is_set(rule, NFTNL_RULE_CHAIN)) {
		name_part(&part, nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN));
		nftnl_expr_foreach(rule, say_expr, &words);
		result = add(picture, &part);
		chain = picture_find(picture, MESSAGE_CHAIN, part.name);
		if (chain)
			chain->packets++;
	}
	nftnl_rule_free(rule);
	return result;
}

/* --- sets --- */

/* Does its name end in a generation? Others keep their contents, and the bounds they were made with. */
static bool has_generation(const char *name)
{
	size_t length = strlen(name);

	return length > 2 && name[length - 2] == '_' && name[length - 1] >= '0' &&
	       name[length - 1] <= '9';
}

#define SET_COUNT 20 /* NFTA_SET_COUNT; not in older headers */

static uint32_t set_count(const struct nlmsghdr *message)
{
	const struct nlattr *attr;
	uint32_t count = 0;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == SET_COUNT &&
		    mnl_attr_get_payload_len(attr) == sizeof(count))
			memcpy(&count, mnl_attr_get_payload(attr), sizeof(count));
	}
	return ntohl(count);
}

static int add_set(struct picture *picture, const struct nlmsghdr *message, char *text)
{
	struct part part = {.kind = MESSAGE_SET, .text = text};
	struct nftnl_set *set = nftnl_set_alloc();
	int result = 0, n;

	if (!set)
		return -ENOMEM;
	if (!nftnl_set_nlmsg_parse(message, set) &&
	    dump_ours(nftnl_set_get_str(set, NFTNL_SET_TABLE))) {
		/* this flag only says that there are expressions, which older kernels leave out */
		uint32_t flags = nftnl_set_get_u32(set, NFTNL_SET_FLAGS) & ~(uint32_t)NFT_SET_EXPR;

		part.count = set_count(message);
		name_part(&part, nftnl_set_get_str(set, NFTNL_SET_NAME));
		n = snprintf(text, TEXT_MAX, "flags 0x%x, key type %u of %u bytes", flags,
			     nftnl_set_get_u32(set, NFTNL_SET_KEY_TYPE),
			     nftnl_set_get_u32(set, NFTNL_SET_KEY_LEN));
		if (flags & NFT_SET_MAP)
			n += snprintf(text + n, TEXT_MAX - (size_t)n, ", data type 0x%x",
				      nftnl_set_get_u32(set, NFTNL_SET_DATA_TYPE));
		if (has_generation(part.name) || !(flags & NFT_SET_EVAL))
			n += snprintf(text + n, TEXT_MAX - (size_t)n, ", size %u, timeout %llu ms",
				      nftnl_set_get_u32(set, NFTNL_SET_DESC_SIZE),
				      (unsigned long long)nftnl_set_get_u64(set,
									    NFTNL_SET_TIMEOUT));
		if (nftnl_set_is_set(set, NFTNL_SET_EXPR) ||
		    nftnl_set_is_set(set, NFTNL_SET_EXPRESSIONS))
			snprintf(text + n, TEXT_MAX - (size_t)n, ", with a counter");
		result = add(picture, &part);
	}
	nftnl_set_free(set);
	return result;
}

/* --- objects --- */

static int add_object(struct picture *picture, const struct nlmsghdr *message, char *text)
{
	struct part part = {.kind = MESSAGE_OBJECT, .text = text};
	struct nftnl_obj *object = nftnl_obj_alloc();
	int result = 0;

	if (!object)
		return -ENOMEM;
	if (!nftnl_obj_nlmsg_parse(message, object) &&
	    dump_ours(nftnl_obj_get_str(object, NFTNL_OBJ_TABLE))) {
		uint32_t type = nftnl_obj_get_u32(object, NFTNL_OBJ_TYPE);

		name_part(&part, nftnl_obj_get_str(object, NFTNL_OBJ_NAME));
		if (type == NFT_OBJECT_COUNTER) {
			snprintf(text, TEXT_MAX, "counter");
			part.packets = nftnl_obj_get_u64(object, NFTNL_OBJ_CTR_PKTS);
			part.bytes = nftnl_obj_get_u64(object, NFTNL_OBJ_CTR_BYTES);
		} else if (type == NFT_OBJECT_LIMIT) {
			snprintf(
				text, TEXT_MAX,
				"limit of %llu in %llu s, burst %u, type %u, flags %u",
				(unsigned long long)nftnl_obj_get_u64(object, NFTNL_OBJ_LIMIT_RATE),
				(unsigned long long)nftnl_obj_get_u64(object, NFTNL_OBJ_LIMIT_UNIT),
				nftnl_obj_get_u32(object, NFTNL_OBJ_LIMIT_BURST),
				nftnl_obj_get_u32(object, NFTNL_OBJ_LIMIT_TYPE),
				nftnl_obj_get_u32(object, NFTNL_OBJ_LIMIT_FLAGS));
		} else {
			snprintf(text, TEXT_MAX, "object of type %u", type);
		}
		result = add(picture, &part);
	}
	nftnl_obj_free(object);
	return result;
}

int picture_add(const struct nlmsghdr *message, void *arg)
{
	static const struct {
		uint16_t type;
		int (*add)(struct picture *picture, const struct nlmsghdr *message, char *text);
	} readers[] = {
		{NFT_MSG_NEWTABLE, add_table}, {NFT_MSG_NEWCHAIN, add_chain},
		{NFT_MSG_NEWRULE, add_rule},   {NFT_MSG_NEWSET, add_set},
		{NFT_MSG_NEWOBJ, add_object},
	};
	const struct nfgenmsg *netfilter;
	char text[TEXT_MAX] = "";

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*netfilter))
		return 0;
	netfilter = mnl_nlmsg_get_payload(message);
	if (netfilter->nfgen_family != NFPROTO_INET)
		return 0;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | readers[i].type))
			return readers[i].add(arg, message, text);
	return 0;
}
