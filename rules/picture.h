/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a table has, elements apart, in words that can be compared: read from messages, be they of a
 * batch that would make it or of the kernel's dump of it. Handles, comments and what is counted
 * make no difference.
 */
#ifndef EDGE25_RULES_PICTURE_H
#define EDGE25_RULES_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "rules/names.h"

struct nlmsghdr;

struct part {
	enum message_item_kind kind;
	char name[RULES_NAME_MAX]; /* of the chain, set or object; of a rule: its chain */
	char *text;
	uint64_t packets; /* as in struct message_item */
	uint64_t bytes;
	uint32_t count; /* of a set: elements as the kernel counts them; 0: not said (before 6.16) */
};

struct picture {
	struct part *parts; /* of a kind in the order in which they were told */
	size_t count;
};

/* Takes in one message of table inet edge25 (NFT_MSG_NEW*); others say nothing. 0 or -ENOMEM. */
int picture_add(const struct nlmsghdr *message, void *picture);
void picture_release(struct picture *picture);

struct part *picture_find(const struct picture *picture, enum message_item_kind kind,
			  const char *name);

/* Differences: all are counted, the first MESSAGE_ITEMS_MAX are kept. */
struct differences {
	struct message_item items[MESSAGE_ITEMS_MAX];
	size_t count;
	uint64_t total;
};

/* @expected, @found: NULL where there is none; cut to fit, from where they begin to differ. */
void differences_add(struct differences *differences, const struct message_item *item,
		     const char *expected, const char *found);

void picture_compare(const struct picture *expected, const struct picture *found,
		     struct differences *differences);

#endif
