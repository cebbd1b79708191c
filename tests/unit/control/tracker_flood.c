// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A flood of invented sources, one attempt each: it does not grow memory, and does not push out those
 * that have something to show. EDGE25_FLOOD=10000000 makes it as large (tests/scale).
 */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/config/config_thresholds.h"
#include "control/hosts/tracker.h"

#define SECOND UINT64_C(1000000000)
#define START (UINT64_C(1796126400) * SECOND)
#define FLOOD 500000
#define RATE 2500 /* sources a second */
#define MAX_HOSTS 65536
#define MAX_ACTIVE 4096
#define SUSPECTS 100
#define PINNED 10

static const struct tracker_source source = {.policy = 0, .length6 = 64};

static struct addr addr_of(uint32_t number)
{
	struct addr addr = {.family = FAMILY_IPV4};

	for (int i = 0; i < 4; i++)
		addr.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
	return addr;
}

static void attempt(struct tracker *tracker, uint32_t from, uint32_t to, uint64_t now)
{
	const struct message_event event = {.time = now,
					    .source = addr_of(from),
					    .destination = addr_of(to),
					    .destination_port = 25,
					    .action = MARK_REFUSE};
	bool fresh;

	tracker_event(tracker, &event, &source, &fresh);
}

static struct tracker *make(void)
{
	struct tracker *tracker =
		tracker_new(MAX_HOSTS, MAX_ACTIVE, 16, (struct hash_key){25, 465});
	struct tracker_terms terms = {.mode = MODE_BLOCK};

	assert_non_null(tracker);
	thresholds_preset(&terms.thresholds);
	tracker_terms(tracker, 0, &terms);
	return tracker;
}

static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, pages;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static struct host *find(struct tracker *tracker, uint32_t number)
{
	const struct addr addr = addr_of(number);

	return tracker_find(tracker, &addr);
}

#define SUSPECT_AT 0x64400000u /* 100.64.0.0 */
#define PINNED_AT 0x64410000u
#define BOT_AT 0x64420000u
#define FLOOD_AT 0x0a000000u /* 10.0.0.0, and on */

static void make_suspects(struct tracker *tracker)
{
	for (uint32_t i = 0; i < SUSPECTS; i++)
		for (uint32_t to = 0; to < 20; to++)
			attempt(tracker, SUSPECT_AT + i, 0xc6336400 + 256 * to, START);
	for (uint32_t i = 0; i < PINNED; i++) {
		attempt(tracker, PINNED_AT + i, 0xc6336400, START);
		tracker_pin(tracker, find(tracker, PINNED_AT + i), true);
	}
}

static void test_flood(void **state)
{
	const char *text = getenv("EDGE25_FLOOD");
	const uint32_t flood = text ? (uint32_t)strtoul(text, NULL, 10) : FLOOD;
	struct tracker *tracker = make();
	struct tracker_losses losses;
	long before = 0, after;

	(void)state;
	make_suspects(tracker);
	for (uint32_t i = 0; i < flood; i++) {
		uint64_t now = START + (i + 1) * (SECOND / RATE);

		attempt(tracker, FLOOD_AT + i, 0xc6336400, now);
		if (i % RATE == 0)
			tracker_sweep(tracker, now);
		/* a bot that begins in the middle of it, with a new server every five seconds */
		if (i % (5 * RATE) == 0)
			attempt(tracker, BOT_AT, 0x08000000 + 256 * i, now);
		if (i == flood / 2)
			before = resident();
	}
	after = resident();
	losses = tracker_losses(tracker);
	if (text)
		printf("%u sources: %ld KiB more in the second half, %llu found no room, %llu made "
		       "room\n",
		       flood, (after - before) / 1024, (unsigned long long)losses.hosts_unadmitted,
		       (unsigned long long)losses.hosts_forgotten);
	/* The kernel counts pages by processor, and says it by some 64 pages for each of them wrong. */
	assert_true(after - before < 1024 * 1024);
	assert_true(tracker_count(tracker) <= MAX_HOSTS);
	assert_true(tracker_active_count(tracker) <= MAX_ACTIVE);
	/* each is there, was there, or found no room (the bot perhaps several times) */
	assert_in_range(tracker_count(tracker) + losses.hosts_forgotten + losses.hosts_unadmitted,
			flood + SUSPECTS + PINNED,
			flood + SUSPECTS + PINNED + flood / (5 * RATE) + 1);
	for (uint32_t i = 0; i < SUSPECTS; i++) {
		struct host *host = find(tracker, SUSPECT_AT + i);

		assert_non_null(host);
		assert_int_equal(host_destinations(tracker, host), 20);
		assert_non_null(host_lines(tracker, host));
	}
	for (uint32_t i = 0; i < PINNED; i++)
		assert_non_null(find(tracker, PINNED_AT + i));
	assert_non_null(find(tracker, BOT_AT));
	assert_true(find(tracker, BOT_AT)->class >= CLASS_SUSPECT);
	tracker_free(tracker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests_name("control/tracker_flood", tests, NULL, NULL);
}
