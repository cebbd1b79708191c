/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <stdio.h>

#include "engine/counters.h"

struct reading {
	uint64_t asked[2], refused[2], passed[2], unanswered[2]; /* of two policies */
};

static void put(struct message_counter *counters, size_t *count, const char *name, unsigned policy,
		uint64_t packets)
{
	struct message_counter *counter = &counters[(*count)++];

	*counter = (struct message_counter){.packets = packets};
	snprintf(counter->name, sizeof(counter->name), "%s_%u", name, policy);
}

static bool agree(struct missing *missing, const struct reading *reading)
{
	struct message_counter counters[16];
	size_t count = 0;

	for (unsigned policy = 0; policy < 2; policy++) {
		put(counters, &count, "asked", policy, reading->asked[policy]);
		put(counters, &count, "answered_refuse", policy, reading->refused[policy]);
		put(counters, &count, "answered_pass", policy, reading->passed[policy]);
		put(counters, &count, "unanswered", policy, reading->unanswered[policy]);
		put(counters, &count, "refused", policy, 1000); /* none of them */
	}
	return missing_agree(missing, counters, count);
}

static void nothing_missing(void **state)
{
	const struct reading reading = {
		.asked = {7, 5}, .refused = {4, 0}, .passed = {0, 5}, .unanswered = {3, 0}};
	struct missing missing = {0};

	(void)state;
	assert_true(agree(&missing, &reading));
	assert_int_equal(missing.known, 0);
}

static void on_its_way(void **state)
{
	const struct reading first = {.asked = {7, 5}, .refused = {7, 0}, .passed = {0, 4}};
	const struct reading then = {.asked = {8, 5}, .refused = {8, 0}, .passed = {0, 5}};
	struct missing missing = {0};

	(void)state;
	assert_false(agree(&missing, &first));
	assert_true(agree(&missing, &then));
	assert_int_equal(missing.known, 0);
	assert_false(agree(&missing, &first));
}

static void lost(void **state)
{
	const struct reading first = {.asked = {7, 5}, .refused = {6, 0}, .passed = {0, 4}};
	const struct reading then = {.asked = {9, 5}, .refused = {8, 0}, .passed = {0, 4}};
	const struct reading later = {.asked = {9, 7}, .refused = {8, 0}, .passed = {0, 5}};
	struct missing missing = {0};

	(void)state;
	assert_false(agree(&missing, &first));
	assert_true(agree(&missing, &then));
	assert_int_equal(missing.known, 2);
	assert_true(agree(&missing, &then));
	assert_false(agree(&missing, &later)); /* one more */
	assert_true(agree(&missing, &later));
	assert_int_equal(missing.known, 3);
}

static void one_lost_one_on_its_way(void **state)
{
	const struct reading first = {.asked = {9}, .refused = {7}};
	const struct reading then = {.asked = {9}, .refused = {8}};
	struct missing missing = {0};

	(void)state;
	assert_false(agree(&missing, &first));
	assert_false(agree(&missing, &then));
	assert_true(agree(&missing, &then));
	assert_int_equal(missing.known, 1);
}

/* Answers are read after questions. */
static void more_answers(void **state)
{
	const struct reading answers = {.asked = {9}, .refused = {10}};
	const struct reading fewer = {.asked = {9}, .refused = {8}};
	struct missing missing = {.known = 2, .seen = 2};

	(void)state;
	assert_true(agree(&missing, &answers));
	assert_true(agree(&missing, &fewer));
	assert_int_equal(missing.known, 2);
}

static void set_to_0(void **state)
{
	const struct reading before = {.asked = {9}, .refused = {7}};
	const struct reading after = {.asked = {3}, .refused = {3}};
	const struct reading then = {.asked = {4}, .refused = {3}};
	struct missing missing = {.known = 2, .seen = 2};

	(void)state;
	assert_true(agree(&missing, &before));
	assert_true(agree(&missing, &after));
	assert_false(agree(&missing, &then));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_missing),
		cmocka_unit_test(on_its_way),
		cmocka_unit_test(lost),
		cmocka_unit_test(one_lost_one_on_its_way),
		cmocka_unit_test(more_answers),
		cmocka_unit_test(set_to_0),
	};

	return cmocka_run_group_tests_name("engine/counters", tests, NULL, NULL);
}
