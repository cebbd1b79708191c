/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements asked for one by one, a few hundred in a message. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "rules/contents.h"
#include "rules/dump.h"
#include "rules/element_read.h"

/* Each answer is a message of its own, which takes some 1000 bytes of the receive buffer. */
#define ASK_MAX 400
#define ASK_SIZE 32768

static void put_key(struct nlmsghdr *message, const struct element_view *view)
{
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *key;

	if (view->flags)
		mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(view->flags));
	key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, view->key_length, view->key);
	mnl_attr_nest_end(message, key);
	mnl_attr_nest_end(message, nest);
}

static void put_element(struct nlmsghdr *message, const struct nlattr *element)
{
	const struct element_view view = element_read(element);

	put_key(message, &view);
}

static struct nlmsghdr *begin(char *buffer, const struct contents *contents, struct nlattr **list)
{
	struct nlmsghdr *message = dump_elements_request(buffer, contents->set, NLM_F_ACK);

	*list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	return message;
}

static int ignore(const struct nlmsghdr *message, void *arg)
{
	(void)message;
	(void)arg;
	return 0;
}

/*
 * The kernel counts an interval's two ends as one element, so the one that runs to the end of the
 * address space and has no second end is in no count. -ENOENT: there is one that nobody expects.
 */
static int ask_end(const struct contents *contents, struct netlink *netlink)
{
	const struct element_view last = element_read(contents->elements[contents->count - 1]);
	uint8_t key[16];
	const struct element_view top = {.key = key, .key_length = last.key_length};
	char buffer[512] __attribute__((aligned(8)));
	struct nlmsghdr *message;
	struct nlattr *list;
	int result;

	if (!(last.flags & NFT_SET_ELEM_INTERVAL_END) || last.key_length > sizeof(key))
		return 0;
	memset(key, 0xff, sizeof(key));
	message = begin(buffer, contents, &list);
	put_key(message, &top);
	mnl_attr_nest_end(message, list);
	result = netlink_dump_once(netlink, message, ignore, NULL);
	return result == -ENOENT ? 0 : result ? result : -ENOENT;
}

/*
 * Of two elements of one key the kernel finds the one that begins an interval and not the one that
 * ends the interval before it. That it is there, the count says; what comes there is the other's.
 */
static bool ends_where_another_begins(const struct contents *contents, size_t at)
{
	struct element_view view = element_read(contents->elements[at]), next;

	if (!(view.flags & NFT_SET_ELEM_INTERVAL_END) || at + 1 == contents->count)
		return false;
	next = element_read(contents->elements[at + 1]);
	return next.key_length == view.key_length && !memcmp(next.key, view.key, view.key_length);
}

int contents_ask(struct contents *contents, struct netlink *netlink, const atomic_bool *cancel)
{
	_Alignas(8) char buffer[ASK_SIZE];
	int result = 0;

	for (size_t at = 0; !result && at < contents->count;) {
		struct nlmsghdr *message;
		struct nlattr *list;

		if (atomic_load(cancel))
			return -ECANCELED;
		message = begin(buffer, contents, &list);
		for (size_t n = 0; n < ASK_MAX && at < contents->count; at++) {
			if (ends_where_another_begins(contents, at)) {
				contents->seen[at] = 1;
				contents->found++;
				continue;
			}
			put_element(message, contents->elements[at]);
			n++;
		}
		mnl_attr_nest_end(message, list);
		result = netlink_dump_once(netlink, message, contents_found, contents);
	}
	return result ? result : ask_end(contents, netlink);
}

void contents_again(struct contents *contents)
{
	memset(contents->seen, 0, contents->count);
	contents->found = 0;
}
