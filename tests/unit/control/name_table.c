// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/names/name_table.h"

static void add(struct name_table *table, const char *prefix, const char *name, int64_t ends,
		unsigned mac, bool gone)
{
	struct name_entry entry = {.mac = {2, 0, 0, 0, 0, (uint8_t)mac},
				   .mac_known = mac != 0,
				   .ends = ends,
				   .gone = gone};

	assert_int_equal(prefix_parse(prefix, &entry.prefix), 0);
	name_table_add(table, &entry, name, strlen(name));
}

static const char *find(const struct name_table *table, const char *text, int64_t now)
{
	struct addr addr;
	const char *name;

	assert_int_equal(addr_parse(text, &addr), 0);
	return name_table_find(table, &addr, now, &name) ? name : NULL;
}

static const char *by_mac(const struct name_table *table, unsigned mac, int64_t now)
{
	const uint8_t bytes[6] = {2, 0, 0, 0, 0, (uint8_t)mac};
	const char *name;

	return name_table_by_mac(table, bytes, now, &name) ? name : NULL;
}

static void test_longest(void **state)
{
	struct name_table *table = name_table_new(100);

	(void)state;
	add(table, "0.0.0.0/0", "all", 0, 0, false);
	add(table, "100.64.0.0/10", "pool", 0, 0, false);
	add(table, "100.64.3.7", "host", 1000, 0, false);
	add(table, "2001:db8:7::/48", "site", 0, 0, false);
	add(table, "2001:db8:7:1::/64", "net", 0, 0, false);
	assert_int_equal(name_table_close(table), 0);
	assert_string_equal(find(table, "100.64.3.7", 999), "host");
	assert_string_equal(find(table, "100.64.3.7", 1000), "pool"); /* it has ended */
	assert_string_equal(find(table, "100.64.3.8", 0), "pool");
	assert_string_equal(find(table, "192.0.2.1", 0), "all");
	assert_string_equal(find(table, "2001:db8:7:1::9", 0), "net");
	assert_string_equal(find(table, "2001:db8:7:2::9", 0), "site");
	assert_null(find(table, "2001:db8:8::9", 0));
	name_table_free(table);
}

static void test_last_counts(void **state)
{
	struct name_table *table = name_table_new(100);

	(void)state;
	add(table, "192.0.2.1", "old", 0, 0, false);
	add(table, "192.0.2.2", "given back", 0, 0, false);
	add(table, "192.0.2.3", "given back", 0, 0, false);
	add(table, "192.0.2.1", "new", 0, 0, false);
	add(table, "192.0.2.2", "", 0, 0, true);
	add(table, "192.0.2.3", "", 0, 0, true);
	add(table, "192.0.2.3", "given again", 0, 0, false);
	assert_int_equal(name_table_close(table), 0);
	assert_int_equal(name_table_count(table), 2);
	assert_string_equal(find(table, "192.0.2.1", 0), "new");
	assert_null(find(table, "192.0.2.2", 0));
	assert_string_equal(find(table, "192.0.2.3", 0), "given again");
	name_table_free(table);
}

static void test_mac(void **state)
{
	struct name_table *table = name_table_new(100);

	(void)state;
	add(table, "192.0.2.1", "a", 100, 1, false);
	add(table, "192.0.2.2", "b", 200, 1, false);
	add(table, "192.0.2.3", "", 300, 1, false);
	add(table, "192.0.2.4", "c", 0, 2, false);
	add(table, "192.0.2.5", "d", 900, 2, false);
	add(table, "192.0.2.6", "e", 0, 0, false);
	assert_int_equal(name_table_close(table), 0);
	assert_string_equal(by_mac(table, 1, 0), "b");
	assert_null(by_mac(table, 1, 200));
	assert_string_equal(by_mac(table, 2, 0), "c"); /* never is later than any end */
	assert_null(by_mac(table, 3, 0));
	assert_null(by_mac(table, 0, 0));
	name_table_free(table);
}

/* A journal that is much longer than what it holds needs no more room for that. */
static void test_journal(void **state)
{
	struct name_table *table = name_table_new(100);
	char prefix[32], name[32];

	(void)state;
	for (unsigned round = 0; round < 1000; round++) {
		for (unsigned i = 0; i < 100; i++) {
			snprintf(prefix, sizeof(prefix), "192.0.2.%u", i);
			snprintf(name, sizeof(name), "n%u-%u", i, round);
			add(table, prefix, name, 0, 0, false);
		}
	}
	assert_int_equal(name_table_close(table), 0);
	assert_int_equal(name_table_count(table), 100);
	assert_int_equal(name_table_left_out(table), 0);
	assert_string_equal(find(table, "192.0.2.99", 0), "n99-999");
	assert_string_equal(find(table, "192.0.2.0", 0), "n0-999");
	name_table_free(table);
}

static void test_full(void **state)
{
	struct name_table *table = name_table_new(100);
	char prefix[32];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(prefix, sizeof(prefix), "192.0.%u.%u", i / 256, i % 256);
		add(table, prefix, "n", 0, 0, false);
	}
	assert_int_equal(name_table_close(table), 0);
	assert_int_equal(name_table_count(table), 100);
	assert_int_equal(name_table_left_out(table), 900);
	name_table_free(table);
}

/* Against a search through all. */
static void test_random(void **state)
{
	enum { ENTRIES = 300, LOOKS = 500 };
	struct name_entry entries[ENTRIES];
	struct name_table *table = name_table_new(ENTRIES);
	uint64_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct addr addr = {.family = FAMILY_IPV4,
				    .bytes = {10, 0, (uint8_t)random_below(&seed, 8),
					      (uint8_t)random_below(&seed, 64)}};
		char name[16];

		entries[i] = (struct name_entry){
			.prefix = prefix_of(&addr, 16 + random_below(&seed, 17)),
			.ends = random_below(&seed, 3) ? (int)random_below(&seed, 100) + 1 : 0,
			.gone = random_below(&seed, 8) == 0};
		snprintf(name, sizeof(name), "n%u", i);
		name_table_add(table, &entries[i], name, strlen(name));
	}
	assert_int_equal(name_table_close(table), 0);
	for (unsigned look = 0; look < LOOKS; look++) {
		struct addr addr = {.family = FAMILY_IPV4,
				    .bytes = {10, 0, (uint8_t)random_below(&seed, 8),
					      (uint8_t)random_below(&seed, 64)}};
		int64_t now = random_below(&seed, 110);
		char text[ADDR_TEXT_MAX], name[16] = "";
		const char *found;
		int best = -1;

		for (int i = 0; i < ENTRIES; i++) {
			bool last = true;

			for (int j = i + 1; j < ENTRIES; j++)
				last &= !prefix_equal(&entries[i].prefix, &entries[j].prefix);
			if (last && !entries[i].gone &&
			    prefix_contains(&entries[i].prefix, &addr) &&
			    (!entries[i].ends || entries[i].ends > now) &&
			    (best < 0 || entries[i].prefix.length > entries[best].prefix.length))
				best = i;
		}
		found = find(table, addr_format(&addr, text), now);
		assert_int_equal(found != NULL, best >= 0);
		snprintf(name, sizeof(name), "n%d", best);
		if (found)
			assert_string_equal(found, name);
	}
	name_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest), cmocka_unit_test(test_last_counts),
		cmocka_unit_test(test_mac),     cmocka_unit_test(test_journal),
		cmocka_unit_test(test_full),    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("control/name_table", tests, NULL, NULL);
}
