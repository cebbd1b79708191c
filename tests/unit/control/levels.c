// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include "control/hosts/levels.h"

struct record {
	int other;
	struct level_links links;
};

/* Against lists that are searched. */
static void test_random(void **state)
{
	enum { RECORDS = 40, ROUNDS = 20000 };
	static struct record records[RECORDS];
	unsigned lists[LEVELS][RECORDS], counts[LEVELS] = {0}, in[RECORDS];
	struct levels levels;
	uint64_t seed = 25;

	(void)state;
	levels_init(&levels, &records->links, sizeof(records[0]));
	for (unsigned i = 0; i < RECORDS; i++)
		in[i] = LEVELS;
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned i = random_below(&seed, RECORDS), level = random_below(&seed, LEVELS);

		if (in[i] < LEVELS) {
			unsigned *list = lists[in[i]], at = 0;

			levels_remove(&levels, i + 1, in[i]);
			while (list[at] != i)
				at++;
			for (counts[in[i]]--; at < counts[in[i]]; at++)
				list[at] = list[at + 1];
		}
		in[i] = level;
		if (random_below(&seed, 2)) {
			levels_put_newest(&levels, i + 1, level);
			lists[level][counts[level]++] = i;
		} else {
			levels_put_oldest(&levels, i + 1, level);
			for (unsigned at = counts[level]++; at > 0; at--)
				lists[level][at] = lists[level][at - 1];
			lists[level][0] = i;
		}
		for (level = 0; level < LEVELS; level++) {
			uint32_t link = levels.oldest[level];

			for (unsigned at = 0; at < counts[level]; at++) {
				assert_int_equal(link, lists[level][at] + 1);
				link = records[link - 1].links.newer;
			}
			assert_int_equal(link, 0);
			assert_int_equal(levels.newest[level],
					 counts[level] ? lists[level][counts[level] - 1] + 1 : 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("control/levels", tests, NULL, NULL);
}
