// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include "control/hosts/meeting.h"

#define START 1000000u
#define MINUTE 60u
#define HOUR 3600u

static const struct meeting_terms refused = {
	.servers = 40, .weight = 10, .parts = 3, .known = 3 * HOUR};
static const struct meeting_terms slow = {
	.slow = true, .servers = 40, .weight = 10, .parts = 3, .known = 3 * HOUR};
static const struct meeting_terms open_line = {
	.open = true, .servers = 40, .weight = 4, .parts = 3, .known = 3 * HOUR};

static uint64_t hash_of(uint64_t number)
{
	number += UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

/* @count new networks from @at on, one each @every seconds; every @answer-th answers. */
static void meet(struct networks *networks, unsigned first, unsigned count, uint32_t at,
		 uint32_t every, unsigned answer)
{
	for (unsigned i = 0; i < count; i++) {
		networks_meet(networks, hash_of(first + i), at + i * every);
		if (answer && i % answer)
			networks_answer(networks, hash_of(first + i), at + i * every);
	}
}

static struct meeting look(const struct networks *networks, uint32_t now, bool answered_count)
{
	struct network_list list;

	networks_list(networks, now, &list);
	return meeting_of(&list, answered_count);
}

static void test_a_fast_bot(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 120, START, 5, 0);
	meeting = look(&networks, START + 10 * MINUTE, false);
	assert_false(meeting_is_fast(&meeting, &refused));
	meet(&networks, 120, 120, START + 10 * MINUTE, 5, 0);
	meeting = look(&networks, START + 20 * MINUTE, false);
	assert_true(meeting_is_fast(&meeting, &refused));
	assert_false(meeting_is_proven(&meeting, &refused));
}

static void test_hundreds_at_once_are_not_enough(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 800, START, 0, 0);
	meet(&networks, 0, 800, START + 15 * MINUTE, 0, 0);
	meet(&networks, 0, 800, START + 35 * MINUTE, 0, 0);
	meeting = look(&networks, START + 50 * MINUTE, false);
	assert_in_range(meeting_hour(&meeting, NETWORKS_SILENT), 500, 1100);
	assert_false(meeting_is_fast(&meeting, &refused));
	assert_false(meeting_abandons(&meeting, &refused));
	assert_false(meeting_goes_on(&meeting, &refused));
}

static void test_a_slow_bot_does_not_come_back(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 60, START, MINUTE, 0);
	meeting = look(&networks, START + HOUR, false);
	assert_false(meeting_abandons(&meeting, &refused)); /* too early to tell */
	meet(&networks, 60, 30, START + HOUR, MINUTE, 0);
	meeting = look(&networks, START + 90 * MINUTE, false);
	assert_true(meeting_abandons(&meeting, &refused));
	assert_false(meeting_abandons(&meeting, &slow));
	assert_int_equal(meeting.left, meeting.aged);
}

static void test_a_queue_comes_back(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 90, START, MINUTE, 0);
	meet(&networks, 0, 90, START + 85 * MINUTE, 3, 0);
	meeting = look(&networks, START + 90 * MINUTE, false);
	assert_int_equal(meeting.left, 0);
	assert_in_range(meeting.aged, 16, 20);
	assert_false(meeting_abandons(&meeting, &refused));
}

static void test_who_stopped_is_not_told_from_a_queue_that_was_emptied(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 100, START, 10, 0);
	meeting = look(&networks, START + 3 * HOUR, false);
	assert_int_equal(meeting.left, 100);
	assert_false(meeting_abandons(&meeting, &refused));
}

/* Messages that waited for hours: each comes once in a long time, in runs. */
static void test_an_old_queue_is_not_even(void **state)
{
	struct networks every_half_hour = {0}, every_five_minutes = {0};
	struct meeting meeting;

	(void)state;
	for (unsigned run = 0; run < 6; run++)
		meet(&every_half_hour, run * 20, 20, START + run * 30 * MINUTE, 0, 0);
	meeting = look(&every_half_hour, START + 155 * MINUTE, false);
	assert_in_range(meeting.left, 40, 80);
	assert_false(meeting_is_even(&meeting));
	assert_false(meeting_abandons(&meeting, &refused));
	for (unsigned run = 0; run < 12; run++)
		meet(&every_five_minutes, run * 20, 20, START + run * 5 * MINUTE, 0, 0);
	meeting = look(&every_five_minutes, START + HOUR, false);
	assert_in_range(meeting_hour(&meeting, NETWORKS_SILENT), 160, 320);
	assert_false(meeting_is_fast(&meeting, &refused));
	assert_false(meeting_is_steady(&meeting, &refused));
}

static void test_a_steady_bot(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;
	struct meeting_terms terms = refused;

	(void)state;
	meet(&networks, 0, 60, START, 55, 0);
	meeting = look(&networks, START + 55 * MINUTE, false);
	assert_true(meeting_is_even(&meeting));
	assert_false(meeting_is_fast(&meeting, &refused));
	assert_true(meeting_is_steady(&meeting, &refused));
	assert_false(meeting_is_steady(&meeting, &slow));
	terms.known = HOUR / 2;
	assert_false(meeting_is_steady(&meeting, &terms));
}

