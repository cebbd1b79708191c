// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "control/hosts/tracker.h"

static const struct hash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

#define SECOND UINT64_C(1000000000)

static const struct tracker_source home = {.policy = 4, .length6 = 56};

/* Times are seconds here. */
static struct host *event(struct tracker *tracker, const char *from, const char *to, uint64_t time,
			  bool *fresh)
{
	struct message_event record = {.time = time * SECOND,
				       .source = addr_of(from),
				       .destination = addr_of(to),
				       .action = MARK_REFUSE,
				       .policy = 3,
				       .mac_length = 6,
				       .mac = {2, 0, 0, 0, 0, 1}};

	return tracker_event(tracker, &record, &home, fresh);
}

static void tally_born(struct tracker *tracker, const char *host, uint32_t birth, uint64_t packets,
		       uint64_t now)
{
	const struct message_tally record = {
		.host = addr_of(host), .kind = MESSAGE_REFUSED, .birth = birth, .packets = packets};

	tracker_tally(tracker, &record, &home, now * SECOND);
}

static void tally(struct tracker *tracker, const char *host, uint8_t kind, uint64_t packets,
		  uint64_t now)
{
	const struct message_tally record = {
		.host = addr_of(host), .kind = kind, .packets = packets};

	tracker_tally(tracker, &record, &home, now * SECOND);
}

static struct host *host_of(struct tracker *tracker, const char *text)
{
	const struct addr addr = addr_of(text);

	return tracker_find(tracker, &addr);
}

static void test_siphash(void **state)
{
	uint8_t bytes[15];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	/* The test vector of the paper, appendix A. */
	assert_true(hash_bytes(&key, bytes, sizeof(bytes)) == 0xa129ca6149be45e5);
}

static void test_counts(void **state)
{
	struct tracker *tracker = tracker_new(16, 16, 64, key);
	struct host *host;
	bool fresh;

	(void)state;
	host = event(tracker, "100.64.3.7", "198.51.100.1", 10, &fresh);
	assert_true(fresh);
	assert_ptr_equal(event(tracker, "100.64.3.7", "198.51.100.1", 11, &fresh), host);
	assert_false(fresh);
	event(tracker, "100.64.3.7", "198.51.100.2", 12, &fresh);
	assert_true(fresh);
	event(tracker, "100.64.3.8", "198.51.100.2", 13, &fresh);
	assert_true(fresh);
	assert_int_equal(tracker_count(tracker), 2);
	assert_int_equal(host_destinations(tracker, host), 2);
	assert_int_equal(host_attempts(host), 0); /* the kernel counts, not the events */
	tally(tracker, "100.64.3.7", MESSAGE_REFUSED, 40, 20);
	tally(tracker, "100.64.3.7", MESSAGE_PASSED, 2, 20);
	tracker_reading_end(tracker);
	tally(tracker, "100.64.3.7", MESSAGE_REFUSED, 45, 30);
	tally(tracker, "100.64.3.7", MESSAGE_PASSED, 2, 30);
	tracker_reading_end(tracker);
	assert_int_equal(host->refused, 45);
	assert_int_equal(host->passed, 2);
	assert_int_equal(host_first_seen(tracker, host), 10);
	assert_int_equal(host_last_seen(tracker, host), 30);
	assert_int_equal(host->policy, 3);
	tracker_free(tracker);
}

/* An element that expired in the kernel counts from 0 again, whether a reading missed it or not. */
static void test_expired_tally(void **state)
{
	struct tracker *tracker = tracker_new(16, 16, 64, key);

	(void)state;
	tally(tracker, "100.64.3.7", MESSAGE_REFUSED, 5, 10);
	tracker_reading_end(tracker);
	tracker_reading_end(tracker); /* without it */
	tally(tracker, "100.64.3.7", MESSAGE_REFUSED, 9, 30);
	tracker_reading_end(tracker);
	assert_int_equal(host_of(tracker, "100.64.3.7")->refused, 14);
	tally(tracker, "100.64.3.7", MESSAGE_REFUSED, 2, 40);
	tracker_reading_end(tracker);
	assert_int_equal(host_of(tracker, "100.64.3.7")->refused, 16);
	assert_int_equal(host_of(tracker, "100.64.3.7")->policy, 4); /* no event told another */
	tracker_free(tracker);
}

