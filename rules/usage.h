/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the allow sets have counted: how many packets each element was found for. Where elements are
 * about to go or to be made anew, what they counted is read first.
 */
#ifndef EDGE25_RULES_USAGE_H
#define EDGE25_RULES_USAGE_H

#include <stdatomic.h>
#include <stddef.h>

#include "common/message.h"
#include "rules/netlink.h"

/* Records of which kind, family, exact, way, from, to, id and packets are filled in. */
struct usage {
	struct message_use *records;
	size_t count;
};

void usage_release(struct usage *usage);
/* 0 or -ENOMEM. */
int usage_add(struct usage *usage, const struct message_use *use);

/* By what names an element: the same element is 0. */
int usage_compare(const struct message_use *a, const struct message_use *b);
/* By usage_compare(); of two records of one element the one with more packets stays. */
void usage_sort(struct usage *usage);
/* The record of the same element in what was sorted; NULL: none. */
struct message_use *usage_find(const struct usage *usage, const struct message_use *use);
/* The record of an element, with no packets. */
struct message_use usage_of(const struct allow_element *element);

/*
 * Adds every element that was ever found, of all allow sets. Takes time by the square of the largest
 * set of prefixes, so it belongs into a thread. What changes meanwhile may be missing. 0, -errno,
 * or -ECANCELED when *cancel was set (NULL: nobody cancels).
 */
int usage_read(struct netlink *netlink, struct usage *usage, const atomic_bool *cancel);

/*
 * Elements asked for one by one, in runs of one set: open, add each, close. Each becomes a record,
 * with 0 packets where the kernel has no such element (any more).
 */
#define USAGE_ASK_MAX 256

struct usage_ask {
	struct netlink *netlink;
	struct usage *usage;
	const struct allow_element *elements[USAGE_ASK_MAX];
	size_t count;
};

void usage_ask_open(struct usage_ask *ask, struct netlink *netlink, struct usage *usage);
/* @element stays where it is until the next call. 0 or -errno. */
int usage_ask_add(struct usage_ask *ask, const struct allow_element *element);
int usage_ask_close(struct usage_ask *ask);

#endif