static void test_bursts_with_pauses(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 40, START, 5, 0);
	meet(&networks, 40, 40, START + 100 * MINUTE, 5, 0);
	meeting = look(&networks, START + 105 * MINUTE, false);
	assert_true(meeting_abandons(&meeting, &refused));
}

static void test_one_that_comes_back_and_goes_on(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	for (unsigned i = 0; i < 180; i++) {
		networks_meet(&networks, hash_of(i), START + i * MINUTE);
		if (i >= 11)
			networks_meet(&networks, hash_of(i - 11), START + i * MINUTE);
	}
	meeting = look(&networks, START + 180 * MINUTE, false);
	assert_false(meeting_abandons(&meeting, &refused));
	assert_true(meeting_goes_on(&meeting, &refused));
	assert_false(meeting_goes_on(&meeting, &slow));
	assert_false(meeting_goes_on(&meeting, &open_line));
	assert_false(meeting_goes_on(
		&meeting, &(struct meeting_terms){.servers = 40, .parts = 3, .known = HOUR}));
}

static void test_where_it_is_open_the_dead_count(void **state)
{
	struct networks bot = {0}, server = {0};
	struct meeting meeting;

	(void)state;
	for (unsigned i = 0; i < 120; i++) {
		networks_meet(&bot, hash_of(i), START + i * 8);
		networks_meet(&server, hash_of(i), START + i * 8);
		if (i % 4)
			networks_answer(&bot, hash_of(i), START + i * 8);
		if (i % 20)
			networks_answer(&server, hash_of(i), START + i * 8);
	}
	meeting = look(&bot, START + 16 * MINUTE, false);
	assert_true(meeting_is_fast(&meeting, &open_line));
	meeting = look(&server, START + 16 * MINUTE, false);
	assert_false(meeting_is_fast(&meeting, &open_line));
	meeting = look(&server, START + 100 * MINUTE, false);
	assert_false(meeting_abandons(&meeting, &open_line));
}

/* Enough of them in each part, but few among those that answer: a large mail server. */
static void test_few_dead_among_many_are_none(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	for (unsigned i = 0; i < 120; i++) {
		networks_meet(&networks, hash_of(i), START + i * 8);
		if (i % 15 >= 1)
			networks_answer(&networks, hash_of(i), START + i * 8);
	}
	meeting = look(&networks, START + 16 * MINUTE, false);
	assert_int_equal(meeting_hour(&meeting, NETWORKS_SILENT), 8);
	assert_false(meeting_is_fast(
		&meeting, &(struct meeting_terms){
				  .open = true, .servers = 20, .parts = 3, .known = 3 * HOUR}));
	for (unsigned i = 0; i < 120; i += 4)
		networks_meet(&networks, hash_of(1000 + i), START + i * 8);
	meeting = look(&networks, START + 16 * MINUTE, false);
	assert_true(meeting_is_fast(
		&meeting, &(struct meeting_terms){
				  .open = true, .servers = 20, .parts = 3, .known = 3 * HOUR}));
}

static void test_who_answers_counts_where_that_is_said(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 200, START, 6, 1000);
	meeting = look(&networks, START + 20 * MINUTE, false);
	assert_false(meeting_is_fast(&meeting, &refused));
	meeting = look(&networks, START + 20 * MINUTE, true);
	assert_true(meeting_is_fast(&meeting, &refused));
}

static void test_proven_by_those_that_answered(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 400, START, 3, 4);
	meeting = look(&networks, START + 20 * MINUTE, false);
	assert_true(meeting_is_fast(&meeting, &open_line));
	assert_true(meeting_is_proven(&meeting, &open_line));
	meeting = look(&networks, START + 20 * MINUTE, true);
	assert_true(meeting_is_proven(&meeting, &open_line));
}

/* A newsletter that is delivered, and as many forged packets to servers that are dead. */
static void test_what_is_forged_proves_nothing(void **state)
{
	struct networks networks = {0};
	struct meeting meeting;

	(void)state;
	meet(&networks, 0, 120, START, 9, 1000);
	for (unsigned i = 0; i < 120; i++)
		networks_answer(&networks, hash_of(i), START + i * 9);
	meet(&networks, 1000, 120, START, 9, 0);
	meeting = look(&networks, START + 20 * MINUTE, false);
	assert_true(meeting_is_fast(&meeting, &open_line));
	assert_false(meeting_is_proven(&meeting, &open_line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fast_bot),
		cmocka_unit_test(test_hundreds_at_once_are_not_enough),
		cmocka_unit_test(test_a_slow_bot_does_not_come_back),
		cmocka_unit_test(test_a_queue_comes_back),
		cmocka_unit_test(test_who_stopped_is_not_told_from_a_queue_that_was_emptied),
		cmocka_unit_test(test_an_old_queue_is_not_even),
		cmocka_unit_test(test_a_steady_bot),
		cmocka_unit_test(test_bursts_with_pauses),
		cmocka_unit_test(test_one_that_comes_back_and_goes_on),
		cmocka_unit_test(test_where_it_is_open_the_dead_count),
		cmocka_unit_test(test_few_dead_among_many_are_none),
		cmocka_unit_test(test_who_answers_counts_where_that_is_said),
		cmocka_unit_test(test_proven_by_those_that_answered),
		cmocka_unit_test(test_what_is_forged_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