/* One that expired and grew beyond what it had within one reading is told by its birth. */
static void test_tally_born_again(void **state)
{
	struct tracker *tracker = tracker_new(16, 16, 64, key);
	struct host *host;

	(void)state;
	tally_born(tracker, "100.64.3.7", 1, 5, 10);
	tracker_reading_end(tracker);
	tally_born(tracker, "100.64.3.7", 2, 5, 20);
	tracker_reading_end(tracker);
	tally_born(tracker, "100.64.3.7", 3, 9, 30);
	tracker_reading_end(tracker);
	tally_born(tracker, "100.64.3.7", 3, 10, 40);
	host = host_of(tracker, "100.64.3.7");
	assert_int_equal(host->refused, 5 + 5 + 9 + 1);
	tracker_free(tracker);
}

static void test_ipv6_hosts(void **state)
{
	struct tracker *tracker = tracker_new(16, 16, 64, key);
	char text[PREFIX_TEXT_MAX];
	struct prefix prefix;
	bool fresh;

	(void)state;
	event(tracker, "2001:db8:0:1::5", "2001:db9::25", 10, &fresh);
	event(tracker, "2001:db8:0:2::6", "2001:db9::25", 11, &fresh);
	assert_false(fresh);
	tally(tracker, "2001:db8:0:1::", MESSAGE_REFUSED, 3, 20);
	tally(tracker, "2001:db8:0:2::", MESSAGE_REFUSED, 4, 20);
	tally(tracker, "2001:db8:0:100::", MESSAGE_REFUSED, 1, 20);
	tracker_reading_end(tracker);
	assert_int_equal(tracker_count(tracker), 2);
	prefix = host_prefix(host_of(tracker, "2001:db8:0:2::6"));
	assert_string_equal(prefix_format(&prefix, text), "2001:db8::/56");
	assert_int_equal(host_of(tracker, "2001:db8:0:ff::")->refused, 7);
	assert_null(host_of(tracker, "2001:db8:0:200::"));
	tracker_free(tracker);
}

/* Newcomers in a crowd find no room while those before them are as busy. */
static void test_bounds(void **state)
{
	struct tracker *tracker = tracker_new(4, 2, 8, key);
	struct tracker_losses losses;
	char from[32];
	bool fresh;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(from, sizeof(from), "10.0.%u.%u", i / 256, i % 256);
		event(tracker, from, "198.51.100.1", 1, &fresh);
		assert_int_equal(fresh, i < 4);
	}
	losses = tracker_losses(tracker);
	assert_int_equal(tracker_count(tracker), 4);
	assert_int_equal(tracker_active_count(tracker), 2);
	assert_int_equal(losses.hosts_unadmitted, 996);
	assert_int_equal(losses.details_unadmitted, 2);
	assert_int_equal(losses.hosts_forgotten, 0);
	/* one comes back, and has more to show than those that did not */
	event(tracker, "10.0.0.3", "198.51.100.1", 2, &fresh);
	event(tracker, "10.0.0.3", "198.51.100.1", 2, &fresh);
	assert_non_null(host_lines(tracker, host_of(tracker, "10.0.0.3")));
	assert_int_equal(tracker_losses(tracker).details_forgotten, 1);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(from, sizeof(from), "10.1.0.%u", i);
		event(tracker, from, "198.51.100.1", 200, &fresh);
	}
	losses = tracker_losses(tracker);
	assert_int_equal(losses.hosts_forgotten, 3);
	assert_non_null(host_of(tracker, "10.0.0.3"));
	assert_non_null(host_of(tracker, "10.1.0.2"));
	assert_null(host_of(tracker, "10.1.0.3"));
	for (unsigned i = 0; i < 20; i++) {
		snprintf(from, sizeof(from), "10.1.0.%u", i);
		tally(tracker, from, MESSAGE_REFUSED, 1, 200);
	}
	tracker_reading_end(tracker);
	assert_int_equal(tracker_losses(tracker).tallies_unread, 12);
	tracker_free(tracker);
}

static void test_top(void **state)
{
	struct tracker *tracker = tracker_new(64, 16, 64, key);
	const struct host *top[5];
	char from[32];

	(void)state;
	assert_int_equal(tracker_top(tracker, top, 5), 0);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(from, sizeof(from), "10.0.0.%u", i);
		tally(tracker, from, MESSAGE_REFUSED, 1 + (i * 17) % 40, i);
	}
	assert_int_equal(tracker_top(tracker, top, 5), 5);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(host_attempts(top[i]), 40 - i);
	tracker_free(tracker);
}

