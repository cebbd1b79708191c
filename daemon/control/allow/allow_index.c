// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hash table of exact keys. What covers a pair has one of the few pairs of lengths that occur, so it
 * takes one look-up for each of these.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "control/allow/allow_index.h"

#define BUCKETS_FIRST 64

/* How many entries have these lengths; family 0: that side is any. */
struct shape {
	uint8_t from_family, from_length, to_family, to_length;
	bool named;
	size_t count;
};

struct allow_index {
	struct allow_node **buckets;
	size_t bucket_count; /* a power of 2 */
	size_t count, shape_count;
	struct shape *shapes;
	size_t spare; /* shapes that may come and have room already */
};

struct allow_index *allow_index_new(void)
{
	struct allow_index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	index->bucket_count = BUCKETS_FIRST;
	index->buckets = calloc(index->bucket_count, sizeof(*index->buckets));
	if (index->buckets)
		return index;
	free(index);
	return NULL;
}

void allow_index_free(struct allow_index *index)
{
	if (!index)
		return;
	free(index->buckets);
	free(index->shapes);
	free(index);
}

/* Padding is no part of a prefix. */
static void put_side(uint8_t out[18], const struct prefix *side)
{
	out[0] = side->addr.family;
	if (!side->addr.family)
		return;
	out[1] = side->length;
	memcpy(out + 2, side->addr.bytes, sizeof(side->addr.bytes));
}

/* Operators choose the entries: nobody who would want them to collide. */
static uint64_t hash_of(const struct prefix *from, const struct prefix *to)
{
	static const struct hash_key key = {0};
	uint8_t bytes[36] = {0};

	put_side(bytes, from);
	put_side(bytes + 18, to);
	return hash_bytes(&key, bytes, sizeof(bytes));
}

static struct allow_node **bucket_of(const struct allow_index *index, uint64_t hash)
{
	return &index->buckets[hash & (index->bucket_count - 1)];
}

static int grow(struct allow_index *index, size_t wanted)
{
	size_t old_count = index->bucket_count, count = old_count;
	struct allow_node **old = index->buckets;

	while (count < wanted)
		count *= 2;
	if (count == old_count)
		return 0;
	index->buckets = calloc(count, sizeof(*index->buckets));
	if (!index->buckets) {
		index->buckets = old;
		return -ENOMEM;
	}
	index->bucket_count = count;
	for (size_t i = 0; i < old_count; i++) {
		for (struct allow_node *node = old[i], *next; node; node = next) {
			struct allow_node **bucket = bucket_of(index, node->hash);

			next = node->next;
			node->next = *bucket;
			*bucket = node;
		}
	}
	free(old);
	return 0;
}

/* Every entry may have lengths of its own, but there are no more than these. */
#define SHAPES_MAX (34 * 34 + 130 * 130 + 33 + 130)

int allow_index_reserve(struct allow_index *index, size_t more)
{
	const size_t left = SHAPES_MAX - index->shape_count;
	const size_t shapes = index->shape_count + (more < left ? more : left);

	if (shapes > index->spare) {
		struct shape *all = reallocarray(index->shapes, shapes, sizeof(*all));

		if (!all)
			return -ENOMEM;
		index->shapes = all;
		index->spare = shapes;
	}
	return grow(index, index->count + more);
}

static struct shape shape_of(const struct allow_entry *entry)
{
	const struct prefix *from = &entry->from, *to = &entry->to;

	return (struct shape){
		.from_family = from->addr.family,
		.from_length = from->addr.family ? from->length : 0,
		.to_family = to->addr.family,
		.to_length = to->addr.family ? to->length : 0,
		.named = entry->to_name != NULL,
	};
}

static struct shape *find_shape(const struct allow_index *index, const struct shape *like)
{
	for (size_t i = 0; i < index->shape_count; i++) {
		struct shape *shape = &index->shapes[i];

		if (shape->from_family == like->from_family &&
		    shape->from_length == like->from_length &&
		    shape->to_family == like->to_family && shape->to_length == like->to_length &&
		    shape->named == like->named)
			return shape;
	}
	return NULL;
}

static void count_shape(struct allow_index *index, const struct allow_entry *entry)
{
	const struct shape like = shape_of(entry);
	struct shape *shape = find_shape(index, &like);

	if (!shape) {
		shape = &index->shapes[index->shape_count++];
		*shape = like;
	}
	shape->count++;
}

static void uncount_shape(struct allow_index *index, const struct allow_entry *entry)
{
	const struct shape like = shape_of(entry);
	struct shape *shape = find_shape(index, &like);

	if (--shape->count == 0)
		*shape = index->shapes[--index->shape_count];
}

void allow_index_add(struct allow_index *index, struct allow_node *node)
{
	struct allow_node **bucket;

	node->hash = hash_of(&node->entry.from, &node->entry.to);
	bucket = bucket_of(index, node->hash);
	node->next = *bucket;
	*bucket = node;
	index->count++;
	count_shape(index, &node->entry);
}

void allow_index_remove(struct allow_index *index, struct allow_node *node)
{
	struct allow_node **at = bucket_of(index, node->hash);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	index->count--;
	uncount_shape(index, &node->entry);
}

static const struct allow_node *find(const struct allow_node *node, uint64_t hash,
				     const struct prefix *from, const struct prefix *to)
{
	while (node && (node->hash != hash || !allow_side_same(&node->entry.from, from) ||
			!allow_side_same(&node->entry.to, to)))
		node = node->next;
	return node;
}

const struct allow_node *allow_index_first(const struct allow_index *index,
					   const struct prefix *from, const struct prefix *to)
{
	const uint64_t hash = hash_of(from, to);

	return find(*bucket_of(index, hash), hash, from, to);
}

const struct allow_node *allow_index_next(const struct allow_node *node)
{
	return find(node->next, node->hash, &node->entry.from, &node->entry.to);
}

/* The side of that shape that holds @side, if there can be one. */
static bool wider(const struct prefix *side, uint8_t family, uint8_t length, struct prefix *out)
{
	memset(out, 0, sizeof(*out));
	if (!family)
		return true;
	if (side->addr.family != family || length > side->length)
		return false;
	*out = prefix_of(&side->addr, length);
	return true;
}

static int each_of(const struct allow_index *index, const struct shape *shape,
		   const struct prefix *from, const struct prefix *to, allow_index_each *each,
		   void *ctx)
{
	const struct allow_node *node;
	struct prefix source, destination;
	int result = 0;

	if (!wider(from, shape->from_family, shape->from_length, &source) ||
	    !wider(to, shape->to_family, shape->to_length, &destination))
		return 0;
	node = allow_index_first(index, &source, &destination);
	for (; node && !result; node = allow_index_next(node))
		if ((node->entry.to_name != NULL) == shape->named)
			result = each(ctx, &node->entry);
	return result;
}

int allow_index_covering(const struct allow_index *index, const struct prefix *from,
			 const struct prefix *to, allow_index_each *each, void *ctx)
{
	int result = 0;

	for (size_t i = 0; i < index->shape_count && !result; i++)
		if (!index->shapes[i].named)
			result = each_of(index, &index->shapes[i], from, to, each, ctx);
	return result;
}

int allow_index_named(const struct allow_index *index, const struct prefix *from,
		      allow_index_each *each, void *ctx)
{
	const struct prefix any = {0};
	int result = 0;

	for (size_t i = 0; i < index->shape_count && !result; i++)
		if (index->shapes[i].named)
			result = each_of(index, &index->shapes[i], from, &any, each, ctx);
	return result;
}
