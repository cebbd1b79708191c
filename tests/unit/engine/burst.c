/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "engine/burst.h"

#define GUARD 1  /* 10 in 60 s, /56 */
#define WIDE 2   /* 1000 in an hour, /64 */
#define FREE 3   /* no bound */
#define SINGLE 4 /* 1 in 60 s */
#define SECOND UINT64_C(1000)
#define START (UINT64_C(1000000) * SECOND) /* of the tests' clock */
#define COARSE 128                         /* ms that a window may last longer */
#define THREADS 2
#define RACES 2000 /* hosts */

static const struct policy_snapshot snapshot = {
	.mask = MARK_MASK_DEFAULT,
	.policies =
		{[GUARD] = {.mode = MODE_GUARD, .host_prefix6 = 56, .burst = 10, .burst_time = 60},
		 [WIDE] = {.mode = MODE_GUARD,
			   .host_prefix6 = 64,
			   .burst = 1000,
			   .burst_time = 3600},
		 [FREE] = {.mode = MODE_GUARD, .host_prefix6 = 64, .burst_time = 60},
		 [SINGLE] = {.mode = MODE_GUARD, .host_prefix6 = 64, .burst = 1, .burst_time = 60}},
};

static int setup(void **state)
{
	*state = burst_new((struct hash_key){1, 2});
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	burst_free(*state);
	return 0;
}

static struct addr address(uint8_t first, uint32_t number)
{
	struct addr addr = {.family = FAMILY_IPV4, .bytes = {first}};

	addr.bytes[1] = (uint8_t)(number >> 16);
	addr.bytes[2] = (uint8_t)(number >> 8);
	addr.bytes[3] = (uint8_t)number;
	return addr;
}

