// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/contact_list.h"

#include <string.h>

#include "control/hosts/steps.h"

#define ANSWERED 0x8000u /* in first */

#define LOW 16 /* bits of a mark that are kept apart */

static uint64_t mark_at(const struct contact_list *list, unsigned i)
{
	return (uint64_t)list->mark[i] << LOW | list->low[i];
}

/* The place of a mark, or where it belongs. */
static unsigned place(const struct contact_list *list, uint64_t mark)
{
	unsigned from = 0, to = list->count;

	while (from < to) {
		unsigned middle = (from + to) / 2;

		if (mark_at(list, middle) < mark)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_at(const struct contact_list *list, unsigned i, uint64_t mark)
{
	return i < list->count && mark_at(list, i) == mark;
}

static void put(struct contact_list *list, unsigned i, uint64_t mark, uint16_t now)
{
	list->mark[i] = (uint32_t)(mark >> LOW);
	list->low[i] = (uint16_t)mark;
	list->first[i] = list->last[i] = now;
}

static bool is_answered(const struct contact_list *list, unsigned i)
{
	return list->first[i] & ANSWERED;
}

/* What was first met long ago stays so, and so does that it was met again, though times begin anew. */
static uint16_t aged(uint16_t first, uint32_t now)
{
	return step_within(first, now, 2 * CONTACTS_KEEP) ?
		       first :
		       step_of(now - CONTACTS_KEEP - 2 * CONTACTS_RETURN) | (first & ANSWERED);
}

void contact_list_expire(struct contact_list *list, uint32_t now)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list->count; i++) {
		if (!step_within(list->last[i], now, CONTACTS_KEEP))
			continue;
		list->mark[kept] = list->mark[i];
		list->low[kept] = list->low[i];
		list->first[kept] = aged(list->first[i], now);
		list->last[kept++] = list->last[i];
	}
	list->count = (uint8_t)kept;
}

/* Makes a place at @i. */
static void part(struct contact_list *list, unsigned i)
{
	const unsigned behind = list->count - i;

	memmove(&list->mark[i + 1], &list->mark[i], behind * sizeof(list->mark[0]));
	memmove(&list->low[i + 1], &list->low[i], behind * sizeof(list->low[0]));
	memmove(&list->first[i + 1], &list->first[i], behind * sizeof(list->first[0]));
	memmove(&list->last[i + 1], &list->last[i], behind * sizeof(list->last[0]));
	list->count++;
}

/* One that is not among them; false: they are too many. */
static bool add(struct contact_list *list, uint64_t mark, uint32_t now)
{
	unsigned i;

	if (list->count == CONTACT_LIST_MAX)
		contact_list_expire(list, now);
	if (list->count == CONTACT_LIST_MAX)
		return false;
	i = place(list, mark);
	part(list, i);
	put(list, i, mark, step_of(now));
	return true;
}

int contact_list_meet(struct contact_list *list, uint64_t mark, uint32_t now)
{
	unsigned i = place(list, mark);

	if (!is_at(list, i, mark))
		return add(list, mark, now) ? 1 : -1;
	if (!step_within(list->last[i], now, CONTACTS_KEEP)) {
		put(list, i, mark, step_of(now));
		return 1;
	}
	list->last[i] = step_of(now);
	return 0;
}

unsigned contact_list_answer(struct contact_list *list, uint64_t mark)
{
	unsigned i = place(list, mark);

	if (!is_at(list, i, mark) || is_answered(list, i))
		return 0;
	list->first[i] |= ANSWERED;
	return 1;
}

void contact_list_count(const struct contact_list *list, uint32_t now,
			struct contact_counts *counts, size_t windows)
{
	for (unsigned i = 0; i < list->count; i++) {
		const uint32_t age = step_age(list->last[i], now);
		const bool answered = is_answered(list, i);

		for (struct contact_counts *to = counts; to < counts + windows; to++) {
			to->servers += age < to->seconds;
			to->answered += answered && age < to->seconds;
		}
	}
}

struct contact_returns contact_list_returns(const struct contact_list *list, uint32_t now,
					    uint32_t age)
{
	struct contact_returns returns = {0};

	for (unsigned i = 0; i < list->count; i++) {
		const uint32_t first = step_age(list->first[i], now);
		const uint32_t last = step_age(list->last[i], now);

		if (is_answered(list, i) || last >= CONTACTS_KEEP || first < age)
			continue;
		returns.mature++;
		returns.returned += first - last >= CONTACTS_RETURN;
	}
	return returns;
}

void contact_list_networks(const struct contact_list *list, uint32_t now,
			   struct network_list *networks, uint32_t marks[NETWORKS_LISTED])
{
	struct network *network = NULL;
	uint32_t mark = 0;

	networks->count = 0;
	networks->weight = 1;
	for (unsigned i = 0; i < list->count; i++) {
		const uint32_t first = step_age(list->first[i], now);
		const uint32_t last = step_age(list->last[i], now);

		if (last >= CONTACTS_KEEP)
			continue;
		if (!network || list->mark[i] >> (CONTACT_LOW_BITS - LOW) != mark) {
			mark = list->mark[i] >> (CONTACT_LOW_BITS - LOW);
			marks[networks->count] = mark;
			network = &networks->of[networks->count++];
			*network = (struct network){.quiet = last};
		}
		network->age = first > network->age ? first : network->age;
		network->quiet = last < network->quiet ? last : network->quiet;
		network->answered |= is_answered(list, i);
		network->returned = network->age >= network->quiet + NETWORKS_RETURN;
	}
}

uint64_t contact_list_get(const struct contact_list *list, unsigned i, uint32_t now,
			  uint32_t *quiet, bool *answered)
{
	*quiet = step_age(list->last[i], now);
	*answered = is_answered(list, i);
	return mark_at(list, i);
}
