/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
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

#include "rules/netlink.h"

#define LABEL_MAX 96
#define MESSAGE_SPACE (BATCH_MESSAGE_ROOM + 4096)

struct label {
	char text[LABEL_MAX];
};

struct batch {
	char *data;
	size_t length;
	size_t room;
	size_t open;          /* where the last message begins; it may still grow */
	struct label *labels; /* of message i */
	size_t count;
	size_t label_room;
	uint32_t set_id;
	int failed;   /* -errno of building, or of a part */
	size_t limit; /* of a part; 0: it goes as a whole */
	size_t first; /* of the one that is written, as long as it is the first */
	batch_part_fn *send;
	void *arg;
};

struct batch *batch_new(void)
{
	return calloc(1, sizeof(struct batch));
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	free(batch->data);
	free(batch->labels);
	free(batch);
}

void batch_divide(struct batch *batch, size_t first, size_t limit, batch_part_fn *send, void *arg)
{
	batch->first = first;
	batch->limit = limit;
	batch->send = send;
	batch->arg = arg;
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

size_t batch_length(const struct batch *batch)
{
	return batch->length;
}

uint32_t batch_set_id(struct batch *batch)
{
	return ++batch->set_id;
}

/* A part grows no further than to its limit and the messages around it. */
static size_t batch_room(const struct batch *batch, size_t more)
{
	size_t room = batch->room * 2 + more, most = batch->limit + 2 * MESSAGE_SPACE;

	return batch->limit && room > most ? most : room;
}

/* Ends the message that is open, and makes room for @more bytes behind it. */
static int batch_reserve(struct batch *batch, size_t more)
{
	if (batch->length > batch->open) {
		const struct nlmsghdr *last = (const void *)(batch->data + batch->open);

		batch->length = batch->open + MNL_ALIGN(last->nlmsg_len);
	}
	if (batch->room - batch->length < more) {
		size_t room = batch_room(batch, more);
		char *data = realloc(batch->data, room);

		if (!data)
			return -ENOMEM;
		batch->data = data;
		batch->room = room;
	}
	batch->open = batch->length;
	return 0;
}

static int batch_label(struct batch *batch, const char *label)
{
	if (batch->count == batch->label_room) {
		size_t room = batch->label_room ? batch->label_room * 2 : 128;
		struct label *labels = realloc(batch->labels, room * sizeof(*labels));

		if (!labels)
			return -ENOMEM;
		batch->labels = labels;
		batch->label_room = room;
	}
	snprintf(batch->labels[batch->count].text, LABEL_MAX, "%s", label);
	return 0;
}

/* A place to write to when memory has run out, so that callers need not look each time. */
static struct nlmsghdr *batch_scratch(struct batch *batch, int error)
{
	static _Thread_local char scratch[MESSAGE_SPACE] __attribute__((aligned(8)));

	batch->failed = error;
	return mnl_nlmsg_put_header(scratch);
}

static struct nlmsghdr *batch_put(struct batch *batch, uint16_t type, uint16_t flags,
				  uint8_t family, uint16_t resource, const char *label)
{
	struct nlmsghdr *message;
	struct nfgenmsg *netfilter;
	int error = batch_reserve(batch, MESSAGE_SPACE);

	if (!error)
		error = batch_label(batch, label);
	message = error ? batch_scratch(batch, error) :
			  mnl_nlmsg_put_header(batch->data + batch->open);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = (uint32_t)batch->count;
	netfilter = mnl_nlmsg_put_extra_header(message, sizeof(*netfilter));
	netfilter->nfgen_family = family;
	netfilter->version = NFNETLINK_V0;
	netfilter->res_id = htons(resource);
	if (!error) {
		batch->length = batch->open + message->nlmsg_len;
		batch->count++;
	}
	return message;
}

/* Nothing is in it, and the memory stays for what comes. */
static void batch_clear(struct batch *batch)
{
	batch->length = 0;
	batch->open = 0;
	batch->count = 0;
}

static void batch_send_part(struct batch *batch)
{
	int result = batch->failed ? 0 : batch->send(batch, batch->arg);

	if (result)
		batch->failed = result;
	batch->first = batch->limit;
	batch_clear(batch);
}

struct nlmsghdr *batch_message(struct batch *batch, uint16_t type, uint16_t flags,
			       const char *label)
{
	/* what grows after it was begun counts here: the one that is open ends now */
	if (batch->limit && !batch_reserve(batch, 0) && batch->length > batch->first)
		batch_send_part(batch);
	if (!batch->count)
		batch_put(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, "begin");
	return batch_put(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, NFPROTO_INET,
			 0, label);
}

void batch_table(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_table *table)
{
	struct nlmsghdr *message = batch_message(batch, type, flags, "table");

	nftnl_table_nlmsg_build_payload(message, table);
	nftnl_table_free(table);
}

void batch_chain(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_chain *chain)
{
	char label[LABEL_MAX];
	struct nlmsghdr *message;

	snprintf(label, sizeof(label), "chain %s", nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME));
	message = batch_message(batch, type, flags, label);
	nftnl_chain_nlmsg_build_payload(message, chain);
	nftnl_chain_free(chain);
}

