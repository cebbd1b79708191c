/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark.h"

#define POLICY_BITS 4
#define EPOCH_BITS 2
#define ACTION_BITS 2

_Static_assert(ACTION_BITS + EPOCH_BITS + POLICY_BITS == MARK_BITS, "eight bits in all");
_Static_assert(1 << POLICY_BITS == MARK_POLICIES, "a policy number fits");
_Static_assert(1 << EPOCH_BITS == MARK_EPOCHS, "an epoch fits");

#define POLICY_MASK (MARK_POLICIES - 1u)
#define EPOCH_MASK (MARK_EPOCHS - 1u)
#define ACTION_MASK ((1u << ACTION_BITS) - 1)

#define EPOCH_SHIFT POLICY_BITS
#define ACTION_SHIFT (POLICY_BITS + EPOCH_BITS)

/* The lowest bit of the mask, which is also the factor that moves our eight bits into place. */
static uint32_t unit(uint32_t mask)
{
	return mask & (~mask + 1);
}

bool mark_mask_valid(uint32_t mask)
{
	return mask && mask / unit(mask) == (1u << MARK_BITS) - 1;
}

struct mark mark_decode(uint32_t value, uint32_t mask)
{
	uint32_t bits = (value & mask) / unit(mask);

	return (struct mark){
		.action = (enum mark_action)(bits >> ACTION_SHIFT & ACTION_MASK),
		.epoch = bits >> EPOCH_SHIFT & EPOCH_MASK,
		.policy = bits & POLICY_MASK,
	};
}

uint32_t mark_encode(struct mark mark, uint32_t mask)
{
	uint32_t bits = ((uint32_t)mark.action & ACTION_MASK) << ACTION_SHIFT |
			(mark.epoch & EPOCH_MASK) << EPOCH_SHIFT | (mark.policy & POLICY_MASK);

	return bits * unit(mask);
}

uint32_t mark_action_mask(uint32_t mask)
{
	return (ACTION_MASK << ACTION_SHIFT) * unit(mask);
}

uint32_t mark_epoch_mask(uint32_t mask)
{
	return (EPOCH_MASK << EPOCH_SHIFT) * unit(mask);
}

uint32_t mark_policy_mask(uint32_t mask)
{
	return POLICY_MASK * unit(mask);
}
