// SPDX-License-Identifier: GPL-2.0-or-later
#include "networks.h"

#include "steps.h"

#define FLAG_ANSWERED 1u
#define FLAG_RETURNED 2u
#define LEVEL_MAX 31

static uint32_t mark_of(uint64_t hash)
{
	return (uint32_t)hash;
}

static bool is_sampled(const struct networks *networks, uint32_t mark)
{
	return !(mark & ((UINT32_C(1) << networks->level) - 1));
}

static int find(const struct networks *networks, uint32_t mark)
{
	for (int i = 0; i < networks->count; i++)
		if (networks->mark[i] == mark)
			return i;
	return -1;
}

static void copy(struct networks *networks, unsigned to, unsigned from)
{
	networks->mark[to] = networks->mark[from];
	networks->first[to] = networks->first[from];
	networks->last[to] = networks->last[from];
	networks->flags[to] = networks->flags[from];
}

/* What was first met long ago stays so, though times begin anew. */
static uint16_t aged(uint16_t first, uint32_t now)
{
	return step_within(first, now, 2 * NETWORKS_DAY) ? first : step_of(now - NETWORKS_DAY);
}

void networks_expire(struct networks *networks, uint32_t now)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < networks->count; i++) {
		if (!step_within(networks->last[i], now, NETWORKS_DAY))
			continue;
		copy(networks, kept, i);
		networks->first[kept] = aged(networks->first[kept], now);
		kept++;
	}
	networks->count = (uint8_t)kept;
	if (!kept)
		networks->level = 0;
}

/* Half of them go, on average. */
static void thin(struct networks *networks)
{
	unsigned kept = 0;

	networks->level++;
	for (unsigned i = 0; i < networks->count; i++)
		if (is_sampled(networks, networks->mark[i]))
			copy(networks, kept++, i);
	networks->count = (uint8_t)kept;
}

static void put(struct networks *networks, unsigned i, uint32_t mark, uint32_t now)
{
	networks->mark[i] = mark;
	networks->first[i] = networks->last[i] = step_of(now);
	networks->flags[i] = 0;
}

void networks_meet(struct networks *networks, uint64_t hash, uint32_t now)
{
	uint32_t mark = mark_of(hash);
	int i = find(networks, mark);

	if (i >= 0) {
		if (!step_within(networks->last[i], now, NETWORKS_DAY)) {
			put(networks, (unsigned)i, mark, now);
			return;
		}
		networks->last[i] = step_of(now);
		if (step_age(networks->first[i], now) >= NETWORKS_RETURN)
			networks->flags[i] |= FLAG_RETURNED;
		return;
	}
	if (networks->count == NETWORKS_KEPT && is_sampled(networks, mark))
		networks_expire(networks, now);
	while (networks->count == NETWORKS_KEPT && is_sampled(networks, mark) &&
	       networks->level < LEVEL_MAX)
		thin(networks);
	if (is_sampled(networks, mark) && networks->count < NETWORKS_KEPT)
		put(networks, networks->count++, mark, now);
}

void networks_answer(struct networks *networks, uint64_t hash, uint32_t now)
{
	int i = find(networks, mark_of(hash));

	if (i >= 0 && step_within(networks->last[i], now, NETWORKS_DAY))
		networks->flags[i] |= FLAG_ANSWERED;
}

static bool is_meant(const struct networks *networks, unsigned i, enum networks_which which,
		     uint32_t now, uint32_t seconds)
{
	bool answered = networks->flags[i] & FLAG_ANSWERED;

	return step_within(networks->last[i], now, seconds) &&
	       (which == NETWORKS_ALL || answered == (which == NETWORKS_ANSWERED));
}

unsigned networks_met(const struct networks *networks, enum networks_which which, uint32_t now,
		      uint32_t seconds)
{
	unsigned count = 0;

	for (unsigned i = 0; i < networks->count; i++)
		count += is_meant(networks, i, which, now, seconds);
	return count * networks_weight(networks);
}

bool networks_get(const struct networks *networks, unsigned index, uint32_t now,
		  struct network *network)
{
	*network = (struct network){
		.age = step_age(networks->first[index], now),
		.answered = networks->flags[index] & FLAG_ANSWERED,
		.returned = networks->flags[index] & FLAG_RETURNED,
	};
	return step_within(networks->last[index], now, NETWORKS_DAY);
}

unsigned networks_weight(const struct networks *networks)
{
	return 1u << networks->level;
}
