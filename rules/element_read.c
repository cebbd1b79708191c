// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules/element_read.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rules/names.h"

static uint32_t read32(const struct nlattr *attr)
{
	uint32_t value = 0;

	if (mnl_attr_get_payload_len(attr) >= sizeof(value))
		memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return ntohl(value);
}

static uint64_t read64(const struct nlattr *attr)
{
	uint64_t value = 0;

	if (mnl_attr_get_payload_len(attr) >= sizeof(value))
		memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return be64toh(value);
}

static void read_value(const struct nlattr *nest, const uint8_t **value, size_t *length)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) != NFTA_DATA_VALUE)
			continue;
		*value = mnl_attr_get_payload(attr);
		*length = mnl_attr_get_payload_len(attr);
	}
}

static void read_verdict(const struct nlattr *nest, struct element_view *view)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == NFTA_VERDICT_CODE)
			view->verdict = read32(attr);
		if (mnl_attr_get_type(attr) != NFTA_VERDICT_CHAIN)
			continue;
		view->chain = mnl_attr_get_payload(attr);
		view->chain_length = strnlen(view->chain, mnl_attr_get_payload_len(attr));
	}
}

static void read_data(const struct nlattr *nest, struct element_view *view)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == NFTA_DATA_VERDICT)
			read_verdict(attr, view);
	}
	read_value(nest, &view->value, &view->value_length);
}

struct element_view element_read(const struct nlattr *element)
{
	struct element_view view = {0};
	const struct nlattr *attr;
	uint64_t expiration = 0;

	mnl_attr_for_each_nested(attr, element)
	{
		switch (mnl_attr_get_type(attr)) {
		case NFTA_SET_ELEM_KEY:
			read_value(attr, &view.key, &view.key_length);
			break;
		case NFTA_SET_ELEM_KEY_END:
			read_value(attr, &view.key_end, &view.key_end_length);
			break;
		case NFTA_SET_ELEM_FLAGS:
			view.flags = read32(attr);
			break;
		case NFTA_SET_ELEM_TIMEOUT:
			view.left = read64(attr);
			break;
		case NFTA_SET_ELEM_EXPIRATION:
			expiration = read64(attr);
			break;
		case NFTA_SET_ELEM_DATA:
			read_data(attr, &view);
			break;
		}
	}
	if (expiration)
		view.left =
			expiration; /* the kernel's own count; the other is what it began with */
	return view;
}

/* The attribute of @type inside @nest, if it has at least @length bytes. */
static const struct nlattr *nested(const struct nlattr *nest, uint16_t type, uint16_t length)
{
	const struct nlattr *attr;

	if (!nest)
		return NULL;
	mnl_attr_for_each_nested(attr,
				 nest) if (mnl_attr_get_type(attr) == type &&
					   mnl_attr_get_payload_len(attr) >= length) return attr;
	return NULL;
}

uint64_t element_packets(const struct nlattr *element)
{
	const struct nlattr *expr = nested(element, NFTA_SET_ELEM_EXPR, 0), *packets;
	uint64_t value;

	/* one expression stands alone, several stand in a list; ours is the only one */
	if (!expr)
		expr = nested(nested(element, NFTA_SET_ELEM_EXPRESSIONS, 0), NFTA_LIST_ELEM, 0);
	packets = nested(nested(expr, NFTA_EXPR_DATA, 0), NFTA_COUNTER_PACKETS, sizeof(value));
	if (!packets)
		return 0;
	memcpy(&value, mnl_attr_get_payload(packets), sizeof(value));
	return be64toh(value);
}

/* User data is type, length and value, one after the other. */
void element_comment(const struct nlattr *element, char *comment, size_t size)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, element)
	{
		const uint8_t *data = mnl_attr_get_payload(attr);
		size_t left = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_USERDATA)
			continue;
		for (; left >= 2 && left - 2 >= data[1]; left -= 2u + data[1], data += 2u + data[1])
			if (data[0] == NFTNL_UDATA_SET_ELEM_COMMENT)
				snprintf(comment, size, "%.*s", (int)data[1],
					 (const char *)data + 2);
	}
}

const char *elements_set(const struct nlmsghdr *message)
{
	const struct nlattr *attr;
	const char *set = NULL;
	bool ours = false;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
		return NULL;
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		const char *text = mnl_attr_get_payload(attr);
		size_t length = mnl_attr_get_payload_len(attr);

		if (!length || text[length - 1])
			continue;
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_LIST_TABLE)
			ours = !strcmp(text, RULES_TABLE);
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_LIST_SET)
			set = text;
	}
	return ours ? set : NULL;
}

int elements_each(const struct nlmsghdr *message, element_fn *each, void *arg)
{
	const struct nlattr *attr, *element;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(element, attr)
		{
			int result = each(element, arg);

			if (result < 0)
				return result;
		}
	}
	return 0;
}
