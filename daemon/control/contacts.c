// SPDX-License-Identifier: GPL-2.0-or-later
#include "contacts.h"

#include <math.h>
#include <string.h>

#include "steps.h"

#define ANSWERED 0x8000u /* a bit of a cell; the others are its time, by steps.h */

#define FLAG_ANSWERED 1u
#define FLAG_RETURNED 2u

static uint32_t mark_of(struct contact_hash hash)
{
	return (uint32_t)(hash.address >> 32);
}

static uint16_t *cell_of(struct contacts *contacts, uint32_t mark)
{
	return &contacts->cells[(uint64_t)mark * CONTACTS_CELLS >> 32];
}

/* --- few: each by itself --- */

static int exact_find(const struct contacts *contacts, uint32_t mark)
{
	for (int i = 0; i < contacts->count; i++)
		if (contacts->exact.mark[i] == mark)
			return i;
	return -1;
}

static void exact_put(struct contacts *contacts, unsigned i, uint32_t mark, uint16_t now)
{
	contacts->exact.mark[i] = mark;
	contacts->exact.first[i] = contacts->exact.last[i] = now;
	contacts->exact.flags[i] = 0;
}

/* What was first met long ago stays so, though times begin anew. */
static uint16_t aged(uint16_t first, uint32_t now)
{
	return step_within(first, now, 2 * CONTACTS_KEEP) ? first : step_of(now - CONTACTS_KEEP);
}

static void exact_expire(struct contacts *contacts, uint32_t now)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < contacts->count; i++) {
		if (!step_within(contacts->exact.last[i], now, CONTACTS_KEEP))
			continue;
		contacts->exact.mark[kept] = contacts->exact.mark[i];
		contacts->exact.first[kept] = aged(contacts->exact.first[i], now);
		contacts->exact.last[kept] = contacts->exact.last[i];
		contacts->exact.flags[kept++] = contacts->exact.flags[i];
	}
	contacts->count = (uint16_t)kept;
}

static void become_sketch(struct contacts *contacts, uint32_t now)
{
	struct contacts old = *contacts;

	memset(contacts->cells, 0, sizeof(contacts->cells));
	for (unsigned i = 0; i < old.count; i++) {
		uint16_t *cell = cell_of(contacts, old.exact.mark[i]);
		uint16_t answered = old.exact.flags[i] & FLAG_ANSWERED ? ANSWERED : 0;

		/* entries are not in the order of time */
		if (!(*cell & STEPS_MAX) || step_age(*cell, now) > step_age(old.exact.last[i], now))
			*cell = old.exact.last[i] | (*cell & ANSWERED);
		*cell |= answered;
	}
	contacts->count = 0;
	contacts->sketched = true;
}

/* The entry of a destination that is met now for the first time in a day; -1: too many of them. */
static int exact_new(struct contacts *contacts, uint32_t mark, uint32_t now)
{
	if (contacts->count == CONTACTS_EXACT)
		exact_expire(contacts, now);
	if (contacts->count == CONTACTS_EXACT)
		return -1;
	exact_put(contacts, contacts->count, mark, step_of(now));
	return contacts->count++;
}

static unsigned exact_meet(struct contacts *contacts, int i, uint32_t mark, uint32_t now)
{
	if (!step_within(contacts->exact.last[i], now, CONTACTS_KEEP)) {
		exact_put(contacts, (unsigned)i, mark, step_of(now));
		return 1;
	}
	contacts->exact.last[i] = step_of(now);
	if (step_age(contacts->exact.first[i], now) >= CONTACTS_RETURN)
		contacts->exact.flags[i] |= FLAG_RETURNED;
	return 0;
}

/* --- many: the sketch --- */

static unsigned used_cells(const uint16_t *cells, unsigned count, uint32_t now, uint32_t seconds,
			   uint16_t flag)
{
	unsigned used = 0;

	for (unsigned i = 0; i < count; i++)
		used += step_within(cells[i], now, seconds) && (cells[i] & flag) == flag;
	return used;
}

static unsigned linear_count(unsigned cells, unsigned used)
{
	double empty = used < cells ? cells - used : 1;

	return (unsigned)lround(cells * log(cells / empty));
}

/* What a cell that was empty stands for, in whole destinations; the rest is kept in *part. */
static unsigned weigh(unsigned used, float *part)
{
	float weight = (float)CONTACTS_CELLS / (float)(CONTACTS_CELLS - used) + *part;
	unsigned whole = (unsigned)weight;

	*part = weight - (float)whole;
	return whole;
}

static unsigned sketch_meet(struct contacts *contacts, uint32_t mark, uint32_t now)
{
	uint16_t *cell = cell_of(contacts, mark);
	unsigned more = 0;

	if (!step_within(*cell, now, CONTACTS_KEEP)) {
		more = weigh(used_cells(contacts->cells, CONTACTS_CELLS, now, CONTACTS_KEEP, 0),
			     &contacts->part);
		*cell = 0;
	}
	*cell = step_of(now) | (*cell & ANSWERED);
	return more;
}

static unsigned sketch_answer(struct contacts *contacts, uint32_t mark, uint32_t now)
{
	uint16_t *cell = cell_of(contacts, mark);
	unsigned more = 0;

	if (!(*cell & ANSWERED) || !step_within(*cell, now, CONTACTS_KEEP))
		more = weigh(used_cells(contacts->cells, CONTACTS_CELLS, now, CONTACTS_KEEP,
					ANSWERED),
			     &contacts->part_answered);
	*cell = step_of(now) | ANSWERED;
	return more;
}

