// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <errno.h>
#include <sqlite3.h>

#include "allowlist_steps.h"
#include "temporary.h"

#define NOW 1796083200

static const struct store_actor actor = {.time = NOW, .uid = 1000, .user = "alice"};
static const struct allow_clock now = {.real = NOW, .boot_ms = 5000000};

static struct allow_entry entry_of(const char *from, const char *to, int64_t expires)
{
	struct allow_entry entry = {
		.expires = expires,
		.added = NOW,
		.uid = 1000,
		.user = (char *)"alice",
		.comment = (char *)"it's; --",
	};

	if (from)
		assert_int_equal(prefix_parse(from, &entry.from), 0);
	if (to)
		assert_int_equal(prefix_parse(to, &entry.to), 0);
	return entry;
}

static struct store *open_store(void **state)
{
	char path[TEMPORARY_PATH_MAX];

	return store_new(temporary_path(state, "edge25.db", path));
}

/* A configuration with one allow block. */
static struct config *configured(void **state)
{
	char path[TEMPORARY_PATH_MAX];
	struct config_error error;
	struct config *config;

	temporary_write(state, "edge25.conf",
			"policy \"home\" { mode = block }\n"
			"allow \"relay\" { to = { \"203.0.113.25\" } comment = \"ours\" "
			"expires = \"2026-12-01T01:00:00Z\" }");
	assert_int_equal(config_load(temporary_path(state, "edge25.conf", path), &config, &error),
			 0);
	return config;
}

