/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source: net/netfilter/nf_tables_api.c, nft_get_set_elem(). A set of intervals of one part keeps
 * where they begin and where they have ended as elements, and answers with the nearest of either; one
 * of pairs keeps both ends in one element.
 */
#include "rules/find.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "rules/contents.h"
#include "rules/dump.h"
#include "rules/element_read.h"

struct question {
	struct found *found;
	size_t length; /* of a key */
};

static int read_element(const struct nlattr *element, void *arg)
{
	const struct question *question = arg;
	struct found *found = question->found;
	const struct element_view view = element_read(element);

	if (view.key_length != question->length)
		return -EBADMSG;
	memcpy(found->first, view.key, view.key_length);
	memcpy(found->last, view.key, view.key_length);
	if (view.key_end_length == question->length)
		memcpy(found->last, view.key_end, view.key_end_length);
	if (view.value_length && view.value_length <= sizeof(found->data)) {
		found->data_length = view.value_length;
		memcpy(found->data, view.value, view.value_length);
	}
	found->verdict = (int32_t)view.verdict;
	snprintf(found->chain, sizeof(found->chain), "%.*s", (int)view.chain_length,
		 view.chain_length ? view.chain : "");
	found->left = view.left;
	element_comment(element, found->comment, sizeof(found->comment));
	return 0;
}

static int found_message(const struct nlmsghdr *message, void *question)
{
	return elements_each(message, read_element, question);
}

static int ask(struct netlink *netlink, const char *set, uint32_t flags, const void *key,
	       size_t length, struct found *found)
{
	struct question question = {.found = found, .length = length};
	char buffer[DUMP_REQUEST_MAX];
	/* no dump: the acknowledgement ends it */
	struct nlmsghdr *request = dump_elements_request(buffer, set, NLM_F_ACK);
	struct nlattr *list, *element, *value;

	memset(found, 0, sizeof(*found));
	list = mnl_attr_nest_start(request, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(request, NFTA_LIST_ELEM);
	if (flags)
		mnl_attr_put_u32(request, NFTA_SET_ELEM_FLAGS, htonl(flags));
	value = mnl_attr_nest_start(request, NFTA_SET_ELEM_KEY);
	mnl_attr_put(request, NFTA_DATA_VALUE, length, key);
	mnl_attr_nest_end(request, value);
	mnl_attr_nest_end(request, element);
	mnl_attr_nest_end(request, list);
	return netlink_dump_once(netlink, request, found_message, &question);
}

/* One more, or one less, as a number of @length bytes; false: there is none. */
static bool step(uint8_t *key, size_t length, bool up)
{
	while (length--)
		if (up ? ++key[length] : key[length]--)
			return true;
	return false;
}

/* The last key of the interval in which @key is: before the one where it has ended. */
static int find_last(struct netlink *netlink, const char *set, const void *key, size_t length,
		     uint8_t *last)
{
	uint8_t behind[FIND_KEY_MAX];
	struct found end;
	int result = -ENOENT;

	memcpy(behind, key, length);
	if (step(behind, length, true))
		result = ask(netlink, set, NFT_SET_ELEM_INTERVAL_END, behind, length, &end);
	if (result && result != -ENOENT)
		return result;
	memset(last, 0xff, length); /* nothing ends behind it */
	if (!result) {
		memcpy(last, end.first, length);
		step(last, length, false);
	}
	return 0;
}

int find_element(struct netlink *netlink, const char *set, uint32_t flags, const void *key,
		 size_t length, struct found *found)
{
	int result;

	if (!length || length > FIND_KEY_MAX)
		return -EINVAL;
	result = ask(netlink, set, 0, key, length, found);
	if (result)
		return result;
	if (flags & NFT_SET_INTERVAL && !(flags & NFT_SET_CONCAT))
		return find_last(netlink, set, key, length, found->last);
	return 0;
}
