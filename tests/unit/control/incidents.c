// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "control/incidents/incidents.h"

#define NOW 1796083200
#define DAY 86400

static const struct hash_key key = {1, 2};

static struct allow_clock at(int64_t seconds)
{
	return (struct allow_clock){.real = NOW + seconds,
				    .boot_ms = (uint64_t)(1000000 + seconds) * 1000};
}

static struct prefix host_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static struct incident *opened(struct incidents *incidents, unsigned number, enum host_class class,
			       int64_t when)
{
	char text[32];
	struct prefix host;

	snprintf(text, sizeof(text), "100.64.%u.%u", number / 256, number % 256);
	host = host_of(text);
	return incidents_open(incidents, &host, class, at(when));
}

/* Numbers what is owed at once and says that it was stored; returns how many there were. */
static size_t store_all(struct incidents *incidents, bool stored)
{
	struct incident *list[64];
	size_t count, all = 0;

	while ((count = incidents_owing(incidents, INCIDENT_AT_ONCE, list, 64))) {
		incidents_number(incidents, list, count);
		for (size_t i = 0; i < count; i++)
			incidents_begin(incidents, list[i]);
		for (size_t i = 0; i < count; i++)
			incidents_done(incidents, list[i], stored);
		all += count;
	}
	return all;
}

/* How many the database does not have as they are. */
static size_t unwritten(struct incidents *incidents)
{
	struct incident *list[64];
	size_t count = 0;

	for (enum incident_write owed = INCIDENT_TOLD; owed <= INCIDENT_AT_ONCE; owed++)
		count += incidents_owing(incidents, owed, list, 64);
	return count;
}

static void test_one_for_each_host(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	struct prefix host = host_of("100.64.0.7"), other = host_of("2001:db8:0:7::/64");
	struct incident *incident;

	(void)state;
	assert_null(incidents_find(incidents, &host));
	incident = opened(incidents, 7, CLASS_SUSPECT, 0);
	assert_ptr_equal(incidents_find(incidents, &host), incident);
	assert_null(incidents_find(incidents, &other));
	assert_int_equal(incident->id, 0);
	assert_int_equal(store_all(incidents, true), 1);
	assert_int_equal(incident->id, 1);
	assert_int_equal(incident->change, 1);
	assert_ptr_equal(incidents_by_id(incidents, 1), incident);
	assert_int_equal(store_all(incidents, true), 0);
	incidents_close(incidents, incident, NOW + 5);
	assert_null(incidents_find(incidents, &host));
	assert_int_equal(incidents_count(incidents), 0);
	/* before the first is written, the host begins another one */
	assert_non_null(opened(incidents, 7, CLASS_SUSPECT, 6));
	assert_int_equal(store_all(incidents, true), 2);
	assert_null(incidents_by_id(incidents, 1));
	assert_int_equal(incidents_find(incidents, &host)->id, 2);
	assert_int_equal(incidents_last_change(incidents), 3);
	assert_int_equal(unwritten(incidents), 0);
	incidents_free(incidents);
}

static void test_class(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	struct incident *incident = opened(incidents, 1, CLASS_SUSPECT, 0);

	(void)state;
	assert_false(incidents_class(incidents, incident, CLASS_SUSPECT));
	assert_false(incidents_class(incidents, incident, CLASS_CLEAN));
	assert_int_equal(incident->class, CLASS_SUSPECT);
	/* a queue turns out to be one */
	assert_true(incidents_class(incidents, incident, CLASS_MISCONFIGURED));
	assert_true(incidents_class(incidents, incident, CLASS_INFECTED));
	assert_false(incidents_class(incidents, incident, CLASS_SUSPECT));
	assert_int_equal(incident->class, CLASS_INFECTED);
	assert_int_equal(incidents_class_count(incidents, CLASS_INFECTED), 1);
	assert_int_equal(incidents_class_count(incidents, CLASS_SUSPECT), 0);
	incidents_free(incidents);
}

static void test_counts(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	struct incident *incident = opened(incidents, 1, CLASS_SUSPECT, 0);

	(void)state;
	incident->attempts = 40;
	incident->host_attempts = 100; /* of which 60 are of another time */
	incidents_counted(incident, 110, 3);
	assert_int_equal(incident->attempts, 50);
	assert_int_equal(incident->destinations, 3);
	incidents_counted(incident, 110, 3);
	assert_int_equal(incident->attempts, 50);
	incidents_counted(incident, 4, 1); /* the record was made anew */
	assert_int_equal(incident->attempts, 54);
	assert_int_equal(incident->destinations, 4);
	incidents_free(incidents);
}

