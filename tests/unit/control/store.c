// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <sqlite3.h>

#include "control/allow/allowlist.h"
#include "control/hosts/host_class.h"
#include "control/store/store.h"
#include "control/store/store_audit.h"
#include "control/store/store_hosts.h"
#include "control/store/store_incidents.h"
#include "temporary.h"

#define NOW 1796083200

/* The schemas of earlier versions, as they were; an entry and a number in each. */
static const char schema1[] =
	"CREATE TABLE allow (id INTEGER PRIMARY KEY AUTOINCREMENT, from_prefix TEXT NOT NULL,"
	" to_prefix TEXT NOT NULL, expires INTEGER NOT NULL, comment TEXT NOT NULL,"
	" added INTEGER NOT NULL, uid INTEGER NOT NULL, user TEXT NOT NULL,"
	" UNIQUE (from_prefix, to_prefix));"
	"CREATE TABLE audit (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, action TEXT NOT NULL,"
	" entry INTEGER NOT NULL, from_prefix TEXT NOT NULL, to_prefix TEXT NOT NULL,"
	" expires INTEGER NOT NULL, comment TEXT NOT NULL, uid INTEGER NOT NULL, user TEXT NOT NULL);"
	"CREATE TABLE policy_number (name TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE,"
	" used INTEGER NOT NULL);"
	"INSERT INTO allow VALUES (7, '100.64.3.7', '', 0, 'ticket', 1796083100, 1000, 'alice');"
	"INSERT INTO policy_number VALUES ('home', 5, 1796083100);"
	"PRAGMA user_version=1;";
static const char schema2[] = "ALTER TABLE allow ADD COLUMN way INTEGER NOT NULL DEFAULT 0;"
			      "UPDATE allow SET way = 2;"
			      "PRAGMA user_version=2;";

static struct store *open_store(void **state)
{
	char path[TEMPORARY_PATH_MAX];

	return store_new(temporary_path(state, "edge25.db", path));
}

