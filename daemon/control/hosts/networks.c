// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/networks.h"

#include "control/hosts/ages.h"
#include "control/hosts/steps.h"

_Static_assert(NETWORKS_LISTED >= NETWORKS_KEPT, "each finds room in a list");

#define ANSWERED 0x80u   /* in last */
#define RETURNED 0x8000u /* in first */
#define LEVEL_MAX 23

static uint32_t mark_at(const struct networks *networks, unsigned i)
{
	return (uint32_t)networks->mark_high[i] << 16 | networks->mark[i];
}

static bool is_sampled(const struct networks *networks, uint32_t mark)
{
	return !(mark & ((UINT32_C(1) << networks->level) - 1));
}

static int find(const struct networks *networks, uint32_t mark)
{
	for (unsigned i = 0; i < networks->count; i++)
		if (networks->mark[i] == (uint16_t)mark && mark_at(networks, i) == mark)
			return (int)i;
	return -1;
}

static void copy(struct networks *networks, unsigned to, unsigned from)
{
	networks->mark[to] = networks->mark[from];
	networks->mark_high[to] = networks->mark_high[from];
	networks->first[to] = networks->first[from];
	networks->last[to] = networks->last[from];
}

static bool is_met(uint8_t last)
{
	return last & AGE_BITS;
}

/* What was not met for a day has no time from here on. */
static void turn(struct networks *networks, uint32_t now)
{
	uint8_t anew[AGES];

	if (!ages_turn(&networks->turn, now, anew))
		return;
	for (unsigned i = 0; i < networks->count; i++)
		networks->last[i] = anew[networks->last[i] & AGE_BITS] |
				    (networks->last[i] & ANSWERED);
}

/* What was first met long ago stays so, though times begin anew. */
static uint16_t aged(uint16_t first, uint32_t now)
{
	return step_within(first, now, 2 * NETWORKS_DAY) ?
		       first :
		       step_of(now - NETWORKS_DAY) | (first & RETURNED);
}

void networks_expire(struct networks *networks, uint32_t now)
{
	unsigned kept = 0;

	turn(networks, now);
	for (unsigned i = 0; i < networks->count; i++) {
		if (!is_met(networks->last[i]))
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
		if (is_sampled(networks, mark_at(networks, i)))
			copy(networks, kept++, i);
	networks->count = (uint8_t)kept;
}

/* The place of one that is not among them; -1: it is not of the sample. */
static int room(struct networks *networks, uint32_t mark, uint32_t now)
{
	if (networks->count == NETWORKS_KEPT && is_sampled(networks, mark))
		networks_expire(networks, now);
	while (networks->count == NETWORKS_KEPT && is_sampled(networks, mark) &&
	       networks->level < LEVEL_MAX)
		thin(networks);
	if (!is_sampled(networks, mark) || networks->count == NETWORKS_KEPT)
		return -1;
	networks->mark[networks->count] = (uint16_t)mark;
	networks->mark_high[networks->count] = (uint8_t)(mark >> 16);
	return networks->count++;
}

static void begin(struct networks *networks, unsigned i, uint32_t now)
{
	networks->first[i] = step_of(now);
	networks->last[i] = age_code(networks->turn, now);
}

void networks_meet(struct networks *networks, uint64_t hash, uint32_t now)
{
	const uint32_t mark = hash & NETWORK_MARK;
	int i = find(networks, mark);

	turn(networks, now);
	if (i >= 0 && is_met(networks->last[i])) {
		networks->last[i] = age_code(networks->turn, now) | (networks->last[i] & ANSWERED);
		if (step_age(networks->first[i], now) >= NETWORKS_RETURN)
			networks->first[i] |= RETURNED;
		return;
	}
	if (i < 0)
		i = room(networks, mark, now);
	if (i >= 0)
		begin(networks, (unsigned)i, now);
}

void networks_answer(struct networks *networks, uint64_t hash, uint32_t now)
{
	int i = find(networks, hash & NETWORK_MARK);

	turn(networks, now);
	if (i >= 0 && is_met(networks->last[i]))
		networks->last[i] |= ANSWERED;
}

void networks_take(struct networks *networks, uint64_t hash, const struct network *known,
		   uint32_t now)
{
	int i;

	turn(networks, now);
	i = room(networks, hash & NETWORK_MARK, now);
	if (i < 0)
		return;
	networks->first[i] = step_of(now - known->age) | (known->returned ? RETURNED : 0);
	networks->last[i] = age_code(networks->turn, now - known->quiet) |
			    (known->answered ? ANSWERED : 0);
}

void networks_list(const struct networks *networks, uint32_t now, struct network_list *list)
{
	uint32_t ages[AGES];

	ages_list(networks->turn, now, ages);
	list->count = 0;
	list->weight = 1u << networks->level;
	for (unsigned i = 0; i < networks->count; i++) {
		uint32_t quiet = ages[networks->last[i] & AGE_BITS];

		if (quiet != AGE_NO_TIME)
			list->of[list->count++] = (struct network){
				.age = step_age(networks->first[i], now),
				.quiet = quiet,
				.answered = networks->last[i] & ANSWERED,
				.returned = networks->first[i] & RETURNED,
			};
	}
}

static bool is_meant(const struct network *network, enum networks_which which)
{
	return which == NETWORKS_ALL || network->answered == (which == NETWORKS_ANSWERED);
}

unsigned network_list_met(const struct network_list *list, enum networks_which which,
			  uint32_t seconds)
{
	unsigned count = 0;

	for (unsigned i = 0; i < list->count; i++)
		count += list->of[i].quiet < seconds && is_meant(&list->of[i], which);
	return count * list->weight;
}