/* --- the sample --- */

static struct contact *sample_find(struct contacts *contacts, const struct addr *addr)
{
	for (unsigned i = 0; i < contacts->samples; i++)
		if (addr_equal(&contacts->sample[i].addr, addr))
			return &contacts->sample[i];
	return NULL;
}

/* Room for one more: those met early stay until they were not met for a day. */
static struct contact *sample_room(struct contacts *contacts, uint32_t now)
{
	if (contacts->samples < CONTACTS_SAMPLE)
		return &contacts->sample[contacts->samples++];
	for (unsigned i = 0; i < CONTACTS_SAMPLE; i++)
		if (now - contacts->sample[i].last >= CONTACTS_KEEP)
			return &contacts->sample[i];
	return NULL;
}

static void sample_meet(struct contacts *contacts, const struct addr *addr, uint16_t port,
			uint32_t now)
{
	struct contact *contact = sample_find(contacts, addr);

	if (contact && now - contact->last < CONTACTS_KEEP) {
		contact->last = now;
		contact->tries += contact->tries < UINT16_MAX;
		return;
	}
	if (!contact)
		contact = sample_room(contacts, now);
	if (contact)
		*contact = (struct contact){
			.addr = *addr, .port = port, .tries = 1, .first = now, .last = now};
}

/* --- the whole --- */

unsigned contacts_meet(struct contacts *contacts, const struct addr *addr, uint16_t port,
		       struct contact_hash hash, uint32_t now)
{
	uint32_t mark = mark_of(hash);

	networks_meet(&contacts->networks, hash.network, now);
	sample_meet(contacts, addr, port, now);
	if (!contacts->sketched) {
		int i = exact_find(contacts, mark);

		if (i >= 0)
			return exact_meet(contacts, i, mark, now);
		if (exact_new(contacts, mark, now) >= 0)
			return 1;
		become_sketch(contacts, now);
	}
	return sketch_meet(contacts, mark, now);
}

unsigned contacts_answer(struct contacts *contacts, const struct addr *addr,
			 struct contact_hash hash, uint32_t now)
{
	struct contact *contact = sample_find(contacts, addr);
	uint32_t mark = mark_of(hash);
	int i;

	networks_answer(&contacts->networks, hash.network, now);
	if (contact)
		contact->answered = true;
	if (contacts->sketched)
		return sketch_answer(contacts, mark, now);
	i = exact_find(contacts, mark);
	if (i < 0 || contacts->exact.flags[i] & FLAG_ANSWERED)
		return 0;
	contacts->exact.flags[i] |= FLAG_ANSWERED;
	return 1;
}

static unsigned count_servers(const struct contacts *contacts, uint32_t now, uint32_t seconds,
			      bool answered)
{
	unsigned count = 0;

	if (contacts->sketched)
		return linear_count(CONTACTS_CELLS, used_cells(contacts->cells, CONTACTS_CELLS, now,
							       seconds, answered ? ANSWERED : 0));
	for (unsigned i = 0; i < contacts->count; i++)
		count += step_within(contacts->exact.last[i], now, seconds) &&
			 (!answered || contacts->exact.flags[i] & FLAG_ANSWERED);
	return count;
}

unsigned contacts_servers(const struct contacts *contacts, uint32_t now, uint32_t seconds)
{
	return count_servers(contacts, now, seconds, false);
}

unsigned contacts_answered(const struct contacts *contacts, uint32_t now, uint32_t seconds)
{
	return count_servers(contacts, now, seconds, true);
}

static struct contact_returns sample_returns(const struct contacts *contacts, uint32_t now,
					     uint32_t age)
{
	struct contact_returns returns = {0};

	for (unsigned i = 0; i < contacts->samples; i++) {
		const struct contact *contact = &contacts->sample[i];

		if (contact->answered || now - contact->first < age ||
		    now - contact->last >= CONTACTS_KEEP)
			continue;
		returns.mature++;
		returns.returned += contact->last - contact->first >= CONTACTS_RETURN;
	}
	return returns;
}

struct contact_returns contacts_returns(const struct contacts *contacts, uint32_t now, uint32_t age)
{
	struct contact_returns returns = {0};

	if (contacts->sketched)
		return sample_returns(contacts, now, age);
	for (unsigned i = 0; i < contacts->count; i++) {
		if (contacts->exact.flags[i] & FLAG_ANSWERED ||
		    !step_within(contacts->exact.last[i], now, CONTACTS_KEEP) ||
		    step_age(contacts->exact.first[i], now) < age)
			continue;
		returns.mature++;
		returns.returned += (contacts->exact.flags[i] & FLAG_RETURNED) != 0;
	}
	return returns;
}

static unsigned cells_expire(uint16_t *cells, unsigned count, uint32_t now)
{
	unsigned left = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!step_within(cells[i], now, CONTACTS_KEEP))
			cells[i] = 0;
		left += cells[i] != 0;
	}
	return left;
}

void contacts_expire(struct contacts *contacts, uint32_t now)
{
	networks_expire(&contacts->networks, now);
	if (!contacts->sketched)
		exact_expire(contacts, now);
	else if (!cells_expire(contacts->cells, CONTACTS_CELLS, now))
		contacts->sketched = false;
}
