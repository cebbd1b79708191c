// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/hosts/slots.h"

int slots_init(struct slots *slots, uint32_t max)
{
	uint32_t size = 16;

	while (size < max && size < UINT32_C(1) << 31)
		size *= 2;
	*slots = (struct slots){.mask = size - 1, .max = max};
	slots->heads = calloc(size, sizeof(*slots->heads));
	slots->next = calloc(max, sizeof(*slots->next));
	if (slots->heads && slots->next)
		return 0;
	slots_release(slots);
	return -ENOMEM;
}

void slots_release(struct slots *slots)
{
	free(slots->heads);
	free(slots->next);
	slots->heads = slots->next = NULL;
}

uint32_t slots_first(const struct slots *slots, uint64_t hash)
{
	return slots->heads[hash & slots->mask] - 1; /* 0 - 1 is SLOT_NONE */
}

uint32_t slots_next(const struct slots *slots, uint32_t slot)
{
	return slots->next[slot] - 1;
}

uint32_t slots_add(struct slots *slots, uint64_t hash)
{
	uint32_t *head = &slots->heads[hash & slots->mask], slot;

	if (slots->free) {
		slot = slots->free - 1;
		slots->free = slots->next[slot];
	} else if (slots->fresh < slots->max) {
		slot = slots->fresh++;
	} else {
		return SLOT_NONE;
	}
	slots->next[slot] = *head;
	*head = slot + 1;
	slots->count++;
	return slot;
}

void slots_remove(struct slots *slots, uint64_t hash, uint32_t slot)
{
	uint32_t *at = &slots->heads[hash & slots->mask];

	while (*at != slot + 1)
		at = &slots->next[*at - 1];
	*at = slots->next[slot];
	slots->next[slot] = slots->free;
	slots->free = slot + 1;
	slots->count--;
}