static struct addr parsed(const char *text)
{
	struct addr addr = {0};

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static bool meets(struct burst *burst, unsigned policy, uint32_t host, uint32_t server,
		  uint64_t now)
{
	const struct addr source = address(100, host), destination = address(203, server);

	return burst_admit(burst, &snapshot, policy, &source, &destination, now);
}

/* How many of so many new servers a host meets. */
static unsigned met(struct burst *burst, unsigned policy, uint32_t host, uint32_t first,
		    unsigned count, uint64_t now)
{
	unsigned admitted = 0;

	for (unsigned i = 0; i < count; i++)
		admitted += meets(burst, policy, host, first + i, now);
	return admitted;
}

static void test_the_packet_that_crosses_is_refused(void **state)
{
	for (uint32_t server = 0; server < 10; server++)
		assert_true(meets(*state, GUARD, 1, server, START));
	for (uint32_t server = 10; server < 30; server++)
		assert_false(meets(*state, GUARD, 1, server, START + SECOND));
	/* who was admitted is admitted again, who was refused is refused again */
	for (uint32_t server = 0; server < 30; server++)
		assert_int_equal(meets(*state, GUARD, 1, server, START + 59 * SECOND), server < 10);
}

static void test_again_is_not_counted_again(void **state)
{
	for (unsigned times = 0; times < 50; times++)
		assert_int_equal(met(*state, GUARD, 1, 0, 9, START + times * SECOND), 9);
	assert_true(meets(*state, GUARD, 1, 9, START + 50 * SECOND));
	assert_false(meets(*state, GUARD, 1, 10, START + 50 * SECOND));
}

static void test_hosts_do_not_share(void **state)
{
	for (uint32_t host = 0; host < 1000; host++)
		assert_int_equal(met(*state, GUARD, host, 0, 20, START), 10);
	assert_int_equal(burst_evicted(*state), 0);
}

static void test_a_window_ends(void **state)
{
	uint64_t end = START + 60 * SECOND;

	/* counted from the first destination, not from the last */
	assert_true(meets(*state, GUARD, 1, 0, START));
	assert_int_equal(met(*state, GUARD, 1, 1, 20, end - SECOND), 9);
	assert_false(meets(*state, GUARD, 1, 50, end));
	assert_int_equal(met(*state, GUARD, 1, 100, 20, end + COARSE), 10);
	/* what was met in the window before is counted in this one */
	assert_false(meets(*state, GUARD, 1, 0, end + COARSE));
}

/* At every moment of the clock's units a window lasts as long as it should, and not much longer. */
static void test_a_window_lasts(void **state)
{
	for (uint32_t host = 0; host < 300; host++) {
		uint64_t begin = START + host;

		assert_int_equal(met(*state, GUARD, host, 0, 20, begin), 10);
		assert_false(meets(*state, GUARD, host, 30, begin + 60 * SECOND));
		assert_true(meets(*state, GUARD, host, 30, begin + 60 * SECOND + COARSE));
	}
}

/* The threads read the clock one after the other: an older time ends nothing. */
static void test_a_clock_that_was_read_before(void **state)
{
	assert_int_equal(met(*state, GUARD, 1, 0, 5, START), 5);
	assert_int_equal(met(*state, GUARD, 1, 5, 20, START - SECOND), 5);
	assert_int_equal(met(*state, GUARD, 1, 30, 20, START), 0);
}

static void test_ipv6_by_prefix(void **state)
{
	const struct addr destination = parsed("2001:db8:f::25");
	unsigned admitted = 0;

	/* a /56 whose subscriber takes another address, and another /64, for each packet */
	for (unsigned i = 0; i < 40; i++) {
		struct addr source = parsed("2001:db8:1:ff00::1"), server = destination;

		source.bytes[7] = (uint8_t)i;
		source.bytes[15] = (uint8_t)i;
		server.bytes[14] = (uint8_t)i;
		admitted += burst_admit(*state, &snapshot, GUARD, &source, &server, START);
	}
	assert_int_equal(admitted, 10);
	/* the neighbouring /56 */
	for (unsigned i = 0; i < 10; i++) {
		const struct addr source = parsed("2001:db8:1:fe00::1");
		struct addr server = destination;

		server.bytes[14] = (uint8_t)i;
		assert_true(burst_admit(*state, &snapshot, GUARD, &source, &server, START));
	}
}

static void test_no_bound(void **state)
{
	assert_int_equal(met(*state, FREE, 1, 0, 5000, START), 5000);
}

/* Another burst counts at once, with what was counted before. */
static void test_another_burst(void **state)
{
	struct policy_snapshot other = snapshot;
	const struct addr source = address(100, 1);

	assert_int_equal(met(*state, GUARD, 1, 0, 20, START), 10);
	other.policies[GUARD].burst = 15;
	for (uint32_t server = 100; server < 120; server++) {
		const struct addr destination = address(203, server);

		assert_int_equal(burst_admit(*state, &other, GUARD, &source, &destination, START),
				 server < 105);
	}
	assert_false(meets(*state, GUARD, 1, 200, START));
	other.policies[GUARD].burst_time = 30;
	assert_int_equal(met(*state, GUARD, 1, 200, 20, START + 31 * SECOND), 0);
	for (uint32_t server = 200; server < 220; server++) {
		const struct addr destination = address(203, server);

		assert_int_equal(burst_admit(*state, &other, GUARD, &source, &destination,
					     START + 31 * SECOND),
				 server < 215);
	}
}

/* Of more sources than there is room for, none that met many is forgotten, and the loss has a count. */
static void test_a_flood_does_not_reset_the_busy(void **state)
{
	assert_int_equal(met(*state, WIDE, 1, 0, 30, START), 30);
	assert_int_equal(met(*state, GUARD, 2, 0, 30, START), 10);
	for (uint32_t host = 1000; host < 1000 + 20 * BURST_HOSTS; host++)
		assert_true(meets(*state, GUARD, host, host, START + SECOND));
	assert_int_equal(met(*state, GUARD, 2, 100, 30, START + 2 * SECOND), 0);
	assert_int_equal(met(*state, WIDE, 1, 100, 2000, START + 2 * SECOND), 970);
	assert_in_range(burst_evicted(*state), 18 * BURST_HOSTS, 20 * BURST_HOSTS);
}

/* Windows that are over make room first: also those of a host that had met many. */
static void test_room_of_windows_that_are_over(void **state)
{
	uint64_t later = START + 4000 * SECOND;

	for (uint32_t host = 0; host < BURST_HOSTS / 4; host++)
		met(*state, GUARD, host, 0, 10, START);
	/* over for its own policy, and not for the longest: nobody else's room yet */
	assert_int_equal(burst_evicted(*state), 0);
	for (uint32_t host = 0; host < BURST_HOSTS / 4; host++)
		assert_true(meets(*state, GUARD, 100000 + host, 0, later));
	assert_int_equal(burst_evicted(*state), 0);
}

static void test_sweep(void **state)
{
	/* the clock's units come round after 18 hours: nothing of then may be left */
	uint64_t round = (UINT64_C(1) << 20) * 64;

	assert_int_equal(met(*state, GUARD, 1, 0, 20, START), 10);
	assert_int_equal(met(*state, WIDE, 2, 0, 20, START), 20);
	burst_sweep(*state, START + 3500 * SECOND);
	assert_int_equal(met(*state, WIDE, 2, 100, 2000, START + 3500 * SECOND), 980);
	burst_sweep(*state, START + BURST_SWEEP_MS);
	assert_int_equal(met(*state, GUARD, 1, 20, 20, START + round), 10);
	assert_int_equal(met(*state, WIDE, 2, 3000, 2000, START + round), 1000);
}

/* --- several threads --- */

struct race {
	struct burst *burst;
	atomic_uint arrived; /* threads, at all meetings so far */
	unsigned policy, servers;
	bool same; /* all meet the same servers, each at once; else each its own */
	atomic_uint admitted[RACES];
	unsigned again[RACES], more[RACES]; /* afterwards: the same ones, and others */
};

struct racer {
	struct race *race;
	unsigned number;
};

/* All go on within nanoseconds of one another: pthread_barrier_wait() wakes one by one. */
static void meet_all(struct race *race)
{
	unsigned all = (atomic_fetch_add(&race->arrived, 1) / THREADS + 1) * THREADS;

	for (unsigned spins = 0; atomic_load(&race->arrived) < all; spins++)
		if (spins % 4096 == 4095)
			sched_yield();
}

static void *run(void *arg)
{
	const struct racer *racer = arg;
	struct race *race = racer->race;

	for (unsigned host = 0; host < RACES; host++) {
		meet_all(race);
		for (unsigned server = 0; server < race->servers; server++) {
			unsigned first = race->same ? server : racer->number * 1000 + server;

			if (race->same)
				meet_all(race);
			race->admitted[host] +=
				met(race->burst, race->policy, host, first, 1, START);
		}
		meet_all(race);
		if (racer->number)
			continue;
		race->again[host] = met(race->burst, race->policy, host, 0, race->servers, START);
		race->more[host] = met(race->burst, race->policy, host, 9000, 10, START);
	}
	return NULL;
}

static void run_all(struct race *race)
{
	pthread_t threads[THREADS];
	struct racer racers[THREADS];

	for (unsigned i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){race, i};
		assert_int_equal(pthread_create(&threads[i], NULL, run, &racers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void assert_exact(struct burst *burst, unsigned policy, unsigned count)
{
	struct race race = {.burst = burst, .policy = policy, .servers = 20};

	run_all(&race);
	for (unsigned host = 0; host < RACES; host++) {
		assert_int_equal(race.admitted[host], count);
		assert_int_equal(race.more[host], 0);
	}
}

/* Threads that meet different servers for one host admit exactly the burst in all. */
static void test_threads_share_a_host(void **state)
{
	assert_exact(*state, GUARD, 10);
}

/* Where a host that is new takes another one's place, it does not take that of itself. */
static void test_threads_share_a_host_where_all_are_taken(void **state)
{
	for (uint32_t host = 0; host < 6 * BURST_HOSTS; host++)
		met(*state, WIDE, RACES + host, 0, 3, START);
	assert_exact(*state, GUARD, 10);
}

/* The threads may give the host a word each: both count. */
static void test_threads_share_a_first_packet(void **state)
{
	assert_exact(*state, SINGLE, 1);
}

/* Threads that meet the same servers count each once; what was refused meanwhile passes now. */
static void test_threads_share_servers(void **state)
{
	struct race race = {.burst = *state, .policy = GUARD, .servers = 10, .same = true};

	run_all(&race);
	for (unsigned host = 0; host < RACES; host++) {
		assert_in_range(race.admitted[host], (11 - THREADS) * THREADS, 10 * THREADS);
		assert_int_equal(race.again[host], 10);
		assert_int_equal(race.more[host], 0);
	}
}

/* The question is answered as the next packet will be, and nothing is counted by it. */
static void test_would_admit(void **state)
{
	struct addr nobody = {0};
	struct burst *burst = *state;
	const struct addr source = address(100, 7);

	for (unsigned i = 0; i < 10; i++) {
		const struct addr server = address(203, i);

		for (int again = 0; again < 30; again++) {
			assert_true(burst_would_admit(burst, &snapshot, GUARD, &source, &server,
						      START));
			assert_true(burst_would_admit(burst, &snapshot, GUARD, &source, &nobody,
						      START));
		}
		assert_true(burst_admit(burst, &snapshot, GUARD, &source, &server, START));
	}
	for (unsigned i = 0; i < 20; i++) {
		const struct addr server = address(203, i);

		assert_int_equal(burst_would_admit(burst, &snapshot, GUARD, &source, &server,
						   START),
				 i < 10);
	}
	assert_false(burst_would_admit(burst, &snapshot, GUARD, &source, &nobody, START));
	assert_true(burst_would_admit(burst, &snapshot, FREE, &source, &nobody, START));
	assert_true(
		burst_would_admit(burst, &snapshot, GUARD, &source, &nobody, START + 61 * SECOND));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_the_packet_that_crosses_is_refused),
		TEST(test_again_is_not_counted_again),
		TEST(test_hosts_do_not_share),
		TEST(test_a_window_ends),
		TEST(test_a_window_lasts),
		TEST(test_a_clock_that_was_read_before),
		TEST(test_ipv6_by_prefix),
		TEST(test_no_bound),
		TEST(test_would_admit),
		TEST(test_another_burst),
		TEST(test_a_flood_does_not_reset_the_busy),
		TEST(test_room_of_windows_that_are_over),
		TEST(test_sweep),
		TEST(test_threads_share_a_host),
		TEST(test_threads_share_a_host_where_all_are_taken),
		TEST(test_threads_share_a_first_packet),
		TEST(test_threads_share_servers),
	};
#undef TEST

	return cmocka_run_group_tests_name("engine/burst", tests, NULL, NULL);
}
