/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allow_flatten(). Rules for a source or a destination are prefixes on a line and are swept. Rules
 * for pairs are boxes in a plane: each adds what no rule covers that ends later.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "allow.h"
#include "box.h"
#include "sweep.h"

/* Never is the latest end of all. */
static uint64_t expiry_rank(uint64_t expires)
{
	return expires ? expires : UINT64_MAX;
}

static uint64_t rank_expiry(uint64_t rank)
{
	return rank == UINT64_MAX ? 0 : rank;
}

/* A growing array whose length is bounded by ALLOW_ELEMENTS_MAX. */
struct list {
	void *items;
	size_t size; /* of one item */
	size_t count;
	size_t room;
};

static int list_push(struct list *list, const void *item)
{
	if (list->count == ALLOW_ELEMENTS_MAX)
		return -E2BIG;
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		void *items = reallocarray(list->items, room, list->size);

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	memcpy((char *)list->items + list->count++ * list->size, item, list->size);
	return 0;
}

/* What the flattening of prefixes works on and adds to. */
struct flattening {
	enum allow_kind kind;
	uint8_t way;
	struct list elements; /* struct allow_element */
	struct list pieces;   /* struct box: what is left of the rule at hand */
};

/* A prefix rule. An end that was not given is a prefix without family, the same for all. */
struct area {
	struct prefix from, to;
	uint32_t id;
	uint64_t rank;
};

static int compare_areas(const void *a, const void *b)
{
	const struct area *left = a, *right = b;
	int order = sweep_order(&left->from, &right->from);

	if (!order)
		order = sweep_order(&left->to, &right->to);
	if (!order)
		order = (left->rank < right->rank) - (left->rank > right->rank);
	if (!order)
		order = (left->id > right->id) - (left->id < right->id);
	return order;
}

/* Sorts; of equal areas the one that ends last stays. Returns how many are left. */
static size_t sort_areas(struct area *areas, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(areas, count, sizeof(*areas), compare_areas);
	for (size_t i = 1; i < count; i++)
		if (!prefix_equal(&areas[i].from, &areas[kept].from) ||
		    !prefix_equal(&areas[i].to, &areas[kept].to))
			areas[++kept] = areas[i];
	return kept + 1;
}

static void set_end(uint8_t first[16], uint8_t last[16], const struct addr *low,
		    const struct addr *high)
{
	memcpy(first, low->bytes, sizeof(low->bytes));
	memcpy(last, high->bytes, sizeof(high->bytes));
}

static int put_span(void *context, const struct sweep_span *span)
{
	struct flattening *work = context;
	struct allow_element element = {
		.kind = (uint8_t)work->kind,
		.way = work->way,
		.family = span->first.family,
		.id = span->id,
		.expires = rank_expiry(span->value),
	};

	if (work->kind == ALLOW_SOURCE)
		set_end(element.from_first, element.from_last, &span->first, &span->last);
	else
		set_end(element.to_first, element.to_last, &span->first, &span->last);
	return list_push(&work->elements, &element);
}

static int flatten_line(struct flattening *work, const struct area *areas, size_t count)
{
	struct sweep sweep;
	int err = 0;

	sweep_start(&sweep, SWEEP_HIGHEST, put_span, work);
	for (size_t i = 0; i < count && !err; i++)
		err = sweep_add(&sweep, work->kind == ALLOW_SOURCE ? &areas[i].from : &areas[i].to,
				areas[i].rank, areas[i].id);
	return err ? err : sweep_end(&sweep);
}

static struct box area_box(const struct area *area)
{
	return (struct box){
		.from_first = area->from.addr,
		.from_last = prefix_last(&area->from),
		.to_first = area->to.addr,
		.to_last = prefix_last(&area->to),
	};
}

/* Holes that come in order of their first source, or of their first destination. */
struct run {
	bool by_source;
	size_t done; /* so many pieces, the first ones, lie before all holes still to come */
};

static bool is_before(const struct box *piece, const struct box *hole, bool by_source)
{
	if (by_source)
		return addr_compare(&piece->from_last, &hole->from_first) < 0;
	return addr_compare(&piece->to_last, &hole->to_first) < 0;
}

/* Cuts @hole from all pieces; what is cut off of one does not touch the hole again. */
static int cut_pieces(struct list *pieces, const struct box *hole, struct run *run)
{
	size_t i = run->done;
	int err = 0;

	while (i < pieces->count && !err) {
		struct box *boxes = pieces->items;
		struct box piece = boxes[i], rest[BOX_PIECES_MAX];
		unsigned count;

		if (is_before(&piece, hole, run->by_source)) {
			boxes[i++] = boxes[run->done];
			boxes[run->done++] = piece;
			continue;
		}
		if (!box_overlaps(&piece, hole)) {
			i++;
			continue;
		}
		count = box_cut(&piece, hole, rest);
		boxes[i] = boxes[--pieces->count];
		for (unsigned j = 0; j < count && !err; j++)
			err = list_push(pieces, &rest[j]);
	}
	return err;
}

/* The first area at or after @from in order. */
static size_t find_area(const struct area *areas, size_t count, const struct prefix *from)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sweep_order(&areas[middle].from, from) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Does area @hole outlast area @own (of equal ones: the earlier does)? */
static bool outlasts(const struct area *areas, size_t hole, size_t own)
{
	if (areas[hole].rank != areas[own].rank)
		return areas[hole].rank > areas[own].rank;
	return hole < own;
}

