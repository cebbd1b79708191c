// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "slots.h"

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

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void rounds(uint64_t v[4], int count)
{
	while (count--) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t size)
{
	uint64_t v[4] = {key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
			 key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
	const uint8_t *bytes = data;

	for (size_t at = 0; at <= size; at += 8) {
		size_t left = size - at < 8 ? size - at : 8;
		uint64_t word = 0;

		for (size_t i = 0; i < left; i++)
			word |= (uint64_t)bytes[at + i] << (8 * i);
		if (left < 8)
			word |= (uint64_t)size << 56;
		v[3] ^= word;
		rounds(v, 2);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
