/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include "allowlist_steps.h"
#include "control/allow/usage.h"
#include "temporary.h"

#define NOW 1796083200
#define OTHERS 3000 /* entries: more than one transaction takes */

static const struct store_actor actor = {.time = NOW, .uid = 1000, .user = "alice"};

struct fixture {
	struct store *store;
	struct allowlist *list;
	struct usage *usage;
	struct config *config;
};

/* Control starts: with a configuration that has one prefix. */
static void start(void **state, struct fixture *fixture)
{
	char path[TEMPORARY_PATH_MAX];
	struct config_error error;

	temporary_write(state, "edge25.conf",
			"policy \"home\" { mode = block }\n"
			"allow \"relay\" { to = { \"203.0.113.0/24\" } comment = \"ours\" }");
	assert_int_equal(config_load(temporary_path(state, "edge25.conf", path), &fixture->config,
				     &error),
			 0);
	fixture->store = store_new(temporary_path(state, "edge25.db", path));
	fixture->list = allowlist_new(fixture->store);
	assert_int_equal(allowlist_configure(fixture->list, fixture->config), 0);
	assert_int_equal(allowlist_read(fixture->list), 0);
	fixture->usage = usage_new(fixture->list, fixture->store, (struct hash_key){1, 2});
	assert_non_null(fixture->usage);
}

/* kill -9, unless it has written. */
static void stop(struct fixture *fixture, bool write)
{
	while (write && usage_write(fixture->usage))
		;
	usage_free(fixture->usage);
	allowlist_free(fixture->list);
	store_free(fixture->store);
	config_free(fixture->config);
}

static int64_t add(struct fixture *fixture, const char *from)
{
	struct allow_entry entry = {.user = (char *)"alice", .comment = (char *)"", .added = NOW};

	assert_int_equal(prefix_parse(from, &entry.from), 0);
	assert_int_equal(allowlist_add(fixture->list, &entry, "add", &actor), 0);
	return entry.id;
}

static struct message_use source(int64_t id, const char *from, uint64_t packets)
{
	struct message_use use = {.kind = ALLOW_SOURCE,
				  .family = FAMILY_IPV4,
				  .exact = 1,
				  .id = (uint32_t)id,
				  .packets = packets,
				  .time = NOW + (int64_t)packets,
				  .birth = 7};
	struct addr addr;

	assert_int_equal(addr_parse(from, &addr), 0);
	memcpy(use.from, addr.bytes, sizeof(use.from));
	return use;
}

/* A box in the configuration's prefix. */
static struct message_use configured(const char *to, uint64_t packets)
{
	struct message_use use = source(0, to, packets);

	memcpy(use.to, use.from, sizeof(use.to));
	memset(use.from, 0, sizeof(use.from));
	use.kind = ALLOW_DESTINATION;
	use.exact = 0;
	return use;
}

static void tell(struct fixture *fixture, struct message_use use)
{
	usage_told(fixture->usage, &use);
}

static void test_counts_add_up(void **state)
{
	struct fixture f;
	struct message_use last;
	int64_t id;

	start(state, &f);
	id = add(&f, "100.64.3.7");
	assert_int_equal(allowlist_by_id(f.list, id)->used, 0);
	tell(&f, source(id, "100.64.3.7", 5));
	tell(&f, source(id, "100.64.3.7", 8));
	tell(&f, source(id, "100.64.3.7", 8)); /* told again */
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 8);
	assert_int_equal(allowlist_by_id(f.list, id)->used, NOW + 8);

	tell(&f, source(id, "100.64.3.7", 3)); /* somebody reset it */
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 11);
	last = source(id, "100.64.3.7", 4);
	last.birth = 8; /* another element, which has counted further than the one before */
	tell(&f, last);
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 15);
	last.packets = 9;
	last.ended = 1;
	assert_true(usage_told(f.usage, &last));
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 20);
	tell(&f, source(id, "100.64.3.7", 9)); /* it was made anew */
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 29);
	stop(&f, false);
}

static void test_restarts_add_up(void **state)
{
	struct fixture f;
	struct message_use last;
	int64_t id;

	start(state, &f);
	id = add(&f, "100.64.3.7");
	tell(&f, source(id, "100.64.3.7", 5));
	tell(&f, configured("203.0.113.0", 10));
	tell(&f, configured("203.0.113.128", 1));
	assert_int_equal(allowlist_at(f.list, 0)->hits, 11);
	stop(&f, true);

	start(state, &f);
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 5);
	assert_int_equal(allowlist_at(f.list, 0)->hits, 11);
	tell(&f, source(id, "100.64.3.7", 6)); /* and not written */
	stop(&f, false);

	start(state, &f);
	tell(&f, source(id, "100.64.3.7", 9));
	tell(&f, configured("203.0.113.0", 10));
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 9);
	last = source(id, "100.64.3.7", 12);
	last.birth = 0; /* counted under the engine before, and told by another one */
	last.ended = 1;
	tell(&f, last);
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 12);
	stop(&f, true);

	start(state, &f);
	tell(&f, source(id, "100.64.3.7", 2));
	assert_int_equal(allowlist_by_id(f.list, id)->hits, 14);
	assert_int_equal(allowlist_at(f.list, 0)->hits, 11);
	stop(&f, true);
}

static void test_a_reload_keeps_them(void **state)
{
	struct fixture f;

	start(state, &f);
	tell(&f, configured("203.0.113.0", 10));
	assert_int_equal(allowlist_configure(f.list, f.config), 0);
	assert_int_equal(allowlist_at(f.list, 0)->hits, 0);
	usage_configured(f.usage);
	assert_int_equal(allowlist_at(f.list, 0)->hits, 10);
	usage_configured(f.usage);
	assert_int_equal(allowlist_at(f.list, 0)->hits, 10);
	assert_int_equal(allowlist_at(f.list, 0)->used, NOW + 10);
	stop(&f, false);
}

static void test_many(void **state)
{
	struct fixture f;
	char from[32];

	start(state, &f);
	for (int i = 0; i < OTHERS; i++) {
		snprintf(from, sizeof(from), "100.65.%d.%d", i / 250, i % 250);
		tell(&f, source(0x7fffffff, from, (uint64_t)i + 1)); /* of an entry that is gone */
	}
	usage_sweep(f.usage);
	assert_true(usage_write(f.usage));
	stop(&f, true);
	start(state, &f);
	assert_false(usage_write(f.usage)); /* nothing of them is left */
	stop(&f, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts_add_up, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_restarts_add_up, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_a_reload_keeps_them, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_many, temporary_setup, temporary_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
