/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "engine/snapshots.h"

#define READERS 4
#define PUBLISHED 20000u

/* The same number all over, so that a torn or freed one is seen. */
static struct policy_snapshot marked(uint32_t number)
{
	struct policy_snapshot snapshot = {.mask = number};

	for (unsigned i = 0; i < POLICIES_MAX; i++)
		memcpy(snapshot.policies[i].name, &number, sizeof(number));
	return snapshot;
}

static void assert_marked(const struct policy_snapshot *snapshot, uint32_t number)
{
	struct policy_snapshot expected = marked(number);

	assert_non_null(snapshot);
	assert_memory_equal(snapshot, &expected, sizeof(expected));
}

static void publish(struct snapshots *snapshots, uint32_t number)
{
	struct policy_snapshot snapshot = marked(number);

	assert_int_equal(snapshots_publish(snapshots, &snapshot), 0);
}

static void test_none_before_the_first(void **state)
{
	struct snapshots *snapshots = snapshots_new();

	(void)state;
	assert_null(snapshots_acquire(snapshots, 0));
	snapshots_release(snapshots, 0);
	snapshots_free(snapshots);
	snapshots_free(NULL);
}

/* What a reader holds stays as it is, however many follow; others get the newest. */
static void test_held_one_stays(void **state)
{
	struct snapshots *snapshots = snapshots_new();
	const struct policy_snapshot *held;

	(void)state;
	publish(snapshots, 1);
	held = snapshots_acquire(snapshots, 0);
	assert_marked(held, 1);
	for (uint32_t number = 2; number < 10; number++) {
		publish(snapshots, number);
		assert_marked(snapshots_acquire(snapshots, SNAPSHOT_READERS - 1), number);
		snapshots_release(snapshots, SNAPSHOT_READERS - 1);
	}
	assert_marked(held, 1);
	snapshots_release(snapshots, 0);
	assert_marked(snapshots_acquire(snapshots, 0), 9);
	snapshots_release(snapshots, 0);
	publish(snapshots, 10); /* frees what was held */
	snapshots_free(snapshots);
}

struct reader {
	struct snapshots *snapshots;
	unsigned place;
	_Atomic bool *stop;
	uint32_t last;
	bool wrong;
	pthread_t thread;
};

/* Whole, and never older than the one before. */
static void *read_on(void *arg)
{
	struct reader *reader = arg;

	while (!atomic_load(reader->stop)) {
		const struct policy_snapshot *seen =
			snapshots_acquire(reader->snapshots, reader->place);
		struct policy_snapshot expected = marked(seen->mask);

		if (memcmp(seen, &expected, sizeof(expected)) != 0 || seen->mask < reader->last)
			reader->wrong = true;
		reader->last = expected.mask;
		snapshots_release(reader->snapshots, reader->place);
	}
	return NULL;
}

static void test_readers_beside_a_publisher(void **state)
{
	struct snapshots *snapshots = snapshots_new();
	struct reader readers[READERS];
	_Atomic bool stop = false;

	(void)state;
	publish(snapshots, 0);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.snapshots = snapshots, .place = i, .stop = &stop};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	for (uint32_t number = 1; number <= PUBLISHED; number++)
		publish(snapshots, number);
	atomic_store(&stop, true);
	for (unsigned i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_false(readers[i].wrong);
	}
	snapshots_free(snapshots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_before_the_first),
		cmocka_unit_test(test_held_one_stays),
		cmocka_unit_test(test_readers_beside_a_publisher),
	};

	return cmocka_run_group_tests_name("engine/snapshots", tests, NULL, NULL);
}
