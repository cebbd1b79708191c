/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "common/sort.h"

#define MANY 2000

struct entry {
	uint32_t key;
	uint32_t place; /* where it stood */
};

static unsigned looks;

static int by_key(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;

	looks++;
	return (first->key > second->key) - (first->key < second->key);
}

/* Keys below @keys: the fewer, the more are equal. */
static void check(size_t count, uint32_t keys, uint64_t *seed)
{
	struct entry *entries = calloc(count + 1, sizeof(*entries));
	bool *seen = calloc(count + 1, sizeof(*seen));

	for (size_t i = 0; i < count; i++)
		entries[i] = (struct entry){random_below(seed, keys), (uint32_t)i};
	assert_int_equal(sort_stable(entries, count, sizeof(*entries), by_key), 0);
	for (size_t i = 0; i < count; i++) {
		assert_false(seen[entries[i].place]);
		seen[entries[i].place] = true;
		if (!i)
			continue;
		assert_true(entries[i - 1].key <= entries[i].key);
		if (entries[i - 1].key == entries[i].key)
			assert_true(entries[i - 1].place < entries[i].place);
	}
	free(entries);
	free(seen);
}

static void test_any_order(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (size_t count = 0; count < 70; count++)
		for (uint32_t keys = 1; keys < 200; keys *= 3)
			check(count, keys, &seed);
	check(MANY, MANY, &seed);
	check(MANY, 5, &seed);
}

/* Two sorted lists one behind the other, the second with the lower keys, as two files may be. */
static void test_few_looks(void **state)
{
	static struct entry entries[MANY];
	const size_t first = MANY / 3;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		entries[i].key = (uint32_t)(i < first ? MANY + i : i);
	looks = 0;
	assert_int_equal(sort_stable(entries, MANY, sizeof(entries[0]), by_key), 0);
	assert_in_range(looks, MANY, 5 * MANY); /* qsort(3) takes twice that */
	for (size_t i = 1; i < MANY; i++)
		assert_true(entries[i - 1].key < entries[i].key);
	looks = 0;
	assert_int_equal(sort_stable(entries, MANY, sizeof(entries[0]), by_key), 0);
	assert_int_equal(looks, MANY - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_few_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