/*
 * Against a count that forgets nothing, with random hosts, destinations, expiries and readings. A
 * host whose element has expired rests until a reading without it.
 */
static void test_random(void **state)
{
	enum { HOSTS = 50, DESTINATIONS = 40, ROUNDS = 20000 };
	static bool met[HOSTS][DESTINATIONS], rests[HOSTS];
	uint64_t sent[HOSTS] = {0}, kernel[HOSTS] = {0}, seed = 2525;
	struct tracker *tracker = tracker_new(HOSTS, HOSTS, HOSTS, key);
	char from[32], to[32];
	bool fresh;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned host = random_below(&seed, HOSTS);
		unsigned destination = random_below(&seed, DESTINATIONS);

		snprintf(from, sizeof(from), "10.0.0.%u", host);
		snprintf(to, sizeof(to), "198.51.100.%u", destination);
		if (!rests[host]) {
			event(tracker, from, to, i / 8, &fresh);
			assert_int_equal(fresh, !met[host][destination]);
			met[host][destination] = true;
			sent[host]++;
			kernel[host]++;
		}
		if (i % 100 != 99)
			continue;
		for (unsigned j = 0; j < HOSTS; j++) {
			snprintf(from, sizeof(from), "10.0.0.%u", j);
			if (kernel[j])
				tally(tracker, from, MESSAGE_REFUSED, kernel[j], i / 8);
			rests[j] = random_below(&seed, 10) == 0;
			if (rests[j])
				kernel[j] = 0;
		}
		tracker_reading_end(tracker);
	}
	for (unsigned j = 0; j < HOSTS; j++) {
		snprintf(from, sizeof(from), "10.0.0.%u", j);
		if (kernel[j])
			tally(tracker, from, MESSAGE_REFUSED, kernel[j], ROUNDS);
	}
	for (struct host *host = tracker_next(tracker, NULL); host;
	     host = tracker_next(tracker, host)) {
		unsigned number = host_prefix(host).addr.bytes[3], destinations = 0;

		for (unsigned j = 0; j < DESTINATIONS; j++)
			destinations += met[number][j];
		assert_int_equal(host_destinations(tracker, host), destinations);
		assert_int_equal(host->refused, sent[number]);
	}
	tracker_free(tracker);
}

/* --- classes --- */

#define HOUR 3600u

static const struct tracker_terms block = {
	.thresholds = {.suspect_servers = 12,
		       .suspect_servers_hour = 25,
		       .suspect_tries = 300,
		       .infected_servers = 40,
		       .infected_tries = 250,
		       .infected_parts = 3,
		       .answered_weight = 10},
	.mode = MODE_BLOCK,
};

struct changes {
	enum host_class before[16], after[16];
	size_t count;
};

static void note_change(void *ctx, const struct host *host, enum host_class before)
{
	struct changes *changes = ctx;

	assert_true(changes->count < 16);
	changes->before[changes->count] = before;
	changes->after[changes->count++] = host->class;
}

static struct tracker *watching(struct changes *changes)
{
	struct tracker *tracker = tracker_new(64, 16, 64, key);

	tracker_terms(tracker, 3, &block);
	tracker_observe(tracker, note_change, changes);
	return tracker;
}

/* @count different servers, of networks of their own, from @time on, @step seconds apart. */
static void fan_out(struct tracker *tracker, const char *from, unsigned first, unsigned count,
		    uint64_t time, unsigned step)
{
	char to[32];
	bool fresh;

	for (unsigned i = first; i < first + count; i++, time += step) {
		snprintf(to, sizeof(to), "198.%u.%u.25", 18 + i / 256, i % 256);
		event(tracker, from, to, time, &fresh);
		tracker_sweep(tracker, time * SECOND);
	}
}

static void sweep_for(struct tracker *tracker, uint64_t from, uint64_t to)
{
	for (uint64_t time = from; time < to; time += 60)
		tracker_sweep(tracker, time * SECOND);
}

