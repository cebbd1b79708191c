/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of sets, those of a batch held against those that the kernel has. The batch's are left
 * where they are, so a million of them take an index more and no copy.
 */
#ifndef EDGE25_RULES_CONTENTS_H
#define EDGE25_RULES_CONTENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/netlink.h"
#include "rules/picture.h"

struct nlattr;

struct contents {
	char set[RULES_NAME_MAX];
	const struct nlattr **elements; /* sorted by contents_ready() */
	uint8_t *seen;
	size_t count;
	size_t found;   /* in the kernel */
	uint64_t slack; /* ms: ends that lie this close together are the same */
	uint64_t soon;  /* ms: what ends within them may be gone already */
	struct differences *differences;
};

/* Takes in the elements of a message of a batch (NFT_MSG_NEWSETELEM) for the set. 0 or -ENOMEM. */
int contents_add(struct contents *contents, const struct nlmsghdr *message);
int contents_ready(struct contents *contents);
void contents_release(struct contents *contents);

/* A message of the kernel's dump of the set: a netlink_message_fn. */
int contents_found(const struct nlmsghdr *message, void *contents);
/*
 * Instead of a dump, which takes time by the square of what is in an interval set (its walk begins
 * anew with each buffer): asks for each expected element by its key. -ENOENT: one is not there.
 * Elements that are not expected stay unseen, so the kernel's count has to be the expected one.
 */
int contents_ask(struct contents *contents, struct netlink *netlink, const atomic_bool *cancel);
/* Forgets what was found. */
void contents_again(struct contents *contents);
/* What was not found is missing. */
void contents_end(struct contents *contents);

#endif
