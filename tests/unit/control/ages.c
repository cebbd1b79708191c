// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include "control/hosts/ages.h"

#define KEPT 200

/* As far as a code may be from its time: half a slot, or a slot where the time is too late to be halved. */
static uint32_t tolerance(uint32_t age)
{
	return age < 850 ? 16 : age < 4800 ? 128 + 16 : 2880;
}

struct owner {
	uint32_t turn;
	uint8_t code[KEPT];
	uint32_t time[KEPT]; /* the truth */
};

static void turn(struct owner *owner, uint32_t now)
{
	uint8_t anew[AGES];

	if (!ages_turn(&owner->turn, now, anew))
		return;
	for (unsigned i = 0; i < KEPT; i++)
		owner->code[i] = anew[owner->code[i]];
}

static void check(const struct owner *owner, uint32_t now)
{
	uint32_t ages[AGES];

	ages_list(owner->turn, now, ages);
	for (unsigned i = 0; i < KEPT; i++) {
		const uint32_t told = ages[owner->code[i]], age = now - owner->time[i];

		if (!owner->time[i] || age >= AGE_DAY + 1500) {
			assert_int_equal(told, AGE_NO_TIME);
		} else if (told == AGE_NO_TIME) {
			assert_true(age >= AGE_DAY - 1500);
		} else {
			assert_in_range(told + tolerance(age), age, age + 2 * tolerance(age));
		}
	}
}

/* Against the truth, from the first second of a clock on, with long and short pauses. */
static void run(uint64_t seed, uint32_t now)
{
	struct owner owner = {0};

	for (unsigned i = 0; i < 5000; i++) {
		const unsigned at = random_below(&seed, KEPT);
		const unsigned pause = random_below(&seed, 300);

		now += random_below(&seed, pause == 0 ? 200000 : pause < 20 ? 4000 : 60);
		check(&owner, now); /* also before the turn that is due */
		turn(&owner, now);
		check(&owner, now);
		owner.code[at] = age_code(owner.turn, now);
		owner.time[at] = now;
		assert_in_range(owner.code[at], 1, AGES - 1);
	}
}

static void test_against_the_truth(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++)
		run(seed, seed % 2 ? 1 : 1796126400);
}

/* A time of before is told as one of now would have been. */
static void test_times_of_before(void **state)
{
	const uint32_t now = 1796126400;
	uint32_t ages[AGES], turn = 0;
	uint8_t anew[AGES];

	(void)state;
	assert_true(ages_turn(&turn, now, anew));
	assert_false(ages_turn(&turn, now, anew));
	ages_list(turn, now, ages);
	for (uint32_t age = 0; age < AGE_DAY - 1500; age++) {
		const uint32_t told = ages[age_code(turn, now - age)];

		assert_in_range(told + tolerance(age), age, age + 2 * tolerance(age));
	}
}

/* On average a code is neither too early nor too late. */
static void test_no_bias(void **state)
{
	const uint32_t now = 1796126400 + 64;
	uint32_t ages[AGES], turn = 0;
	uint8_t anew[AGES];
	int64_t off = 0;

	(void)state;
	ages_turn(&turn, now, anew);
	ages_list(turn, now, ages);
	for (uint32_t age = 0; age < 4800; age++)
		off += (int64_t)ages[age_code(turn, now - age)] - age;
	assert_in_range(off / 4800 + 8, 0, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_the_truth),
		cmocka_unit_test(test_times_of_before),
		cmocka_unit_test(test_no_bias),
	};

	return cmocka_run_group_tests_name("control/ages", tests, NULL, NULL);
}