/* Cuts areas @start to @end from the pieces of area @own where they outlast it. */
static int cut_run(struct list *pieces, const struct area *areas, size_t start, size_t end,
		   size_t own, bool by_source)
{
	struct run run = {.by_source = by_source};
	int err = 0;

	for (size_t i = start; i < end && !err; i++) {
		struct box hole;

		if (!outlasts(areas, i, own))
			continue;
		hole = area_box(&areas[i]);
		err = cut_pieces(pieces, &hole, &run);
	}
	return err;
}

/* Where the areas from @start on end whose source is @from. */
static size_t group_end(const struct area *areas, size_t count, size_t start,
			const struct prefix *from)
{
	while (start < count && prefix_equal(&areas[start].from, from))
		start++;
	return start;
}

/* Where the areas from @start on end whose source lies in @from. */
static size_t inside_end(const struct area *areas, size_t count, size_t start,
			 const struct prefix *from)
{
	while (start < count && prefix_covers(from, &areas[start].from))
		start++;
	return start;
}

/*
 * Leaves in @pieces what of area @own no other one covers that outlasts it. Those that can touch it
 * have a source that is its own or wider, one group for each length, or narrower, all in a row.
 */
static int cut_area(struct list *pieces, const struct area *areas, size_t count, size_t own)
{
	const struct prefix *from = &areas[own].from;
	struct box whole = area_box(&areas[own]);
	size_t end = 0;
	int err;

	pieces->count = 0;
	err = list_push(pieces, &whole);
	for (unsigned length = 0; length <= from->length && !err; length++) {
		struct prefix wider = prefix_of(&from->addr, length);
		size_t start = find_area(areas, count, &wider);

		end = group_end(areas, count, start, &wider);
		err = cut_run(pieces, areas, start, end, own, false);
	}
	if (err)
		return err;
	return cut_run(pieces, areas, end, inside_end(areas, count, end, from), own, true);
}

static int flatten_plane(struct flattening *work, const struct area *areas, size_t count)
{
	int err = 0;

	for (size_t own = 0; own < count && !err; own++) {
		const struct box *boxes;

		err = cut_area(&work->pieces, areas, count, own);
		boxes = work->pieces.items;
		for (size_t i = 0; i < work->pieces.count && !err; i++) {
			struct allow_element element = {
				.kind = ALLOW_PAIR,
				.way = work->way,
				.family = boxes[i].from_first.family,
				.id = areas[own].id,
				.expires = rank_expiry(areas[own].rank),
			};

			set_end(element.from_first, element.from_last, &boxes[i].from_first,
				&boxes[i].from_last);
			set_end(element.to_first, element.to_last, &boxes[i].to_first,
				&boxes[i].to_last);
			err = list_push(&work->elements, &element);
		}
	}
	return err;
}

/* The prefix rules of one kind and way; @areas has room for all rules. */
static int flatten_kind(struct flattening *work, const struct allow_rule *rules, size_t count,
			struct area *areas)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if (!allow_rule_exact(&rules[i]) && allow_rule_kind(&rules[i]) == work->kind &&
		    rules[i].way == work->way)
			areas[used++] = (struct area){.from = rules[i].from,
						      .to = rules[i].to,
						      .id = rules[i].id,
						      .rank = expiry_rank(rules[i].expires)};
	used = sort_areas(areas, used);
	if (work->kind == ALLOW_PAIR)
		return flatten_plane(work, areas, used);
	return flatten_line(work, areas, used);
}

static int put_exact(struct flattening *work, const struct allow_rule *rules, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		struct allow_element element;

		if (!allow_rule_valid(&rules[i]))
			return -EINVAL;
		if (!allow_rule_exact(&rules[i]))
			continue;
		element = allow_rule_element(&rules[i]);
		err = list_push(&work->elements, &element);
	}
	return err;
}

/* Of equal elements the one that ends last comes first. */
static int compare_elements(const void *a, const void *b)
{
	const struct allow_element *left = a, *right = b;
	uint64_t left_rank = expiry_rank(left->expires), right_rank = expiry_rank(right->expires);
	int order = allow_element_compare(left, right);

	if (!order)
		order = (left_rank < right_rank) - (left_rank > right_rank);
	return order ? order : (left->id > right->id) - (left->id < right->id);
}

static void sort_elements(struct list *list)
{
	struct allow_element *elements = list->items;
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(elements, list->count, sizeof(*elements), compare_elements);
	for (size_t i = 1; i < list->count; i++)
		if (allow_element_compare(&elements[i], &elements[kept]) != 0)
			elements[++kept] = elements[i];
	list->count = kept + 1;
}

int allow_flatten(const struct allow_rule *rules, size_t count, struct allow_element **out,
		  size_t *out_count)
{
	struct flattening work = {
		.elements = {.size = sizeof(struct allow_element)},
		.pieces = {.size = sizeof(struct box)},
	};
	struct area *areas = NULL;
	int err = 0;

	*out = NULL;
	*out_count = 0;
	if (count == 0)
		return 0;
	areas = calloc(count, sizeof(*areas));
	if (!areas)
		return -ENOMEM;
	err = put_exact(&work, rules, count);
	for (work.way = ALLOW_FREE; work.way <= ALLOW_ALWAYS; work.way++)
		for (work.kind = ALLOW_SOURCE; work.kind <= ALLOW_PAIR && !err; work.kind++)
			err = flatten_kind(&work, rules, count, areas);
	if (!err) {
		sort_elements(&work.elements);
		*out = work.elements.items;
		*out_count = work.elements.count;
		work.elements.items = NULL;
	}
	free(work.elements.items);
	free(work.pieces.items);
	free(areas);
	return err;
}
