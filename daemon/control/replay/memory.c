// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/replay/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 1024 /* of a table; a power of two */

/* Pairs by 64 bits of a keyed hash: among a million one is mistaken once in 30 million runs. */
struct pair {
	uint64_t mark; /* 0: free; the lowest bit is always set */
	uint64_t until;
	bool talked;
};

struct memory {
	struct hash_key key;
	uint64_t remember_for;
	struct pair *pairs;
	size_t pair_size, pair_count;
	struct memory_count *counts;
	size_t count_size, count_count;
	size_t *waiting;
	size_t waiting_size, waiting_count;
};

struct memory *memory_new(struct hash_key key, uint64_t remember_for)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return NULL;
	memory->key = key;
	memory->remember_for = remember_for;
	memory->pair_size = memory->count_size = FIRST_SIZE;
	memory->pairs = calloc(FIRST_SIZE, sizeof(*memory->pairs));
	memory->counts = calloc(FIRST_SIZE, sizeof(*memory->counts));
	if (memory->pairs && memory->counts)
		return memory;
	memory_free(memory);
	return NULL;
}

void memory_free(struct memory *memory)
{
	if (!memory)
		return;
	free(memory->pairs);
	free(memory->counts);
	free(memory->waiting);
	free(memory);
}

/* As the kernel's sets know sources. */
static struct addr source_key(const struct addr *source)
{
	return source->family == FAMILY_IPV6 ? addr_mask(source, 64) : *source;
}

/* --- pairs --- */

static struct pair *pair_slot(struct pair *pairs, size_t size, uint64_t mark)
{
	size_t at = mark & (size - 1);

	while (pairs[at].mark && pairs[at].mark != mark)
		at = (at + 1) & (size - 1);
	return &pairs[at];
}

/* Without those that have ended; twice as large where they are still many. */
static void pairs_renew(struct memory *memory, uint64_t now)
{
	size_t kept = 0, size = memory->pair_size;
	struct pair *pairs;

	for (size_t i = 0; i < memory->pair_size; i++)
		kept += memory->pairs[i].mark && memory->pairs[i].until > now;
	if (kept > size / 4)
		size *= 2;
	pairs = calloc(size, sizeof(*pairs));
	if (!pairs)
		return; /* a table that is nearly full is slow, not wrong; the next one tries again */
	for (size_t i = 0; i < memory->pair_size; i++)
		if (memory->pairs[i].mark && memory->pairs[i].until > now)
			*pair_slot(pairs, size, memory->pairs[i].mark) = memory->pairs[i];
	free(memory->pairs);
	memory->pairs = pairs;
	memory->pair_size = size;
	memory->pair_count = kept;
}

static uint64_t mark_of(const struct memory *memory, const struct addr *source,
			const struct addr *destination)
{
	const struct addr key[2] = {source_key(source), *destination};

	return hash_bytes(&memory->key, key, sizeof(key)) | 1;
}

bool memory_ask(struct memory *memory, const struct addr *source, const struct addr *destination,
		uint64_t now)
{
	uint64_t mark = mark_of(memory, source, destination);
	struct pair *pair = pair_slot(memory->pairs, memory->pair_size, mark);

	if (pair->mark && pair->until > now)
		return false;
	memory->pair_count += !pair->mark;
	*pair = (struct pair){.mark = mark, .until = now + memory->remember_for};
	if (memory->pair_count > memory->pair_size / 2)
		pairs_renew(memory, now);
	return true;
}

bool memory_answer(struct memory *memory, const struct addr *source, const struct addr *destination)
{
	struct pair *pair =
		pair_slot(memory->pairs, memory->pair_size, mark_of(memory, source, destination));
	bool first = pair->mark && !pair->talked;

	pair->talked |= first;
	return first;
}

/* --- counts --- */

static struct memory_count *count_slot(const struct memory *memory, struct memory_count *counts,
				       size_t size, const struct addr *key)
{
	size_t at = hash_bytes(&memory->key, key, sizeof(*key)) & (size - 1);

	while (counts[at].used && !addr_equal(&counts[at].source, key))
		at = (at + 1) & (size - 1);
	return &counts[at];
}

static int counts_grow(struct memory *memory)
{
	size_t size = 2 * memory->count_size;
	struct memory_count *counts = calloc(size, sizeof(*counts));

	if (!counts)
		return -ENOMEM;
	memory->waiting_count = 0;
	for (size_t i = 0; i < memory->count_size; i++) {
		struct memory_count *to;

		if (!memory->counts[i].used)
			continue;
		to = count_slot(memory, counts, size, &memory->counts[i].source);
		*to = memory->counts[i];
		if (to->waiting)
			memory->waiting[memory->waiting_count++] = (size_t)(to - counts);
	}
	free(memory->counts);
	memory->counts = counts;
	memory->count_size = size;
	return 0;
}

struct memory_count *memory_counted(struct memory *memory, const struct addr *source)
{
	const struct addr key = source_key(source);
	struct memory_count *count = count_slot(memory, memory->counts, memory->count_size, &key);

	return count->used ? count : NULL;
}

struct memory_count *memory_count(struct memory *memory, const struct addr *source)
{
	const struct addr key = source_key(source);
	struct memory_count *count = memory_counted(memory, source);

	if (count)
		return count;
	if (memory->count_count >= memory->count_size / 2 && counts_grow(memory))
		return NULL;
	count = count_slot(memory, memory->counts, memory->count_size, &key);
	*count = (struct memory_count){.source = key, .used = true};
	memory->count_count++;
	return count;
}

int memory_wait(struct memory *memory, struct memory_count *count)
{
	if (count->waiting)
		return 0;
	if (memory->waiting_count == memory->waiting_size) {
		size_t size = memory->waiting_size ? 2 * memory->waiting_size : FIRST_SIZE;
		size_t *waiting = reallocarray(memory->waiting, size, sizeof(*waiting));

		if (!waiting)
			return -ENOMEM;
		memory->waiting = waiting;
		memory->waiting_size = size;
	}
	count->waiting = true;
	memory->waiting[memory->waiting_count++] = (size_t)(count - memory->counts);
	return 0;
}

bool memory_read(struct memory *memory, struct memory_count *out)
{
	struct memory_count *count;

	if (!memory->waiting_count)
		return false;
	count = &memory->counts[memory->waiting[--memory->waiting_count]];
	*out = *count;
	count->waiting = false;
	count->refused = count->passed = count->submissions = 0;
	return true;
}
