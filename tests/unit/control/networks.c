// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <string.h>

#include "control/hosts/networks.h"

#define START 1000000u
#define SLOT 1500u /* half of the coarsest of ages.h */

static uint64_t hash_of(uint64_t number)
{
	number += UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

static void meet(struct networks *networks, unsigned from, unsigned to, uint32_t now)
{
	for (unsigned i = from; i < to; i++)
		networks_meet(networks, hash_of(i), now);
}

static struct network_list list_of(const struct networks *networks, uint32_t now)
{
	struct network_list list;

	networks_list(networks, now, &list);
	return list;
}

static unsigned met_of(const struct networks *networks, enum networks_which which, uint32_t now,
		       uint32_t seconds)
{
	const struct network_list list = list_of(networks, now);

	return network_list_met(&list, which, seconds);
}

static unsigned met(const struct networks *networks, uint32_t now, uint32_t seconds)
{
	return met_of(networks, NETWORKS_ALL, now, seconds);
}

static unsigned returned(const struct networks *networks, uint32_t now)
{
	const struct network_list list = list_of(networks, now);
	unsigned count = 0;

	for (unsigned i = 0; i < list.count; i++)
		count += list.of[i].returned;
	return count;
}

static void test_few_are_counted_exactly(void **state)
{
	struct networks networks = {0};

	(void)state;
	meet(&networks, 0, 100, START);
	meet(&networks, 0, 50, START + 1000);
	assert_int_equal(met(&networks, START + 1000, NETWORKS_DAY), 100);
	assert_int_equal(met(&networks, START + 1000, 300), 50);
	assert_int_equal(list_of(&networks, START).weight, 1);
}

static void test_many_are_estimated(void **state)
{
	(void)state;
	for (unsigned all = 200; all <= 100000; all *= 5) {
		struct networks networks = {0};

		meet(&networks, 0, all, START);
		/* three standard errors */
		assert_in_range(met(&networks, START, 300), all - all / 3, all + all / 3);
		assert_in_range(networks.count, 32, NETWORKS_KEPT);
	}
}

/* Each network is equally likely to be in the sample, however early or often it is met. */
static void test_the_sample_is_not_of_the_first(void **state)
{
	struct networks networks = {0};
	struct network_list list;
	unsigned late = 0;

	(void)state;
	meet(&networks, 0, 2000, START);
	for (unsigned i = 0; i < 20; i++)
		meet(&networks, 0, 10, START + i);
	meet(&networks, 2000, 4000, START + 2 * 3600);
	list = list_of(&networks, START + 2 * 3600);
	for (unsigned i = 0; i < list.count; i++)
		late += !list.of[i].age;
	assert_in_range(late, list.count / 4, 3 * list.count / 4);
}

static void test_who_is_met_again_soon_has_not_come_back(void **state)
{
	struct networks networks = {0};

	(void)state;
	meet(&networks, 0, 2, START);
	meet(&networks, 0, 1, START + NETWORKS_RETURN - 8);
	assert_int_equal(returned(&networks, START + NETWORKS_RETURN), 0);
	meet(&networks, 0, 1, START + NETWORKS_RETURN);
	assert_int_equal(returned(&networks, START + NETWORKS_RETURN), 1);
}

static void test_those_that_answered(void **state)
{
	struct networks networks = {0};

	(void)state;
	meet(&networks, 0, 10, START);
	networks_answer(&networks, hash_of(3), START);
	networks_answer(&networks, hash_of(999), START);
	assert_int_equal(met_of(&networks, NETWORKS_ANSWERED, START, 300), 1);
	assert_int_equal(met_of(&networks, NETWORKS_SILENT, START, 300), 9);
}

static void test_after_a_day_a_network_is_new_again(void **state)
{
	struct networks networks = {0};
	struct network_list list;
	uint32_t later = START + NETWORKS_DAY + SLOT;

	(void)state;
	meet(&networks, 0, 4000, START);
	networks_answer(&networks, hash_of(1), START);
	assert_int_equal(met(&networks, later, NETWORKS_DAY), 0);
	meet(&networks, 0, 4000, later);
	assert_in_range(met(&networks, later, NETWORKS_DAY), 2600, 5400);
	assert_int_equal(returned(&networks, later), 0);
	list = list_of(&networks, later);
	assert_int_equal(list.count, networks.count);
	for (unsigned i = 0; i < list.count; i++) {
		assert_int_equal(list.of[i].age, 0);
		assert_false(list.of[i].answered);
	}
	networks_expire(&networks, later + NETWORKS_DAY + SLOT);
	assert_int_equal(networks.count, 0);
	assert_int_equal(list_of(&networks, later).weight, 1);
}

/* Times have 15 bits: one that is met each hour for a week stays old. */
static void test_what_is_met_for_days_stays_old(void **state)
{
	struct networks networks = {0};
	struct network_list list;
	uint32_t now = START;

	(void)state;
	for (unsigned hour = 0; hour < 7 * 24; hour++, now += 3600) {
		meet(&networks, 0, 1, now);
		networks_expire(&networks, now);
		list = list_of(&networks, now);
		assert_int_equal(list.count, 1);
		assert_true(list.of[0].age + 8 >= (hour < 24 ? hour : 23) * 3600);
		assert_true(hour == 0 || list.of[0].returned);
	}
}

/* What is known of them elsewhere goes in unchanged, as far as there is room. */
static void test_those_known_from_elsewhere(void **state)
{
	const struct network known = {
		.age = 7200, .quiet = 3000, .answered = true, .returned = true};
	const struct network other = {.age = 80, .quiet = 80};
	struct networks networks = {0};
	struct network_list list;

	(void)state;
	networks_take(&networks, hash_of(1), &known, START);
	networks_take(&networks, hash_of(2), &other, START);
	list = list_of(&networks, START);
	assert_int_equal(list.count, 2);
	assert_in_range(list.of[0].age, 7192, 7208);
	assert_in_range(list.of[0].quiet, 2930, 3070);
	assert_true(list.of[0].answered);
	assert_true(list.of[0].returned);
	assert_in_range(list.of[1].quiet, 70, 90);
	assert_false(list.of[1].answered);
	assert_false(list.of[1].returned);
	/* it is the one that is met from then on */
	meet(&networks, 1, 2, START + 100);
	assert_int_equal(list_of(&networks, START + 100).count, 2);
	assert_int_equal(met(&networks, START + 100, 50), 1);
	for (unsigned i = 10; i < 1000; i++)
		networks_take(&networks, hash_of(i), &other, START + 100);
	assert_in_range(met(&networks, START + 100, NETWORKS_DAY), 660, 1330);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_are_counted_exactly),
		cmocka_unit_test(test_many_are_estimated),
		cmocka_unit_test(test_the_sample_is_not_of_the_first),
		cmocka_unit_test(test_who_is_met_again_soon_has_not_come_back),
		cmocka_unit_test(test_those_that_answered),
		cmocka_unit_test(test_after_a_day_a_network_is_new_again),
		cmocka_unit_test(test_what_is_met_for_days_stays_old),
		cmocka_unit_test(test_those_known_from_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