static int count(void **state, const char *sql)
{
	char path[TEMPORARY_PATH_MAX];
	sqlite3_stmt *statement;
	sqlite3 *db;
	int result = -1;

	assert_int_equal(sqlite3_open(temporary_path(state, "edge25.db", path), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		result = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return result;
}

static void test_survives(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct allow_entry pair = entry_of("100.64.3.7", "203.0.113.25", NOW + 7200);
	struct allow_entry same = entry_of("100.64.3.7", "203.0.113.25", 0);
	struct allow_entry net = entry_of("2001:db8:1::/48", NULL, 0);
	const struct allow_entry *found;

	assert_int_equal(allowlist_add(list, &pair, "add", &actor), 0);
	assert_int_equal(pair.id, 1);
	assert_int_equal(allowlist_add(list, &same, "add", &actor), -EEXIST);
	assert_int_equal(allowlist_same(list, &same)->id, 1);
	assert_int_equal(allowlist_add(list, &net, "add", &actor), 0);
	allowlist_free(list);
	store_free(store);

	store = open_store(state);
	list = allowlist_new(store);
	assert_int_equal(allowlist_read(list), 0);
	assert_int_equal(allowlist_count(list), 2);
	found = allowlist_by_id(list, 1);
	assert_true(allow_entry_same(found, &pair));
	assert_int_equal(found->expires, NOW + 7200);
	assert_int_equal(found->uid, 1000);
	assert_string_equal(found->user, "alice");
	assert_string_equal(found->comment, "it's; --");
	assert_null(allowlist_by_id(list, 3));

	/* An id is never used twice: somebody may have noted it. */
	assert_int_equal(allowlist_del(list, 2, "del", &actor, NULL), 0);
	assert_int_equal(allowlist_del(list, 2, "del", &actor, NULL), -ENOENT);
	net.id = 0;
	assert_int_equal(allowlist_add(list, &net, "add", &actor), 0);
	assert_int_equal(net.id, 3);
	assert_int_equal(count(state, "SELECT count(*) FROM audit WHERE action='add'"), 3);
	assert_int_equal(count(state, "SELECT count(*) FROM audit WHERE action='del'"), 1);
	allowlist_free(list);
	store_free(store);
}

static void test_put_back(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct allow_entry removed;

	for (int i = 1; i <= 5; i++) {
		char from[32];
		struct allow_entry entry;

		snprintf(from, sizeof(from), "100.64.0.%d", i);
		entry = entry_of(from, NULL, 0);
		assert_int_equal(allowlist_add(list, &entry, "add", &actor), 0);
	}
	assert_int_equal(allowlist_del(list, 2, "del", &actor, &removed), 0);
	assert_null(allowlist_by_id(list, 2));
	assert_int_equal(allowlist_add(list, &removed, "undo", &actor), 0);
	assert_int_equal(removed.id, 2);
	for (int64_t id = 1; id <= 5; id++)
		assert_int_equal(allowlist_at(list, (size_t)id - 1)->id, id);
	allow_entry_release(&removed);
	allowlist_free(list);
	store_free(store);
}

static void test_expiry(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct allow_entry soon = entry_of("100.64.0.1", NULL, NOW + 10);
	struct allow_entry later = entry_of("100.64.0.2", NULL, NOW + 20);
	struct allow_entry never = entry_of("100.64.0.3", NULL, 0);

	assert_int_equal(allowlist_next_expiry(list), 0);
	allowlist_add(list, &later, "add", &actor);
	allowlist_add(list, &soon, "add", &actor);
	allowlist_add(list, &never, "add", &actor);
	assert_int_equal(allowlist_next_expiry(list), NOW + 10);
	assert_int_equal(allowlist_expire(list, NOW + 9), 0);
	assert_int_equal(allowlist_expire(list, NOW + 10), 1);
	assert_null(allowlist_by_id(list, soon.id));
	assert_int_equal(allowlist_next_expiry(list), NOW + 20);
	assert_int_equal(allowlist_expire(list, NOW + 1000), 1);
	assert_int_equal(allowlist_count(list), 1);
	assert_int_equal(count(state, "SELECT count(*) FROM audit WHERE action='expire'"), 2);
	assert_int_equal(count(state, "SELECT count(*) FROM allow"), 1);
	allowlist_free(list);
	store_free(store);
}

/* The kernel knows one element for what configuration and socket both say: the later end counts. */
static void test_element(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct config *config = configured(state);
	struct allow_entry entry = entry_of(NULL, "203.0.113.25", NOW + 60);
	struct allow_element element;

	assert_false(allowlist_element(list, &entry, now, &element));
	assert_int_equal(allowlist_configure(list, config), 0);
	assert_true(allowlist_element(list, &entry, now, &element));
	assert_int_equal(element.expires, 5000000 + 3600 * 1000);
	assert_int_equal(element.kind, ALLOW_DESTINATION);
	assert_true(allow_element_valid(&element));

	assert_null(allowlist_by_id(list, 0)); /* entries of the configuration have no id */
	assert_int_equal(allowlist_same(list, &entry)->id, 0);
	assert_int_equal(allowlist_add(list, &entry, "add", &actor), 0);
	assert_int_equal(allowlist_same(list, &entry)->id, 1);
	assert_true(allowlist_element(list, &entry, now, &element));
	assert_int_equal(element.expires, 5000000 + 3600 * 1000);
	assert_int_equal(allowlist_del(list, 1, "del", &actor, NULL), 0);
	entry.id = 0;
	entry.expires = 0;
	assert_int_equal(allowlist_add(list, &entry, "add", &actor), 0);
	assert_true(allowlist_element(list, &entry, now, &element));
	assert_int_equal(element.expires, 0);
	allowlist_free(list);
	config_free(config);
	store_free(store);
}

static void test_match(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct allow_entry source = entry_of("100.64.3.0/24", NULL, NOW + 10);
	struct allow_entry pair = entry_of("100.64.3.7", "203.0.113.25", 0);
	struct addr from, to, none = {0};
	struct allow_rule *rules;
	size_t rule_count;

	addr_parse("100.64.3.7", &from);
	addr_parse("203.0.113.25", &to);
	allowlist_add(list, &source, "add", &actor);
	allowlist_add(list, &pair, "add", &actor);
	assert_int_equal(allowlist_match(list, &from, &to, NOW)->id, pair.id);
	assert_int_equal(allowlist_match(list, &from, &none, NOW)->id, source.id);
	assert_null(allowlist_match(list, &from, &none, NOW + 10));
	assert_null(allowlist_match(list, &to, &from, NOW));
	assert_true(allow_entry_exact(&pair));
	assert_false(allow_entry_exact(&source));

	assert_int_equal(allowlist_rules(list, now, &rules, &rule_count), 0);
	assert_int_equal(rule_count, 2);
	assert_int_equal(rules[0].expires, 5000000 + 10 * 1000);
	free(rules);
	assert_int_equal(allowlist_rules(list, (struct allow_clock){.real = NOW + 10}, &rules,
					 &rule_count),
			 0);
	assert_int_equal(rule_count, 1);
	free(rules);
	allowlist_free(list);
	store_free(store);
}

static void learn(struct allowlist *list, const char *name, const char *const *texts, size_t count)
{
	struct destination_name *found = destination_names_find(allowlist_names(list), name);

	assert_non_null(found);
	for (size_t i = 0; i < count; i++) {
		struct name_address address = {0};

		assert_int_equal(addr_parse(texts[i], &address.addr), 0);
		assert_int_equal(destination_name_recall(found, &address), 0);
	}
}

/* An entry with a name is its addresses, and without any it is nothing: not every destination. */
static void test_names(void **state)
{
	static const char *const texts[] = {"203.0.113.25", "203.0.113.26", "2001:db8::25"};
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct allow_entry named = entry_of("100.64.3.7", NULL, NOW + 10), all, part;
	struct allow_entry parts[ALLOW_PARTS_MAX];
	struct name_change change = {.removed_count = 1};
	struct addr from, to;
	struct allow_element element;
	struct allow_rule *rules;
	size_t count;

	addr_parse("100.64.3.7", &from);
	addr_parse("203.0.113.26", &to);
	named.to_name = (char *)"smtp.example.net";
	assert_int_equal(allowlist_add(list, &named, "add", &actor), 0);
	assert_int_equal(allowlist_add(list, &named, "add", &actor), -EEXIST);
	assert_int_equal(allowlist_rules(list, now, &rules, &count), 0);
	assert_int_equal(count, 0);
	free(rules);
	assert_false(allowlist_says(list, &named));
	assert_null(allowlist_match(list, &from, &to, NOW));
	assert_int_equal(allowlist_parts(list, &named, parts), 0);

	/* of the source's family */
	learn(list, "smtp.example.net", texts, 3);
	assert_true(allowlist_says(list, &named));
	assert_true(allow_entry_exact(&named));
	assert_int_equal(allowlist_rules(list, now, &rules, &count), 0);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		assert_true(allow_rule_exact(&rules[i]));
		assert_int_equal(rules[i].id, named.id);
		assert_int_equal(rules[i].expires, 5000000 + 10 * 1000);
	}
	free(rules);
	assert_int_equal(allowlist_match(list, &from, &to, NOW)->id, named.id);
	assert_null(allowlist_match(list, &from, &to, NOW + 10));
	assert_int_equal(allowlist_parts(list, &named, parts), 2);
	assert_true(allowlist_element(list, &parts[1], now, &element));
	assert_int_equal(element.id, named.id);
	assert_true(allow_element_valid(&element));

	/* an entry of an address, and one of all sources, are others */
	part = entry_of("100.64.3.7", "203.0.113.26", 0);
	assert_int_equal(allowlist_add(list, &part, "add", &actor), 0);
	all = entry_of(NULL, NULL, 0);
	all.to_name = (char *)"smtp.example.net";
	assert_int_equal(allowlist_add(list, &all, "add", &actor), 0);
	assert_int_equal(allowlist_parts(list, &all, parts), 3);
	assert_true(allowlist_element(list, &part, now, &element));
	assert_int_equal(element.expires, 0);
	assert_int_equal(allowlist_del(list, part.id, "del", &actor, NULL), 0);
	assert_true(allowlist_element(list, &part, now, &element));
	assert_int_equal(element.expires, 5000000 + 10 * 1000);

	/* what the kernel was not told of: the address that went too */
	change.removed[0] = from;
	assert_true(destination_name_untold(
		destination_names_find(allowlist_names(list), "smtp.example.net"), &change));
	assert_int_equal(allowlist_parts(list, &all, parts), 4);
	assert_true(allowlist_untold(list, parts, 2, &count));
	assert_int_equal(count, 2);
	assert_false(allowlist_element(list, &parts[0], now, &element));
	assert_false(allowlist_untold(list, parts, 1, &count));
	destination_names_told(allowlist_names(list));
	assert_true(allowlist_untold(list, parts, 2, &count));
	assert_int_equal(count, 0);

	/* a removed entry is still known as what it was, should the kernel be told */
	assert_int_equal(allowlist_del(list, all.id, "del", &actor, NULL), 0);
	assert_int_equal(allowlist_del(list, named.id, "del", &actor, NULL), 0);
	assert_int_equal(allowlist_parts(list, &named, parts), 2);
	assert_false(allowlist_element(list, &parts[0], now, &element));
	destination_names_sweep(allowlist_names(list), NULL, NULL);
	assert_int_equal(allowlist_parts(list, &named, parts), 0);
	allowlist_free(list);

	list = allowlist_new(store);
	named.id = 0;
	assert_int_equal(allowlist_add(list, &named, "add", &actor), 0);
	assert_int_equal(allowlist_read(list), 0);
	assert_string_equal(allowlist_by_id(list, named.id)->to_name, "smtp.example.net");
	allowlist_free(list);
	store_free(store);
}

static void test_name_bounds(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct allow_entry entry = entry_of(NULL, NULL, 0);
	char text[64];

	entry.to_name = text;
	for (int i = 1; i < DESTINATION_NAMES_MAX; i++) {
		snprintf(text, sizeof(text), "n%d.example.net", i);
		assert_int_equal(destination_names_hold(allowlist_names(list), NAME_STORED, text),
				 0);
	}
	strcpy(text, "last.example.net");
	assert_int_equal(allowlist_add(list, &entry, "add", &actor), 0);
	entry.id = 0;
	strcpy(text, "more.example.net");
	assert_int_equal(allowlist_add(list, &entry, "add", &actor), -E2BIG);
	assert_int_equal(allowlist_count(list), 1);
	assert_int_equal(count(state, "SELECT count(*) FROM audit"), 1);
	strcpy(text, "n7.example.net");
	assert_int_equal(allowlist_add(list, &entry, "add", &actor), 0);
	allowlist_free(list);
	store_free(store);
}

/* Nothing is said to be done that is not on the disk. */
/* Three entries; the texts of a difference are its own. */
static struct allow_difference difference_of(enum allow_step step, int64_t id, const char *from,
					     const char *comment)
{
	struct allow_entry entry = entry_of(from, NULL, 0);
	struct allow_difference difference = {.step = step, .entry.id = id};

	if (step == ALLOW_STEP_REMOVE)
		return difference;
	entry.id = id;
	entry.comment = (char *)comment;
	assert_int_equal(allow_entry_copy(&difference.entry, &entry), 0);
	return difference;
}

static void add_three(struct allowlist *list)
{
	struct allow_difference three[] = {
		difference_of(ALLOW_STEP_ADD, 0, "100.64.0.1", "one"),
		difference_of(ALLOW_STEP_ADD, 0, "100.64.0.2", "two"),
		difference_of(ALLOW_STEP_ADD, 0, "100.64.0.3", "three"),
	};

	assert_int_equal(allowlist_commit(list, three, 3, NULL, &actor), 0);
	for (int64_t i = 0; i < 3; i++)
		assert_int_equal(three[i].entry.id, i + 1);
	allow_differences_release(three, 3);
}

static void test_many_at_once_and_back(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct allow_difference many[3];

	add_three(list);
	((struct allow_entry *)allowlist_by_id(list, 1))->hits = 7;
	many[0] = difference_of(ALLOW_STEP_CHANGE, 1, "100.64.0.1", "another");
	many[0].entry.expires = NOW + 100;
	many[1] = difference_of(ALLOW_STEP_REMOVE, 2, NULL, NULL);
	many[2] = difference_of(ALLOW_STEP_ADD, 0, "100.64.0.4", "four");
	assert_int_equal(allowlist_commit(list, many, 3, NULL, &actor), 0);
	assert_int_equal(allowlist_count(list), 3);
	assert_string_equal(allowlist_by_id(list, 1)->comment, "another");
	assert_int_equal(allowlist_by_id(list, 1)->hits, 7);
	assert_null(allowlist_by_id(list, 2));
	assert_string_equal(many[0].entry.comment, "one");
	assert_string_equal(many[1].entry.comment, "two");
	assert_int_equal(many[2].entry.id, 4);
	assert_int_equal(allowlist_next_expiry(list), NOW + 100);
	assert_int_equal(count(state, "SELECT count(*) FROM audit WHERE action='change'"), 1);
	assert_int_equal(count(state, "SELECT count(*) FROM audit WHERE action='del'"), 1);
	assert_int_equal(count(state, "SELECT expires FROM allow WHERE id=1"), NOW + 100);

	for (size_t i = 0; i < 3; i++) {
		allow_difference_invert(&many[i]);
		assert_true(allowlist_can(list, &many[i]));
	}
	assert_int_equal(allowlist_commit(list, many, 3, "undo", &actor), 0);
	allow_differences_release(many, 3);
	allowlist_free(list);
	list = allowlist_new(store);
	assert_int_equal(allowlist_read(list), 0);
	assert_int_equal(allowlist_count(list), 3);
	assert_string_equal(allowlist_by_id(list, 1)->comment, "one");
	assert_string_equal(allowlist_by_id(list, 2)->comment, "two");
	assert_int_equal(allowlist_next_expiry(list), 0);
	assert_int_equal(count(state, "SELECT count(*) FROM audit WHERE action='undo'"), 3);
	allowlist_free(list);
	store_free(store);
}

static void test_all_or_nothing(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	struct allow_difference many[3];

	add_three(list);
	many[0] = difference_of(ALLOW_STEP_ADD, 0, "100.64.0.4", "four");
	many[1] = difference_of(ALLOW_STEP_REMOVE, 2, NULL, NULL);
	many[2] = difference_of(ALLOW_STEP_REMOVE, 9, NULL, NULL);
	assert_int_equal(allowlist_commit(list, many, 3, NULL, &actor), -ENOENT);
	allow_differences_release(&many[2], 1);
	many[2] = difference_of(ALLOW_STEP_ADD, 0, "100.64.0.1", "again");
	assert_int_equal(allowlist_commit(list, many, 3, NULL, &actor), -EEXIST);
	assert_int_equal(many[0].entry.id, 0);
	assert_int_equal(allowlist_count(list), 3);
	assert_int_equal(count(state, "SELECT count(*) FROM allow"), 3);
	assert_int_equal(count(state, "SELECT count(*) FROM audit"), 3);
	store_free(store);
	allow_differences_release(&many[2], 1);

	/* A database that takes the first and not the second, which is there already. */
	store = open_store(state);
	allowlist_free(list);
	list = allowlist_new(store); /* which was not read */
	many[2] = difference_of(ALLOW_STEP_ADD, 0, "100.64.0.1", "again");
	many[1] = difference_of(ALLOW_STEP_ADD, 0, "100.64.0.5", "five");
	assert_int_equal(allowlist_commit(list, many, 3, NULL, &actor), -EIO);
	assert_int_equal(many[0].entry.id, 0);
	assert_int_equal(allowlist_count(list), 0);
	assert_int_equal(count(state, "SELECT count(*) FROM allow"), 3);
	allow_differences_release(many, 3);
	allowlist_free(list);
	store_free(store);
}

static void test_many_end_in_turns(void **state)
{
	struct store *store = open_store(state);
	struct allowlist *list = allowlist_new(store);
	const size_t all = ALLOWLIST_EXPIRE + 100;
	struct allow_difference *many = calloc(all, sizeof(*many));

	for (size_t i = 0; i < all; i++) {
		char from[32];

		snprintf(from, sizeof(from), "100.65.%zu.%zu", i / 256, i % 256);
		many[i] = difference_of(ALLOW_STEP_ADD, 0, from, "many");
		many[i].entry.expires = NOW + 10 + (int64_t)(i % 2);
	}
	assert_int_equal(allowlist_commit(list, many, all, NULL, &actor), 0);
	assert_int_equal(allowlist_expire(list, NOW + 10), all / 2);
	assert_int_equal(allowlist_expire(list, NOW + 10), 0);
	assert_int_equal(allowlist_next_expiry(list), NOW + 11);
	assert_int_equal(allowlist_expire(list, NOW + 11), all / 2);
	for (size_t i = 0; i < all; i++)
		many[i].entry.id = 0;
	assert_int_equal(allowlist_commit(list, many, all, NULL, &actor), 0);
	assert_int_equal(allowlist_expire(list, NOW + 12), ALLOWLIST_EXPIRE);
	assert_true(allowlist_next_expiry(list) != 0);
	assert_int_equal(allowlist_expire(list, NOW + 12), 100);
	assert_int_equal(allowlist_count(list), 0);
	allow_differences_release(many, all);
	free(many);
	allowlist_free(list);
	store_free(store);
}

static void test_unwritable(void **state)
{
	struct store *store = store_new("/proc/edge25.db");
	struct allowlist *list = allowlist_new(store);
	struct allow_entry entry = entry_of("100.64.3.7", NULL, 0);
	uint8_t numbers[POLICIES_MAX];
	const struct policy policies[] = {{.name = "home"}, {.name = "lab"}};

	assert_false(store_ready(store));
	assert_non_null(store_problem(store));
	assert_int_equal(allowlist_add(list, &entry, "add", &actor), -EIO);
	assert_int_equal(allowlist_count(list), 0);
	assert_int_equal(allowlist_read(list), -EIO);
	assert_int_equal(store_numbers(store, policies, 2, NOW, numbers), -EIO);
	assert_int_equal(numbers[0], 0);
	assert_int_equal(numbers[1], 1);
	allowlist_free(list);
	store_free(store);

	temporary_write(state, "edge25.db",
			"this is no database, but it is long enough to look "
			"like a file that somebody put here by mistake........");
	store = open_store(state);
	assert_false(store_ready(store));
	assert_non_null(strstr(store_problem(store), "not a database"));
	store_free(store);
}

static void test_numbers(void **state)
{
	struct store *store = open_store(state);
	const struct policy first[] = {{.name = "home"}, {.name = "lab"}, {.name = "old"}};
	const struct policy second[] = {{.name = "new"}, {.name = "lab"}, {.name = "home"}};
	struct policy all[POLICIES_MAX] = {0};
	uint8_t numbers[POLICIES_MAX];

	assert_int_equal(store_numbers(store, first, 3, NOW, numbers), 0);
	assert_memory_equal(numbers, ((uint8_t[]){0, 1, 2}), 3);
	store_free(store);
	store = open_store(state);
	assert_int_equal(store_numbers(store, second, 3, NOW + 1, numbers), 0);
	assert_memory_equal(numbers, ((uint8_t[]){3, 1, 0}), 3);

	/* All 16 at once: the name that was not used for longest gives up its number. */
	for (int i = 0; i < POLICIES_MAX; i++)
		snprintf(all[i].name, sizeof(all[i].name), "p%d", i);
	snprintf(all[7].name, sizeof(all[7].name), "lab");
	assert_int_equal(store_numbers(store, all, POLICIES_MAX, NOW + 2, numbers), 0);
	assert_int_equal(numbers[7], 1);
	for (int i = 0; i < POLICIES_MAX; i++)
		for (int j = 0; j < i; j++)
			assert_int_not_equal(numbers[i], numbers[j]);
	assert_int_equal(count(state, "SELECT count(*) FROM policy_number"), POLICIES_MAX);
	store_free(store);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_survives),       STORE_TEST(test_put_back),
		STORE_TEST(test_expiry),         STORE_TEST(test_element),
		STORE_TEST(test_match),          STORE_TEST(test_unwritable),
		STORE_TEST(test_numbers),        STORE_TEST(test_names),
		STORE_TEST(test_name_bounds),    STORE_TEST(test_many_at_once_and_back),
		STORE_TEST(test_all_or_nothing), STORE_TEST(test_many_end_in_turns),
	};

	return cmocka_run_group_tests_name("control/allowlist", tests, NULL, NULL);
}
