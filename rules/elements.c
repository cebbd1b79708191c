/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/elements.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rules/names.h"

#define LIST_MAX 60000 /* a netlink attribute holds 65535 bytes */
#define COMMENT_MAX 120

void elements_open(struct elements *elements, struct batch *batch, uint16_t type, uint16_t flags,
		   const char *set)
{
	*elements = (struct elements){
		.batch = batch,
		.type = type,
		.flags = flags,
		.set = set,
	};
}

static void elements_begin(struct elements *elements)
{
	char label[96];

	snprintf(label, sizeof(label), "elements of %s", elements->set);
	elements->message = batch_message(elements->batch, elements->type, elements->flags, label);
	mnl_attr_put_strz(elements->message, NFTA_SET_ELEM_LIST_TABLE, RULES_TABLE);
	mnl_attr_put_strz(elements->message, NFTA_SET_ELEM_LIST_SET, elements->set);
	elements->list = mnl_attr_nest_start(elements->message, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void elements_close(struct elements *elements)
{
	if (elements->message)
		mnl_attr_nest_end(elements->message, elements->list);
	elements->message = NULL;
}

static void put_value(struct nlmsghdr *message, uint16_t type, const void *value, size_t length)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, length, value);
	mnl_attr_nest_end(message, nest);
}

static void put_verdict(struct nlmsghdr *message, const char *chain)
{
	struct nlattr *data = mnl_attr_nest_start(message, NFTA_SET_ELEM_DATA);
	struct nlattr *verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);

	mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_GOTO));
	mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(message, verdict);
	mnl_attr_nest_end(message, data);
}

static void put_comment(struct nlmsghdr *message, const char *comment)
{
	uint8_t data[2 + COMMENT_MAX + 1];
	size_t length = strnlen(comment, COMMENT_MAX);

	data[0] = NFTNL_UDATA_SET_ELEM_COMMENT;
	data[1] = (uint8_t)(length + 1);
	memcpy(data + 2, comment, length);
	data[2 + length] = '\0';
	mnl_attr_put(message, NFTA_SET_ELEM_USERDATA, length + 3, data);
}

/* Makes sure that a message is open that has room. */
static void elements_continue(struct elements *elements)
{
	if (elements->message &&
	    (char *)mnl_nlmsg_get_payload_tail(elements->message) - (char *)elements->list >
		    LIST_MAX)
		elements_close(elements);
	if (!elements->message)
		elements_begin(elements);
}

/* Returns where its key is. */
static uint8_t *put_element(struct nlmsghdr *message, const struct element *element)
{
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	uint8_t *key;

	if (element->flags)
		mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(element->flags));
	put_value(message, NFTA_SET_ELEM_KEY, element->key, element->key_length);
	key = (uint8_t *)mnl_nlmsg_get_payload_tail(message) - MNL_ALIGN(element->key_length);
	if (element->key_end)
		put_value(message, NFTA_SET_ELEM_KEY_END, element->key_end, element->key_length);
	if (element->timeout)
		mnl_attr_put_u64(message, NFTA_SET_ELEM_TIMEOUT, htobe64(element->timeout));
	if (element->chain)
		put_verdict(message, element->chain);
	if (element->comment)
		put_comment(message, element->comment);
	mnl_attr_nest_end(message, nest);
	return key;
}

void elements_add(struct elements *elements, const struct element *element)
{
	elements_continue(elements);
	put_element(elements->message, element);
}

/* The key after @last, where an interval stops; false at the end of the address space. */
static bool key_after(const uint8_t *last, size_t length, uint8_t *after)
{
	memcpy(after, last, length);
	while (length--)
		if (++after[length])
			return true;
	return false;
}

/* Has it nothing but keys and a chain? */
static bool is_plain(const struct element *element)
{
	return !element->flags && !element->timeout && !element->comment;
}

static void note_pattern(struct elements *elements, const struct element *element,
			 const uint8_t *begin, const uint8_t *first, const uint8_t *after)
{
	struct elements_pattern *pattern = &elements->pattern;
	const uint8_t *end = mnl_nlmsg_get_payload_tail(elements->message);
	size_t length = (size_t)(end - begin);

	if (!is_plain(element) || length > sizeof(pattern->bytes))
		return;
	pattern->chain = element->chain;
	pattern->key_length = element->key_length;
	pattern->first = (size_t)(first - begin);
	pattern->after = (size_t)(after - begin);
	pattern->length = length;
	memcpy(pattern->bytes, begin, length);
}

/* A million intervals are written in a tenth of the time that their attributes take one by one. */
static bool repeat(struct elements *elements, const struct element *element, const uint8_t *after)
{
	const struct elements_pattern *pattern = &elements->pattern;
	uint8_t *to;

	if (!pattern->length || pattern->chain != element->chain ||
	    pattern->key_length != element->key_length || !is_plain(element))
		return false;
	to = mnl_nlmsg_get_payload_tail(elements->message);
	memcpy(to, pattern->bytes, pattern->length);
	memcpy(to + pattern->first, element->key, element->key_length);
	memcpy(to + pattern->after, after, element->key_length);
	elements->message->nlmsg_len += (uint32_t)pattern->length;
	return true;
}

void elements_add_interval(struct elements *elements, struct element element, const uint8_t *last)
{
	uint8_t after[16], *begin, *first;
	struct element end = {
		.key = after,
		.key_length = element.key_length,
		.flags = NFT_SET_ELEM_INTERVAL_END,
	};

	elements_continue(elements);
	if (!key_after(last, element.key_length, after)) {
		put_element(elements->message, &element);
		return;
	}
	if (repeat(elements, &element, after))
		return;
	begin = mnl_nlmsg_get_payload_tail(elements->message);
	first = put_element(elements->message, &element);
	note_pattern(elements, &element, begin, first, put_element(elements->message, &end));
}
