/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <pthread.h>
#include <sched.h>

#include "engine/ring.h"

#define MANY 400000u /* events between two threads: the ring goes round some fifty times */

static struct message_event numbered(uint64_t number)
{
	return (struct message_event){.time = number, .source_port = (uint16_t)number};
}

/* Sent and arrived at once. */
static void take(struct ring *ring, size_t count)
{
	ring_sent(ring, count);
	ring_drop(ring, count);
}

static void test_empty(void **state)
{
	struct ring *ring = ring_new();
	struct message_event event;

	(void)state;
	assert_non_null(ring);
	assert_int_equal(ring_peek(ring, &event, 1), 0);
	assert_int_equal(ring_lost(ring), 0);
	ring_free(ring);
	ring_free(NULL);
}

static void test_peek_keeps_until_drop(void **state)
{
	struct ring *ring = ring_new();
	struct message_event events[8];

	(void)state;
	for (uint64_t i = 0; i < 5; i++) {
		struct message_event event = numbered(i);

		assert_true(ring_put(ring, &event));
	}
	assert_int_equal(ring_peek(ring, events, 3), 3);
	assert_int_equal(ring_peek(ring, events, 8), 5);
	assert_int_equal(events[4].time, 4);
	take(ring, 2);
	assert_int_equal(ring_peek(ring, events, 8), 3);
	assert_int_equal(events[0].time, 2);
	take(ring, 3);
	assert_int_equal(ring_peek(ring, events, 8), 0);
	ring_free(ring);
}

/* Full, the new event is lost and counted; the old ones stay, in order. */
static void test_full(void **state)
{
	struct ring *ring = ring_new();
	struct message_event event;

	(void)state;
	for (uint64_t i = 0; i < RING_EVENTS; i++) {
		event = numbered(i);
		assert_true(ring_put(ring, &event));
	}
	for (uint64_t i = 0; i < 3; i++) {
		event = numbered(RING_EVENTS + i);
		assert_false(ring_put(ring, &event));
	}
	assert_int_equal(ring_lost(ring), 3);
	for (uint64_t i = 0; i < RING_EVENTS; i++) {
		assert_int_equal(ring_peek(ring, &event, 1), 1);
		assert_int_equal(event.time, i);
		take(ring, 1);
	}
	event = numbered(7);
	assert_true(ring_put(ring, &event));
	assert_int_equal(ring_lost(ring), 3);
	ring_free(ring);
}

/* What was sent and did not arrive comes again; its room is not free before it has arrived. */
static void test_sent_again(void **state)
{
	struct ring *ring = ring_new();
	struct message_event event, events[8];

	(void)state;
	for (uint64_t i = 0; i < RING_EVENTS; i++) {
		event = numbered(i);
		assert_true(ring_put(ring, &event));
	}
	assert_int_equal(ring_peek(ring, events, 8), 8);
	ring_sent(ring, 8);
	assert_int_equal(ring_unsent(ring), RING_EVENTS - 8);
	assert_int_equal(ring_peek(ring, events, 1), 1);
	assert_int_equal(events[0].time, 8);
	assert_false(ring_put(ring, &event));
	ring_drop(ring, 3);
	assert_true(ring_put(ring, &event));
	ring_rewind(ring);
	assert_int_equal(ring_peek(ring, events, 1), 1);
	assert_int_equal(events[0].time, 3);
	assert_int_equal(ring_unsent(ring), RING_EVENTS - 2);
	ring_free(ring);
}

static void *write_many(void *arg)
{
	struct ring *ring = arg;

	for (uint64_t i = 0; i < MANY; i++) {
		struct message_event event = numbered(i);

		while (!ring_put(ring, &event))
			sched_yield();
	}
	return NULL;
}

/* Every event arrives once, whole and in order. */
static void test_two_threads(void **state)
{
	struct ring *ring = ring_new();
	struct message_event events[64];
	uint64_t next = 0;
	pthread_t writer;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_many, ring), 0);
	while (next < MANY) {
		size_t count = ring_peek(ring, events, COUNT(events));

		for (size_t i = 0; i < count; i++, next++) {
			assert_int_equal(events[i].time, next);
			assert_int_equal(events[i].source_port, (uint16_t)next);
		}
		take(ring, count);
		if (!count)
			sched_yield();
	}
	pthread_join(writer, NULL);
	assert_int_equal(ring_peek(ring, events, 1), 0);
	ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),       cmocka_unit_test(test_peek_keeps_until_drop),
		cmocka_unit_test(test_full),        cmocka_unit_test(test_sent_again),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests_name("engine/ring", tests, NULL, NULL);
}