void batch_rule(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_rule *rule)
{
	const char *chain = nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
	char label[LABEL_MAX];
	struct nlmsghdr *message;

	snprintf(label, sizeof(label), "rule in chain %s", chain ? chain : "(all)");
	message = batch_message(batch, type, flags, label);
	nftnl_rule_nlmsg_build_payload(message, rule);
	nftnl_rule_free(rule);
}

void batch_set(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_set *set)
{
	char label[LABEL_MAX];
	struct nlmsghdr *message;

	snprintf(label, sizeof(label), "set %s", nftnl_set_get_str(set, NFTNL_SET_NAME));
	message = batch_message(batch, type, flags, label);
	nftnl_set_nlmsg_build_payload(message, set);
	nftnl_set_free(set);
}

void batch_object(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_obj *object)
{
	char label[LABEL_MAX];
	struct nlmsghdr *message;

	snprintf(label, sizeof(label), "object %s", nftnl_obj_get_str(object, NFTNL_OBJ_NAME));
	message = batch_message(batch, type, flags, label);
	nftnl_obj_nlmsg_build_payload(message, object);
	nftnl_obj_free(object);
}

int batch_each(struct batch *batch, batch_message_fn *each, void *arg)
{
	int result = batch->failed ? batch->failed : batch_reserve(batch, 0);

	for (size_t at = 0; result >= 0 && at < batch->length;) {
		const struct nlmsghdr *message = (const void *)(batch->data + at);

		result = each(message, arg);
		at += MNL_ALIGN(message->nlmsg_len);
	}
	return result < 0 ? result : 0;
}

struct outcome {
	const struct batch *batch;
	uint32_t base;
	size_t failing; /* index of a message that is meant to fail; 0: none is */
	bool failed;    /* it did */
	struct batch_error *error;
};

static void batch_error(uint32_t sequence, int error, void *arg)
{
	struct outcome *outcome = arg;
	uint32_t index = sequence - outcome->base;

	if (!error || index >= outcome->batch->count)
		return;
	if (index && index == outcome->failing) {
		outcome->failed = true;
		return;
	}
	if (outcome->error->error)
		return;
	outcome->error->error = error;
	memcpy(outcome->error->label, outcome->batch->labels[index].text, LABEL_MAX);
}

/* Sequence numbers were indexes so far. */
static void batch_renumber(struct batch *batch, uint32_t base)
{
	for (size_t at = 0; at < batch->length;) {
		struct nlmsghdr *message = (void *)(batch->data + at);

		message->nlmsg_seq += base;
		at += MNL_ALIGN(message->nlmsg_len);
	}
}

int batch_send_expecting(struct batch *batch, struct netlink *netlink, size_t failing,
			 struct batch_error *error)
{
	struct outcome outcome = {.batch = batch, .failing = failing, .error = error};
	int result;

	memset(error, 0, sizeof(*error));
	if (!batch->count && !batch->failed)
		return 0;
	batch_put(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, "commit");
	result = batch->failed ? batch->failed : batch_reserve(batch, 0);
	if (!result) {
		outcome.base = netlink_sequence(netlink);
		for (size_t i = 1; i < batch->count; i++)
			netlink_sequence(netlink);
		batch_renumber(batch, outcome.base);
		result = netlink_send(netlink, batch->data, batch->length);
	}
	/* the kernel has worked the batch when send returns: what it had to say is waiting */
	if (!result)
		result = netlink_errors(netlink, batch_error, &outcome);
	if (!result && error->error)
		result = -error->error;
	if (!result && failing && !outcome.failed)
		result = -EPROTO; /* what had to fail did not: now it stands in the kernel */
	if (result && !error->error) {
		error->error = -result;
		snprintf(error->label, sizeof(error->label), "batch");
	}
	batch_clear(batch);
	return result;
}

int batch_send(struct batch *batch, struct netlink *netlink, struct batch_error *error)
{
	return batch_send_expecting(batch, netlink, 0, error);
}