static void test_quiet(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	struct incident *incident = opened(incidents, 1, CLASS_SUSPECT, 0);
	struct allow_clock set = at(50);

	(void)state;
	assert_false(incidents_quiet(incident, 100, at(99)));
	assert_true(incidents_quiet(incident, 100, at(100)));
	assert_true(incidents_seen(incident, NOW + 60, at(70)));
	assert_false(incidents_quiet(incident, 100, at(159)));
	assert_true(incidents_quiet(incident, 100, at(160)));
	assert_false(incidents_seen(incident, NOW + 60, at(150)));
	assert_true(incidents_quiet(incident, 100, at(160)));
	/* a clock that was set a year forwards makes nobody quiet */
	set.real += 365 * DAY;
	assert_false(incidents_quiet(incident, 100, set));
	assert_true(incidents_seen(incident, set.real, set));
	assert_false(incidents_quiet(incident, 100, at(149)));
	assert_true(incidents_quiet(incident, 100, at(150)));
	incidents_close(incidents, incident, NOW + 150);
	assert_false(incidents_quiet(incident, 100, at(1000)));
	incidents_free(incidents);
}

/* What was quiet for a while before a restart is so after it, and no longer by a clock that stands in 1970. */
static void test_recall(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	struct incident stored = {.id = 12,
				  .change = 345,
				  .opened = NOW - 5000,
				  .first_seen = NOW - 5001,
				  .last_seen = NOW - 90,
				  .attempts = 7,
				  .class = CLASS_INFECTED,
				  .host = host_of("100.64.0.1"),
				  .reasons = strdup("[\"why\"]")};
	struct incident *incident = incidents_recall(incidents, &stored, at(0));
	struct allow_clock early = {.real = 3, .boot_ms = 3000};

	(void)state;
	assert_int_equal(incident->id, 12);
	assert_int_equal(incidents_class_count(incidents, CLASS_INFECTED), 1);
	assert_int_equal(unwritten(incidents), 0);
	assert_false(incidents_quiet(incident, 100, at(9)));
	assert_true(incidents_quiet(incident, 100, at(10)));
	stored.host = host_of("100.64.0.2");
	stored.reasons = strdup("[]");
	incident = incidents_recall(incidents, &stored, early);
	early.boot_ms += 99000;
	assert_false(incidents_quiet(incident, 100, early));
	early.boot_ms += 1000;
	assert_true(incidents_quiet(incident, 100, early));
	incidents_free(incidents);
}

/* The database comes later than the host: both are one incident, under the number that it had. */
static void test_recall_joins(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	struct incident *incident = opened(incidents, 1, CLASS_SUSPECT, 0);
	struct incident stored = {.id = 12,
				  .opened = NOW - 5000,
				  .first_seen = NOW - 5001,
				  .last_seen = NOW - 90,
				  .attempts = 7,
				  .class = CLASS_INFECTED,
				  .host = host_of("100.64.0.1"),
				  .reasons = strdup("[\"why\"]")};

	(void)state;
	incidents_numbered(incidents, 90000, 90000);
	store_all(incidents, false);
	assert_int_equal(incident->id, 90001);
	incident->attempts = 5;
	assert_ptr_equal(incidents_recall(incidents, &stored, at(1)), incident);
	assert_int_equal(incident->id, 12);
	assert_int_equal(incident->opened, NOW - 5000);
	assert_int_equal(incident->last_seen, NOW);
	assert_int_equal(incident->attempts, 12);
	assert_int_equal(incident->class, CLASS_INFECTED);
	assert_int_equal(incidents_count(incidents), 1);
	assert_int_equal(store_all(incidents, true), 1);
	assert_int_equal(incident->change, 90002);
	incidents_free(incidents);
}

/* What the database does not take is told once, and written later under the same number. */
static void test_no_database(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	struct incident *incident = opened(incidents, 1, CLASS_SUSPECT, 0), *list[4];

	(void)state;
	assert_int_equal(store_all(incidents, false), 1);
	assert_int_equal(unwritten(incidents), 1);
	assert_int_equal(incidents_owing(incidents, INCIDENT_AT_ONCE, list, 4), 0);
	assert_int_equal(incidents_owing(incidents, INCIDENT_TOLD, list, 4), 1);
	assert_ptr_equal(list[0], incident);
	incidents_touch(incidents, incident, INCIDENT_AT_ONCE);
	assert_int_equal(incidents_owing(incidents, INCIDENT_TOLD, list, 4), 0);
	assert_int_equal(store_all(incidents, true), 1);
	assert_int_equal(incident->change, 2);
	assert_int_equal(unwritten(incidents), 0);
	incidents_free(incidents);
}