/* Suspect at the twelfth server, and not for ever; a suspect whose incident is open stays known. */
static void test_class_comes_and_goes(void **state)
{
	struct changes changes = {.count = 0};
	struct tracker *tracker = watching(&changes);
	struct host *host;

	(void)state;
	fan_out(tracker, "100.64.3.7", 0, 11, 100000, 1);
	assert_int_equal(changes.count, 0);
	fan_out(tracker, "100.64.3.7", 11, 1, 100011, 1);
	assert_int_equal(changes.count, 1);
	assert_int_equal(changes.before[0], CLASS_CLEAN);
	assert_int_equal(changes.after[0], CLASS_SUSPECT);
	assert_int_equal(tracker_class_count(tracker, CLASS_SUSPECT), 1);
	sweep_for(tracker, 100020, 100020 + 2 * HOUR);
	assert_int_equal(changes.count, 2);
	assert_int_equal(changes.after[1], CLASS_CLEAN);
	sweep_for(tracker, 100020 + 2 * HOUR, 100020 + 25 * HOUR);
	host = host_of(tracker, "100.64.3.7");
	assert_non_null(host);
	assert_null(host_lines(tracker, host)); /* idle */
	assert_int_equal(host_destinations(tracker, host), 12);
	assert_int_equal(tracker_active_count(tracker), 0);
	tracker_free(tracker);
}

static void test_infected_stays_while_pinned(void **state)
{
	struct changes changes = {.count = 0};
	struct tracker *tracker = watching(&changes);
	char lines[HOST_REASONS_MAX][HOST_REASON_MAX];
	struct host *host;

	(void)state;
	fan_out(tracker, "100.64.3.7", 0, 500, 100000, 2);
	host = host_of(tracker, "100.64.3.7");
	assert_int_equal(host->class, CLASS_INFECTED);
	assert_true(host_reasons(tracker, host, lines) >= 1);
	tracker_pin(tracker, host, true);
	sweep_for(tracker, 101000, 101000 + 48 * HOUR);
	assert_ptr_equal(host_of(tracker, "100.64.3.7"), host);
	assert_int_equal(host->class, CLASS_INFECTED);
	assert_true(host_reasons(tracker, host, lines) >= 1);
	assert_non_null(strstr(lines[0], "while its incident is open"));
	tracker_pin(tracker, host, false);
	sweep_for(tracker, 101000 + 48 * HOUR, 101000 + 49 * HOUR);
	assert_int_equal(host->class, CLASS_CLEAN);
	tracker_free(tracker);
}

/* Room for two: who was pinned, and who is worse, stays; among equals who was there last. */
static void test_who_makes_room(void **state)
{
	struct tracker *tracker = tracker_new(3, 3, 16, key);
	bool fresh;

	(void)state;
	tracker_terms(tracker, 3, &block);
	event(tracker, "100.64.3.1", "198.51.100.1", 1000, &fresh);
	tracker_pin(tracker, host_of(tracker, "100.64.3.1"), true);
	fan_out(tracker, "100.64.3.2", 0, 20, 1000, 1);
	event(tracker, "100.64.3.3", "198.51.100.1", 1100, &fresh);
	event(tracker, "100.64.3.4", "198.51.100.1", 2000, &fresh);
	assert_non_null(host_of(tracker, "100.64.3.1"));
	assert_non_null(host_of(tracker, "100.64.3.2"));
	assert_null(host_of(tracker, "100.64.3.3"));
	assert_non_null(host_of(tracker, "100.64.3.4"));
	tracker_forget(tracker, host_of(tracker, "100.64.3.1"));
	assert_null(host_of(tracker, "100.64.3.1"));
	assert_int_equal(tracker_count(tracker), 2);
	tracker_free(tracker);
}

/* The wall clock is set: nobody did in a second what took an hour, and nothing is forgotten. */
static void test_clock(void **state)
{
	struct changes changes = {.count = 0};
	struct tracker *tracker = watching(&changes);
	struct host *host;

	(void)state;
	fan_out(tracker, "100.64.3.7", 0, 8, 100000, 100);
	tracker_clock(tracker, -50000 * INT64_C(1000));
	fan_out(tracker, "100.64.3.7", 8, 8, 50800, 100);
	tracker_clock(tracker, 90000 * INT64_C(1000));
	fan_out(tracker, "100.64.3.7", 16, 8, 141600, 100);
	assert_int_equal(changes.count, 0);
	host = host_of(tracker, "100.64.3.7");
	assert_int_equal(host_destinations(tracker, host), 24);
	assert_int_equal(host_last_seen(tracker, host), 142300);
	assert_int_equal(host_last_seen(tracker, host) - host_first_seen(tracker, host), 2300);
	tracker_free(tracker);
}

