/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our bits of the packet mark: how a question travels to user space and its answer back.
 *
 *     action:2 | epoch:2 | policy:4     (eight adjacent bits, action highest; by default 0xff000000)
 *
 * A packet that is not being judged has 0 in all of them.
 */
#ifndef EDGE25_MARK_H
#define EDGE25_MARK_H

#include <stdbool.h>
#include <stdint.h>

#define MARK_MASK_DEFAULT 0xff000000u
#define MARK_BITS 8
#define MARK_POLICIES 16 /* policy:4 */
#define MARK_EPOCHS 4    /* epoch:2 */

enum mark_action { MARK_NONE = 0, MARK_QUESTION = 1, MARK_PASS = 2, MARK_REFUSE = 3 };

/* With MARK_NONE, in the place of the epoch: a packet that is no question of its policy's. */
enum mark_aside {
	MARK_UNTRUE = 1,   /* from a source that no route leads back to */
	MARK_HEADLESS = 2, /* an IPv6 first fragment without ports; only among the rules */
	MARK_TUNNEL = 3,   /* IP in IP, GRE; only among the rules */
};

struct mark {
	enum mark_action action;
	unsigned epoch;  /* 0..MARK_EPOCHS-1, or enum mark_aside */
	unsigned policy; /* 0..MARK_POLICIES-1 */
};

/* True for eight adjacent bits; every @mask below must be one of these. */
bool mark_mask_valid(uint32_t mask);
struct mark mark_decode(uint32_t value, uint32_t mask);
/* Only our bits; the caller keeps the others. */
uint32_t mark_encode(struct mark mark, uint32_t mask);
/* The parts of our bits: (mask of) action, epoch, policy, within @mask. */
uint32_t mark_action_mask(uint32_t mask);
uint32_t mark_epoch_mask(uint32_t mask);
uint32_t mark_policy_mask(uint32_t mask);

#endif
