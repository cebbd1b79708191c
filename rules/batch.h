/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One nf_tables transaction: messages gathered in memory, sent at once, all or nothing.
 * Source: net/netfilter/nfnetlink.c (nfnetlink_rcv_batch), include/uapi/linux/netfilter/nf_tables.h.
 */
#ifndef EDGE25_RULES_BATCH_H
#define EDGE25_RULES_BATCH_H

#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;
struct nftnl_table;
struct nftnl_chain;
struct nftnl_rule;
struct nftnl_set;
struct nftnl_obj;
struct netlink;
struct batch;

struct batch *batch_new(void);
void batch_free(struct batch *batch);

/*
 * Begins a message of @type (NFT_MSG_*) for family inet; it ends where the next one begins or the
 * batch is sent. @label says what it is about in an error. A batch that ran out of memory stays
 * usable and fails in batch_send().
 */
struct nlmsghdr *batch_message(struct batch *batch, uint16_t type, uint16_t flags,
			       const char *label);
/* Room that batch_message() leaves for attributes. */
#define BATCH_MESSAGE_ROOM 65536

/* The usual messages. Each takes its object over and releases it. @label as above. */
void batch_table(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_table *table);
void batch_chain(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_chain *chain);
void batch_rule(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_rule *rule);
void batch_set(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_set *set);
void batch_object(struct batch *batch, uint16_t type, uint16_t flags, struct nftnl_obj *object);

/*
 * From now on the batch goes in parts, each a transaction of its own, so that memory is bounded: where
 * a message begins behind more than @limit bytes, @send (batch_send() and what belongs to it) gets
 * what there is, which is then forgotten; the first part ends behind @first bytes. What @send returns
 * fails the batch. For what no rule turns to yet. It may be called once, and before there is a message.
 */
typedef int batch_part_fn(struct batch *batch, void *arg);
void batch_divide(struct batch *batch, size_t first, size_t limit, batch_part_fn *send, void *arg);

/* Anonymous sets are named by an id within the batch. */
uint32_t batch_set_id(struct batch *batch);

/* How many messages so far, with the one that begins the batch. */
size_t batch_count(const struct batch *batch);
/* Bytes so far. */
size_t batch_length(const struct batch *batch);

/* Calls @each for every message so far. 0, -ENOMEM if building ran out of it, or what @each said. */
typedef int batch_message_fn(const struct nlmsghdr *message, void *arg);
int batch_each(struct batch *batch, batch_message_fn *each, void *arg);

struct batch_error {
	int error; /* positive errno of the first message that failed */
	char label[96];
};

/*
 * Sends all messages as one transaction (of a batch that goes in parts, those that are left) and reads
 * what the kernel says. 0, or -errno of the first error, described in *error. Nothing is left in the
 * batch.
 */
int batch_send(struct batch *batch, struct netlink *netlink, struct batch_error *error);

/*
 * The same for a batch whose message @failing (counted as batch_count() does) is meant to fail, so
 * that nothing stays of it: 0 when that one fails and no other.
 */
int batch_send_expecting(struct batch *batch, struct netlink *netlink, size_t failing,
			 struct batch_error *error);

#endif