static void test_room(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	struct incidents_losses losses;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		assert_non_null(opened(incidents, i, CLASS_SUSPECT, i));
	/* nobody of the same class makes room who was active a moment ago */
	assert_null(opened(incidents, 16, CLASS_SUSPECT, 100));
	assert_null(opened(incidents, 17, CLASS_MISCONFIGURED, 100 + INCIDENTS_GRACE));
	assert_non_null(opened(incidents, 18, CLASS_INFECTED, 100));
	losses = incidents_losses(incidents);
	assert_int_equal(losses.unopened, 2);
	assert_int_equal(losses.displaced, 1);
	assert_int_equal(incidents_count(incidents), 16);
	/* the one that was quiet for longest went */
	assert_null(incidents_find(incidents, &(struct prefix){host_of("100.64.0.0").addr, 32}));
	assert_non_null(
		incidents_find(incidents, &(struct prefix){host_of("100.64.0.1").addr, 32}));
	assert_non_null(opened(incidents, 19, CLASS_SUSPECT, 1 + INCIDENTS_GRACE));
	assert_int_equal(store_all(incidents, true), 16 + 2);
	incidents_free(incidents);
}

/* Without a database memory is bounded all the same, and what goes unwritten is counted. */
static void test_bounded(void **state)
{
	struct incidents *incidents = incidents_new(16, key);
	size_t left = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct incident *incident = opened(incidents, i, CLASS_SUSPECT, i);

		assert_non_null(incident);
		store_all(incidents, false);
		incidents_close(incidents, incident, NOW + i);
		store_all(incidents, false);
	}
	for (struct incident *i = incidents_next(incidents, NULL); i;
	     i = incidents_next(incidents, i)) {
		assert_true(i->closed >= NOW + 1000 - 80);
		left++;
	}
	assert_int_equal(left, 80);
	assert_int_equal(incidents_losses(incidents).unwritten, 1000 - 80);
	assert_int_equal(incidents_losses(incidents).unopened, 0);
	incidents_free(incidents);
}

static void test_json(void **state)
{
	struct incident incident = {.id = 3,
				    .change = 9,
				    .opened = NOW,
				    .class = CLASS_INFECTED,
				    .action = INCIDENT_CONTAINED,
				    .contained_until = NOW + 3600,
				    .host = host_of("2001:db8:0:7::/64"),
				    .mac_length = 6,
				    .mac = {2, 0, 0x5e, 0, 0, 1},
				    .policy = "home",
				    .evidence_count = 2,
				    .evidence = {{.time = NOW,
						  .source_port = 40000,
						  .destination_port = 25,
						  .answered = true},
						 {.time = NOW + 1}}};
	struct incident again = {0};
	json_t *json, *evidence;
	char *text;

	(void)state;
	addr_parse("2001:db8::25", &incident.evidence[0].destination);
	incident_reasons(&incident, json_pack("[s]", "41 different mail servers in 5 min"));
	json = incident_json(&incident);
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(
		text,
		"{\"action\":\"contained\",\"attempts\":0,\"change\":9,\"class\":\"infected\","
		"\"closed\":null,\"contained_until\":\"2026-12-01T01:00:00Z\",\"destinations\":0,"
		"\"evidence\":[{\"answered\":true,\"dest_ip\":\"2001:db8::25\",\"dest_port\":25,"
		"\"src_ip\":null,\"src_port\":40000,\"time\":\"2026-12-01T00:00:00Z\"},"
		"{\"answered\":false,\"dest_ip\":null,\"dest_port\":0,\"src_ip\":null,\"src_port\":0,"
		"\"time\":\"2026-12-01T00:00:01Z\"}],"
		"\"first_seen\":null,\"host\":\"2001:db8:0:7::/64\",\"id\":3,\"interface\":null,"
		"\"last_seen\":null,\"mac\":\"02:00:5e:00:00:01\",\"name\":null,\"name_source\":null,"
		"\"opened\":\"2026-12-01T00:00:00Z\",\"policy\":\"home\",\"range\":null,"
		"\"reasons\":[\"41 different mail servers in 5 min\"],\"shared\":false,"
		"\"state\":\"open\",\"verified\":false}");
	free(text);
	json_decref(json);
	evidence = incident_evidence_json(&incident);
	text = json_dumps(evidence, 0);
	incident_evidence_read(&again, text);
	assert_int_equal(again.evidence_count, 2);
	assert_memory_equal(again.evidence, incident.evidence, sizeof(again.evidence));
	free(text);
	json_decref(evidence);
	for (size_t i = 0; i < 5; i++) {
		static const char *const bad[] = {"", "{}", "[3]", "[{\"time\":\"x\"}]",
						  "[{\"time\":3}]"};

		incident_evidence_read(&again, bad[i]);
		assert_int_equal(again.evidence_count, 0);
	}
	incident_release(&incident);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_for_each_host),
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_recall),
		cmocka_unit_test(test_recall_joins),
		cmocka_unit_test(test_no_database),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("control/incidents", tests, NULL, NULL);
}