/* A watched host is held against its own busiest hour, which fades when it is quiet. */
static void test_watched_by_its_past(void **state)
{
	static const struct tracker_source watched = {
		.policy = 3, .length6 = 64, .verified = true, .watched = true};
	struct changes changes = {.count = 0};
	struct tracker *tracker = watching(&changes);
	uint64_t time = 1000 * HOUR;
	unsigned met = 0, peak;
	bool fresh;

	(void)state;
	/* 10 new servers an hour: its hours are known after a day, and 25 in one are nothing new */
	for (unsigned i = 0; i < 24 * 10; i++, time += HOUR / 10) {
		struct message_event record = {.time = time * SECOND,
					       .source = addr_of("100.64.3.7"),
					       .destination = addr_of("198.18.0.0"),
					       .policy = 3};

		record.destination.bytes[2] = (uint8_t)(met / 200);
		record.destination.bytes[3] = (uint8_t)(met++ % 200);
		tracker_event(tracker, &record, &watched, &fresh);
	}
	assert_int_equal(changes.count, 0);
	peak = host_of(tracker, "100.64.3.7")->peak;
	assert_in_range(peak, 9, 20); /* by the sketch */
	for (unsigned i = 0; i < 4 * peak; i++, time += 3 * HOUR / (4 * 4 * peak)) {
		struct message_event record = {.time = time * SECOND,
					       .source = addr_of("100.64.3.7"),
					       .destination = addr_of("198.19.0.0"),
					       .policy = 3};

		record.destination.bytes[3] = (uint8_t)i;
		tracker_event(tracker, &record, &watched, &fresh);
		if (i < 2 * peak) /* 25 and more, which is suspect of others */
			assert_int_equal(changes.count, 0);
	}
	assert_int_equal(changes.count, 1);
	assert_int_equal(host_of(tracker, "100.64.3.7")->class, CLASS_SUSPECT);
	tracker_free(tracker);
}

static void test_handshakes_and_submissions(void **state)
{
	struct tracker *tracker = tracker_new(16, 16, 64, key);
	struct message_event talk = {.time = 1000 * SECOND,
				     .kind = MESSAGE_HANDSHAKE,
				     .source = addr_of("100.64.3.7"),
				     .destination = addr_of("198.51.100.1")};
	struct contact sample[CONTACTS_SAMPLE];
	struct host_facts facts;
	bool fresh;

	(void)state;
	/* nothing is kept about a host that never tried port 25 */
	assert_null(tracker_event(tracker, &talk, &home, &fresh));
	tally(tracker, "100.64.3.7", MESSAGE_SUBMISSION, 3, 1000);
	assert_int_equal(tracker_count(tracker), 0);
	event(tracker, "100.64.3.7", "198.51.100.1", 1000, &fresh);
	event(tracker, "100.64.3.7", "198.51.100.2", 1000, &fresh);
	assert_non_null(tracker_event(tracker, &talk, &home, &fresh));
	tally(tracker, "100.64.3.7", MESSAGE_SUBMISSION, 5, 1002);
	assert_true(host_facts(tracker, host_of(tracker, "100.64.3.7"), &facts));
	assert_int_equal(facts.servers[WINDOW_5MIN], 2);
	assert_int_equal(facts.answered[WINDOW_5MIN], 1);
	assert_int_equal(facts.networks[WINDOW_HOUR], 1);
	assert_int_equal(facts.submissions, 2);
	assert_int_equal(facts.questions, 2);
	assert_true(facts.exact);
	assert_int_equal(host_sample(tracker, host_of(tracker, "100.64.3.7"), sample), 2);
	assert_true(sample[0].answered);
	assert_false(sample[1].answered);
	assert_int_equal(sample[0].first, 1000);
	tracker_free(tracker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_class_comes_and_goes),
		cmocka_unit_test(test_infected_stays_while_pinned),
		cmocka_unit_test(test_who_makes_room),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_watched_by_its_past),
		cmocka_unit_test(test_handshakes_and_submissions),
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_expired_tally),
		cmocka_unit_test(test_tally_born_again),
		cmocka_unit_test(test_ipv6_hosts),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("control/tracker", tests, NULL, NULL);
}