static void make(void **state, const char *one, const char *two)
{
	char path[TEMPORARY_PATH_MAX];
	sqlite3 *db;

	assert_int_equal(sqlite3_open(temporary_path(state, "edge25.db", path), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, one, NULL, NULL, NULL), SQLITE_OK);
	if (two)
		assert_int_equal(sqlite3_exec(db, two, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static const char schema3[] =
	"ALTER TABLE allow ADD COLUMN way INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE incident (id INTEGER PRIMARY KEY, change INTEGER NOT NULL,"
	" last_seen INTEGER, opened INTEGER, closed INTEGER, class TEXT, attempts INTEGER);"
	"CREATE TABLE newest (name TEXT PRIMARY KEY, number INTEGER NOT NULL);"
	"PRAGMA user_version=3;";
/* What happened before: an entry that is gone had a higher id, and there is a line about it. */
static const char before_all[] =
	"INSERT INTO allow (id, from_prefix, to_prefix, expires, comment, added, uid, user)"
	" VALUES (41, '100.64.9.9', '', 0, 'gone', 1, 0, 'root');"
	"DELETE FROM allow WHERE id = 41;"
	"INSERT INTO audit VALUES (3, 1796083000, 'del', 41, '100.64.9.9', '', 0, 'gone', 7, 'bob');";

static int check_entry(void *ctx, const struct allow_entry *entry)
{
	const unsigned way = *(unsigned *)ctx;

	assert_int_equal(entry->id, 7);
	assert_string_equal(entry->comment, "ticket");
	assert_int_equal(entry->way, way);
	*(unsigned *)ctx = 99;
	return 0;
}

static int check_line(void *ctx, const struct audit_line *line)
{
	assert_int_equal(line->id, 3);
	assert_int_equal(line->time, NOW - 200);
	assert_string_equal(line->action, "del");
	assert_int_equal(line->entry.id, 41);
	assert_int_equal(line->entry.from.addr.family, FAMILY_IPV4);
	assert_string_equal(line->entry.comment, "gone");
	assert_int_equal(line->actor.uid, 7);
	assert_string_equal(line->actor.user, "bob");
	++*(unsigned *)ctx;
	return 0;
}

/* From every version: no id comes again, and the audit trail is whole. */
static void test_upgrade_keeps_ids_and_audit(void **state)
{
	static const char *const second[] = {NULL, schema2, schema3};

	for (unsigned i = 0; i < 3; i++) {
		struct allow_difference added = {.step = ALLOW_STEP_ADD};
		const struct store_actor actor = {.time = NOW, .uid = 1, .user = "alice"};
		char path[TEMPORARY_PATH_MAX];
		struct store *store;
		unsigned lines = 0;

		unlink(temporary_path(state, "edge25.db", path));
		make(state, schema1, before_all);
		if (second[i])
			make(state, second[i], NULL);
		store = open_store(state);
		assert_null(store_problem(store));
		assert_int_equal(store_audit_read(store, 0, 0, check_line, &lines), 0);
		assert_int_equal(lines, 1);
		prefix_parse("100.64.9.10", &added.entry.from);
		assert_int_equal(store_allow_write(store, &added, 1, NULL, &actor, NULL), 0);
		assert_int_equal(added.entry.id, 42);
		store_free(store);
	}
}

struct seen {
	int64_t ids[64];
	size_t count;
};

static int note_line(void *ctx, const struct audit_line *line)
{
	struct seen *seen = ctx;

	seen->ids[seen->count++] = line->time;
	return seen->count == 3;
}

static void test_audit(void **state)
{
	struct store *store = open_store(state);
	struct allow_entry entry = {.id = 5, .comment = (char *)"what"};
	struct store_actor actor = {.user = "alice"};
	struct seen seen = {.count = 0};
	size_t deleted;

	for (actor.time = 1; actor.time <= 9; actor.time++) {
		entry.id = actor.time % 3;
		assert_int_equal(store_audit(store, &entry, "test", &actor, NULL), 0);
	}
	assert_int_equal(store_audit_read(store, 0, 0, note_line, &seen), 1);
	assert_int_equal(seen.ids[0], 9);
	assert_int_equal(seen.ids[2], 7);
	seen.count = 0;
	assert_int_equal(store_audit_read(store, 8, 1, note_line, &seen), 1);
	assert_int_equal(seen.ids[0], 7);
	assert_int_equal(seen.ids[2], 1);
	assert_int_equal(store_audit_delete(store, 7, 4, &deleted, NULL), 0);
	assert_int_equal(deleted, 4);
	assert_int_equal(store_audit_delete(store, 7, 4, &deleted, NULL), 0);
	assert_int_equal(deleted, 2);
	seen.count = 0;
	assert_int_equal(store_audit_read(store, 0, 0, note_line, &seen), 1);
	assert_int_equal(seen.ids[2], 7);
	store_free(store);
}

static struct incident incident_of(const char *host, int64_t id, int64_t change, int64_t closed)
{
	struct incident incident = {
		.id = id,
		.change = change,
		.class = CLASS_SUSPECT,
		.action = INCIDENT_REFUSED,
		.opened = NOW - 100,
		.closed = closed,
		.first_seen = NOW - 101,
		.last_seen = NOW - 1,
		.contained_until = NOW + 50,
		.attempts = UINT64_C(1) << 40,
		.destinations = 41,
		.verified = true,
		.mac_length = 6,
		.mac = {2, 0, 0x5e, 0, 0, 9},
		.policy = "home",
		.range = "it's; --",
		.interface = "eth1",
		.name = "drucker",
		.name_source = "label",
		.reasons = strdup("[\"why\"]"),
		.evidence_count = 1,
		.evidence = {{.time = NOW - 50, .source_port = 40000, .destination_port = 25}},
	};

	assert_int_equal(prefix_parse(host, &incident.host), 0);
	addr_parse("203.0.113.25", &incident.evidence[0].destination);
	addr_parse("100.64.0.7", &incident.evidence[0].source);
	return incident;
}

static void write_one(struct store *store, const char *host, int64_t id, int64_t change,
		      int64_t closed)
{
	struct incident incident = incident_of(host, id, change, closed), *list = &incident;

	assert_int_equal(store_incidents_write(store, &list, 1, NULL, NULL, NULL), 0);
	incident_release(&incident);
}

static int see(void *ctx, struct incident *incident)
{
	struct seen *seen = ctx;

	seen->ids[seen->count++] = incident->id;
	incident_release(incident);
	return 0;
}

static int see_same(void *ctx, struct incident *incident)
{
	struct incident wanted = incident_of("100.64.0.7", 1, 10, 0);
	json_t *a = incident_json(incident), *b = incident_json(&wanted);

	assert_true(json_equal(a, b));
	assert_true(json_object_size(a) > 20);
	json_decref(a);
	json_decref(b);
	incident_release(incident);
	incident_release(&wanted);
	++*(unsigned *)ctx;
	return 0;
}

static void test_upgrades(void **state)
{
	static const char *const second[] = {NULL, schema2};
	static const struct policy policy = {.name = "home"};

	for (unsigned i = 0; i < 2; i++) {
		uint8_t numbers[POLICIES_MAX];
		struct store *store;
		unsigned way = i ? ALLOW_ALWAYS : ALLOW_FREE;
		char path[TEMPORARY_PATH_MAX];

		unlink(temporary_path(state, "edge25.db", path));
		make(state, schema1, second[i]);
		store = open_store(state);
		assert_null(store_problem(store));
		assert_int_equal(store_allow_read(store, check_entry, &way), 0);
		assert_int_equal(way, 99);
		assert_int_equal(store_numbers(store, &policy, 1, NOW, numbers), 0);
		assert_int_equal(numbers[0], 5);
		write_one(store, "100.64.0.7", 1, 1, 0);
		store_free(store);
		store = open_store(state); /* nothing is upgraded twice */
		assert_null(store_problem(store));
		store_free(store);
	}
}

/* An upgrade that fails half way has changed nothing, and says so. */
static void test_upgrade_fails(void **state)
{
	struct store *store;

	make(state, schema1, "CREATE TABLE host (x);");
	store = open_store(state);
	assert_false(store_ready(store));
	assert_non_null(strstr(store_problem(store), "host already exists"));
	store_free(store);
	make(state, "DROP TABLE host;", NULL);
	store = open_store(state);
	assert_true(store_ready(store));
	store_free(store);
}

static void test_incidents(void **state)
{
	struct store *store = open_store(state);
	struct prefix host;
	struct seen seen = {0};
	unsigned same = 0;
	int64_t id, change;
	struct store_incidents_wanted wanted = {.after = 22};

	assert_int_equal(store_incidents_newest(store, &id, &change), 0);
	assert_int_equal(id, 0);
	write_one(store, "100.64.0.7", 1, 10, 0);
	assert_int_equal(store_incidents_open(store, 9, see_same, &same), 0);
	assert_int_equal(same, 1);
	for (int64_t i = 2; i <= 9; i++)
		write_one(store, "100.64.0.8", i, 30 - i, NOW + i);
	write_one(store, "100.64.0.9", 10, 40, 0);
	assert_int_equal(store_incidents_newest(store, &id, &change), 0);
	assert_int_equal(id, 10);
	assert_int_equal(change, 40);
	assert_int_equal(store_incidents_closed(store, &wanted, 3, see, &seen), 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.ids[0], 7); /* change 23 */
	assert_int_equal(seen.ids[2], 5);
	seen.count = 0;
	wanted = (struct store_incidents_wanted){.class = CLASS_SUSPECT, .latest = true};
	assert_int_equal(store_incidents_closed(store, &wanted, 2, see, &seen), 0);
	assert_int_equal(seen.ids[0], 2);
	assert_int_equal(seen.count, 2);
	seen.count = 0;
	prefix_parse("100.64.0.8", &host);
	assert_int_equal(store_incidents_host(store, &host, 64, see, &seen), 0);
	assert_int_equal(seen.count, 8);
	seen.count = 0;
	assert_int_equal(store_incidents_find(store, 10, see, &seen), 0);
	assert_int_equal(seen.count, 1);
	store_free(store);
}

static size_t count_wanted(struct store *store, struct store_incidents_wanted wanted)
{
	struct seen seen = {0};

	assert_int_equal(store_incidents_closed(store, &wanted, 64, see, &seen), 0);
	return seen.count;
}

/* Each filter, and what it just does not hold for. */
static void test_incidents_wanted(void **state)
{
	struct store *store = open_store(state);
	struct prefix prefix;

	write_one(store, "100.64.0.7", 1, 1, NOW);
	write_one(store, "100.64.9.8", 2, 2, NOW);
	write_one(store, "2001:db8:1:2::/64", 3, 3, NOW);
#define WANTED(...) count_wanted(store, (struct store_incidents_wanted){__VA_ARGS__})
	assert_int_equal(WANTED(0), 3);
	assert_int_equal(WANTED(.class = CLASS_SUSPECT), 3);
	assert_int_equal(WANTED(.class = CLASS_INFECTED), 0);
	assert_int_equal(WANTED(.policy = "home"), 3);
	assert_int_equal(WANTED(.policy = "office"), 0);
	assert_int_equal(WANTED(.since = NOW - 1), 3);
	assert_int_equal(WANTED(.since = NOW), 0);
	assert_int_equal(WANTED(.until = NOW - 100 + 1), 3);
	assert_int_equal(WANTED(.until = NOW - 100), 0);
	prefix_parse("100.64.0.0/24", &prefix);
	assert_int_equal(WANTED(.prefix = prefix), 1);
	prefix_parse("100.64.9.8", &prefix);
	assert_int_equal(WANTED(.prefix = prefix, .latest = true), 1);
	prefix_parse("2001:db8:1:2::25", &prefix);
	assert_int_equal(WANTED(.prefix = prefix), 1);
	prefix_parse("2001:db8:1:3::25", &prefix);
	assert_int_equal(WANTED(.prefix = prefix), 0);
#undef WANTED
	store_free(store);
}

/* What is old goes a part at a time, what is too many oldest first; no number ever comes again. */
static void test_delete(void **state)
{
	struct store *store = open_store(state);
	struct seen seen = {0};
	size_t deleted;
	int64_t id, change;

	for (int64_t i = 1; i <= 10; i++)
		write_one(store, "100.64.0.8", i, i, NOW + i);
	write_one(store, "100.64.0.9", 11, 11, 0);
	assert_int_equal(store_incidents_delete(store, NOW + 6, 100, 3, &deleted, NULL), 0);
	assert_int_equal(deleted, 3);
	assert_int_equal(store_incidents_delete(store, NOW + 6, 100, 3, &deleted, NULL), 0);
	assert_int_equal(deleted, 2);
	assert_int_equal(store_incidents_delete(store, NOW + 6, 4, 9, &deleted, NULL), 0);
	assert_int_equal(deleted, 2);
	assert_int_equal(store_incidents_closed(store, &(struct store_incidents_wanted){0}, 64, see,
						&seen),
			 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.ids[0], 8);
	assert_int_equal(store_incidents_delete(store, NOW + 99, 0, 99, &deleted, NULL), 0);
	assert_int_equal(deleted, 3); /* what is open stays */
	assert_int_equal(store_incidents_newest(store, &id, &change), 0);
	assert_int_equal(id, 11);
	assert_int_equal(change, 11);
	store_free(store);
}

/* All of a batch or nothing; what cannot be read is left out, and the rest is there. */
static void test_trouble(void **state)
{
	struct store *store = open_store(state);
	struct incident one = incident_of("100.64.0.7", 1, 1, 0);
	struct incident two = incident_of("100.64.0.8", 2, 2, 0), *list[] = {&one, &two};
	struct seen seen = {0};

	two.action = 7;
	assert_int_equal(store_incidents_write(store, list, 2, NULL, NULL, NULL), 0);
	assert_int_equal(store_incidents_open(store, 9, see, &seen), 0);
	assert_int_equal(seen.count, 1);
	make(state, "DROP TABLE newest;", NULL);
	one.id = 5;
	assert_true(store_incidents_write(store, list, 1, NULL, NULL, NULL) < 0);
	assert_non_null(store_problem(store));
	seen.count = 0;
	assert_int_equal(store_incidents_open(store, 9, see, &seen), 0);
	assert_int_equal(seen.ids[0], 1);
	assert_int_equal(seen.count, 1);
	incident_release(&one);
	incident_release(&two);
	store_free(store);
}

static struct message_tally tally_of(const char *host, uint32_t birth, uint64_t packets)
{
	struct message_tally tally = {.kind = MESSAGE_REFUSED, .birth = birth, .packets = packets};

	assert_int_equal(addr_parse(host, &tally.host), 0);
	return tally;
}

static void count(struct tracker *tracker, const char *host, uint32_t birth, uint64_t packets)
{
	const struct tracker_source source = {.policy = 3, .length6 = 56};
	const struct message_tally tally = tally_of(host, birth, packets);

	tracker_tally(tracker, &tally, &source, NOW * UINT64_C(1000000000));
}

struct again {
	struct tracker *from, *to;
	const struct host *at;
	unsigned restored;
};

static bool next_host(void *ctx, struct host_summary *summary)
{
	struct again *again = ctx;

	again->at = tracker_next(again->from, again->at);
	if (!again->at)
		return false;
	host_past(again->from, again->at, &summary->past, summary->tallies);
	snprintf(summary->policy, sizeof(summary->policy), "home");
	return true;
}

static void restore(void *ctx, const struct host_summary *summary)
{
	struct again *again = ctx;

	assert_string_equal(summary->policy, "home");
	assert_non_null(tracker_restore(again->to, &summary->past, 3, summary->tallies,
					(NOW + 100) * UINT64_C(1000000000)));
	again->restored++;
}

static const struct host *host_at(struct tracker *tracker, const char *address)
{
	struct addr addr;

	assert_int_equal(addr_parse(address, &addr), 0);
	return tracker_find(tracker, &addr);
}

/* What a host did is known after a restart, and goes on to be counted once. */
static void test_hosts(void **state)
{
	struct store *store = open_store(state);
	struct again again = {.from = tracker_new(64, 16, 256, (struct hash_key){1, 2}),
			      .to = tracker_new(64, 16, 256, (struct hash_key){3, 4})};
	size_t deleted;

	count(again.from, "100.64.0.7", 11, 40);
	count(again.from, "100.64.0.8", 12, 50);
	count(again.from, "2001:db8:0:1::", 13, 60); /* both of one household */
	count(again.from, "2001:db8:0:2::", 14, 70);
	tracker_reading_end(again.from);
	assert_int_equal(store_hosts_write(store, next_host, &again, NULL), 0);
	assert_int_equal(store_hosts_read(store, 64, restore, &again), 0);
	assert_int_equal(again.restored, 3);
	assert_int_equal(host_attempts(host_at(again.to, "100.64.0.7")), 40);
	assert_int_equal(host_attempts(host_at(again.to, "2001:db8:0:9::")), 130);
	assert_int_equal(host_last_seen(again.to, host_at(again.to, "100.64.0.7")), NOW);
	assert_int_equal(host_at(again.to, "100.64.0.8")->policy, 3);

	count(again.to, "100.64.0.7", 11, 45);     /* goes on */
	count(again.to, "100.64.0.8", 99, 5);      /* expired meanwhile, and came back */
	count(again.to, "2001:db8:0:2::", 14, 71); /* the other network is quiet */
	tracker_reading_end(again.to);
	count(again.to, "2001:db8:0:1::", 13, 3); /* and was forgotten by the kernel */
	assert_int_equal(host_attempts(host_at(again.to, "100.64.0.7")), 45);
	assert_int_equal(host_attempts(host_at(again.to, "100.64.0.8")), 55);
	assert_int_equal(host_attempts(host_at(again.to, "2001:db8:0:9::")), 134);

	assert_int_equal(store_hosts_delete(store, NOW, 64, 64, &deleted, NULL), 0);
	assert_int_equal(deleted, 0);
	assert_int_equal(store_hosts_delete(store, NOW, 2, 64, &deleted, NULL), 0);
	assert_int_equal(deleted, 1);
	assert_int_equal(store_hosts_delete(store, NOW + 1, 64, 1, &deleted, NULL), 0);
	assert_int_equal(deleted, 1);
	tracker_free(again.from);
	tracker_free(again.to);
	store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_upgrades, temporary_setup, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_upgrade_fails, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_upgrade_keeps_ids_and_audit, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_audit, temporary_setup, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_incidents, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_incidents_wanted, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_delete, temporary_setup, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_hosts, temporary_setup, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_trouble, temporary_setup, temporary_teardown),
	};

	return cmocka_run_group_tests_name("control/store", tests, NULL, NULL);
}
