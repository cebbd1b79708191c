// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/ages.h"

/*
 * Each tier is a ring of codes for slots of one length. Where it ends and the next begins is a matter of
 * the turn alone, so within a turn every code is one time.
 */
struct tier {
	uint8_t first, count; /* of its codes */
	uint16_t seconds;     /* a slot */
};

enum { FINE, MIDDLE, COARSE, TIERS };

static const struct tier tiers[TIERS] = {
	[FINE] = {1, 64, 16},
	[MIDDLE] = {65, 32, AGE_TURN},
	[COARSE] = {97, 31, 2880},
};

#define FINE_TURNS 8 /* 64 slots of 16 s, this turn's among them */

/* The number of the newest slot that a tier may hold in a turn. */
static int64_t newest(unsigned tier, int64_t turn)
{
	if (tier == FINE)
		return (turn + 1) * (AGE_TURN / tiers[FINE].seconds) - 1;
	if (tier == MIDDLE)
		return turn - FINE_TURNS;
	return ((turn - FINE_TURNS - tiers[MIDDLE].count + 1) * AGE_TURN - 1) /
	       tiers[COARSE].seconds;
}

/* Numbers are below 0 in the first hours of a clock. */
static unsigned place(const struct tier *tier, int64_t number)
{
	int64_t rest = number % tier->count;

	return (unsigned)(rest < 0 ? rest + tier->count : rest);
}

uint8_t age_code(uint32_t turn, uint32_t time)
{
	unsigned i = FINE;

	while (i < COARSE && time / tiers[i].seconds < newest(i, turn) - tiers[i].count + 1)
		i++;
	return (uint8_t)(tiers[i].first + place(&tiers[i], time / tiers[i].seconds));
}

void ages_list(uint32_t turn, uint32_t now, uint32_t ages[AGES])
{
	ages[0] = AGE_NO_TIME;
	for (const struct tier *tier = tiers; tier < tiers + TIERS; tier++) {
		int64_t number = newest((unsigned)(tier - tiers), turn);
		int64_t middle = number * tier->seconds + tier->seconds / 2;
		unsigned at = place(tier, number);

		for (unsigned back = 0; back < tier->count; back++, middle -= tier->seconds) {
			int64_t age = now > middle ? now - middle : 0;

			ages[tier->first + at] = age < AGE_DAY ? (uint32_t)age : AGE_NO_TIME;
			at = at ? at - 1 : tier->count - 1u;
		}
	}
}

bool ages_turn(uint32_t *turn, uint32_t now, uint8_t anew[AGES])
{
	const uint32_t next = now / AGE_TURN;
	uint32_t ages[AGES];

	if (next == *turn)
		return false;
	ages_list(*turn, now, ages);
	for (unsigned i = 0; i < AGES; i++)
		anew[i] = ages[i] == AGE_NO_TIME ? 0 : age_code(next, now - ages[i]);
	*turn = next;
	return true;
}
