/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/usage.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "rules/contents.h"
#include "rules/dump.h"
#include "rules/element_read.h"
#include "rules/sets.h"

void usage_release(struct usage *usage)
{
	free(usage->records);
	*usage = (struct usage){0};
}

int usage_add(struct usage *usage, const struct message_use *use)
{
	struct message_use *records = array_room(usage->records, usage->count, sizeof(*records));

	if (!records)
		return -ENOMEM;
	usage->records = records;
	usage->records[usage->count++] = *use;
	return 0;
}

int usage_compare(const struct message_use *a, const struct message_use *b)
{
	return memcmp(a, b, MESSAGE_USE_NAME);
}

static int order(const void *a, const void *b)
{
	const struct message_use *first = a, *second = b;
	int result = usage_compare(first, second);

	if (result)
		return result;
	return (first->packets < second->packets) - (first->packets > second->packets);
}

void usage_sort(struct usage *usage)
{
	size_t kept = 0;

	if (usage->count)
		qsort(usage->records, usage->count, sizeof(*usage->records), order);
	for (size_t i = 0; i < usage->count; i++)
		if (!kept || usage_compare(&usage->records[kept - 1], &usage->records[i]))
			usage->records[kept++] = usage->records[i];
	usage->count = kept;
}

static int order_named(const void *a, const void *b)
{
	return usage_compare(a, b);
}

struct message_use *usage_find(const struct usage *usage, const struct message_use *use)
{
	if (!usage->count)
		return NULL;
	return bsearch(use, usage->records, usage->count, sizeof(*usage->records), order_named);
}

struct message_use usage_of(const struct allow_element *element)
{
	struct message_use use = {
		.kind = element->kind,
		.family = element->family,
		.exact = element->exact,
		.way = element->way,
		.id = element->id,
	};

	memcpy(use.from, element->from_first, sizeof(use.from));
	memcpy(use.to, element->to_first, sizeof(use.to));
	return use;
}

/* --- elements in a message --- */

struct sight {
	struct usage *usage;
	struct message_use like; /* of the set: kind, family, exact, way */
	const atomic_bool *cancel;
	bool all; /* also those that were never found */
};

/* What the element's comment says: an entry's number; 0: the configuration. */
static uint32_t read_id(const struct nlattr *element)
{
	char text[32] = "";
	unsigned id;

	element_comment(element, text, sizeof(text));
	return sscanf(text, "allow %u", &id) == 1 ? id : 0;
}

static int see(const struct nlattr *element, void *arg)
{
	const struct sight *sight = arg;
	const struct element_view view = element_read(element);
	const size_t size = addr_size(sight->like.family);
	const bool pair = sight->like.kind == ALLOW_PAIR;
	struct message_use use = sight->like;

	if (view.flags & NFT_SET_ELEM_INTERVAL_END || view.key_length != size * (pair ? 2 : 1))
		return 0;
	use.packets = element_packets(element);
	if (!use.packets && !sight->all)
		return 0;
	memcpy(use.kind == ALLOW_DESTINATION ? use.to : use.from, view.key, size);
	if (pair)
		memcpy(use.to, view.key + size, size);
	use.id = read_id(element);
	return usage_add(sight->usage, &use);
}

static int see_message(const struct nlmsghdr *message, void *arg)
{
	const struct sight *sight = arg;

	if (sight->cancel && atomic_load(sight->cancel))
		return -ECANCELED;
	return elements_each(message, see, arg);
}

static struct nlmsghdr *begin(char *buffer, uint16_t flags, const struct message_use *like)
{
	const struct allow_element element = {
		.kind = like->kind, .family = like->family, .exact = like->exact, .way = like->way};
	char name[RULES_NAME_MAX];

	return dump_elements_request(buffer, set_name(set_of_allow(&element), NULL, name), flags);
}

/* --- all elements --- */

static int read_set(struct netlink *netlink, struct sight *sight)
{
	_Alignas(8) char buffer[512];
	int result = netlink_dump_anyway(netlink, begin(buffer, NLM_F_DUMP, &sight->like),
					 see_message, sight);

	return result == -ENOENT ? 0 : result; /* where there are no such entries, no such set */
}

int usage_read(struct netlink *netlink, struct usage *usage, const atomic_bool *cancel)
{
	static const uint8_t families[] = {FAMILY_IPV4, FAMILY_IPV6};
	struct sight sight = {.usage = usage, .cancel = cancel};
	struct message_use *like = &sight.like;
	int result = 0;

	for (like->way = ALLOW_FREE; like->way < ALLOW_CONTAINED; like->way++)
		for (like->kind = ALLOW_SOURCE; like->kind <= ALLOW_PAIR; like->kind++)
			for (size_t i = 0; !result && i < 4; i++) {
				like->family = families[i / 2];
				like->exact = i % 2;
				if (like->way == ALLOW_WATCHED && like->kind == ALLOW_DESTINATION)
					continue;
				result = read_set(netlink, &sight);
			}
	return result;
}

/* --- some elements --- */

#define ASK_SIZE 32768 /* USAGE_ASK_MAX keys of 32 bytes, each with its headers, are 13 kB */

static void put_key(struct nlmsghdr *message, const struct allow_element *element)
{
	const size_t size = addr_size(element->family);
	const bool pair = element->kind == ALLOW_PAIR;
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *key;
	uint8_t bytes[32];

	memcpy(bytes, element->kind == ALLOW_DESTINATION ? element->to_first : element->from_first,
	       size);
	if (pair)
		memcpy(bytes + size, element->to_first, size);
	key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, pair ? 2 * size : size, bytes);
	mnl_attr_nest_end(message, key);
	mnl_attr_nest_end(message, nest);
}

static int ask_some(struct usage_ask *ask, size_t first, size_t count)
{
	struct sight sight = {
		.usage = ask->usage, .like = usage_of(ask->elements[first]), .all = true};
	const struct message_use absent = sight.like;
	const size_t before = ask->usage->count;
	_Alignas(8) char buffer[ASK_SIZE];
	struct nlmsghdr *message;
	struct nlattr *list;
	int result;

	memset(sight.like.from, 0, sizeof(sight.like.from));
	memset(sight.like.to, 0, sizeof(sight.like.to));
	message = begin(buffer, NLM_F_ACK, &sight.like);
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < count; i++)
		put_key(message, ask->elements[first + i]);
	mnl_attr_nest_end(message, list);
	result = netlink_dump_anyway(ask->netlink, message, see_message, &sight);
	if (result != -ENOENT)
		return result;
	/* one of them is not there, or its set */
	ask->usage->count = before;
	if (count == 1)
		return usage_add(ask->usage, &absent);
	for (result = 0; !result && count; first++, count--)
		result = ask_some(ask, first, 1);
	return result;
}

static bool same_set(const struct allow_element *a, const struct allow_element *b)
{
	return set_of_allow(a) == set_of_allow(b);
}

void usage_ask_open(struct usage_ask *ask, struct netlink *netlink, struct usage *usage)
{
	ask->netlink = netlink;
	ask->usage = usage;
	ask->count = 0;
}

int usage_ask_close(struct usage_ask *ask)
{
	size_t count = ask->count;

	ask->count = 0;
	return count ? ask_some(ask, 0, count) : 0;
}

int usage_ask_add(struct usage_ask *ask, const struct allow_element *element)
{
	int result = 0;

	if (ask->count == USAGE_ASK_MAX || (ask->count && !same_set(ask->elements[0], element)))
		result = usage_ask_close(ask);
	ask->elements[ask->count++] = element;
	return result;
}
