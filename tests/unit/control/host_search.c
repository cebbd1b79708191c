// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages of hosts against a plain sort of all of them. EDGE25_HOSTS=1000000 makes it so many, and prints
 * how long a page takes.
 */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/hosts/host_search.h"

#define HOSTS 3000
#define NOW INT64_C(1796126400)
#define DAY 86400

static struct containment *containment;

static size_t hosts_wanted(void)
{
	const char *text = getenv("EDGE25_HOSTS");

	return text ? strtoul(text, NULL, 10) : HOSTS;
}

/* Hosts that tried something some time ago: half of them IPv4, many of them equal in what is sorted. */
static struct tracker *make(size_t count)
{
	struct tracker *tracker = tracker_new((uint32_t)count, 16, 16, (struct hash_key){25, 465});
	uint64_t seed = 25;

	assert_non_null(tracker);
	for (size_t i = 0; i < count; i++) {
		struct host_past past = {
			.first_seen = NOW - DAY - random_below(&seed, 1000),
			.last_seen = NOW - DAY + random_below(&seed, 1000),
			.refused = random_below(&seed, 50),
			.passed = random_below(&seed, 2),
			.destinations = random_below(&seed, 50),
		};
		char text[64];

		if (i % 2)
			snprintf(text, sizeof(text), "100.%zu.%zu.%zu", 64 + (i >> 16),
				 i >> 8 & 255, i & 255);
		else
			snprintf(text, sizeof(text), "2001:db8:%zx:%zx::/64", i >> 16, i & 0xffff);
		assert_int_equal(prefix_parse(text, &past.prefix), 0);
		assert_non_null(
			tracker_restore(tracker, &past, i % 3, "", (uint64_t)NOW * 1000000000));
	}
	assert_int_equal(tracker_count(tracker), count);
	return tracker;
}

static struct control control_of(struct tracker *tracker)
{
	return (struct control){.tracker = tracker, .containment = containment};
}

/* What a host is sorted by, greatest first, written down by itself. */
static int compare(enum host_order order, const struct tracker *tracker, const struct host *a,
		   const struct host *b)
{
	const struct prefix p = host_prefix(a), q = host_prefix(b);
	int64_t by = 0;

	if (order == HOSTS_WORST)
		by = (int64_t)b->class - (int64_t)a->class;
	if (order == HOSTS_DESTINATIONS)
		by = (int64_t)host_destinations(tracker, b) - host_destinations(tracker, a);
	if (order == HOSTS_FIRST_SEEN)
		by = host_first_seen(tracker, b) - host_first_seen(tracker, a);
	if (!by && (order == HOSTS_WORST || order == HOSTS_ATTEMPTS || order == HOSTS_DESTINATIONS))
		by = (int64_t)host_attempts(b) - (int64_t)host_attempts(a);
	if (!by && (order == HOSTS_WORST || order == HOSTS_ATTEMPTS || order == HOSTS_NEWEST))
		by = host_last_seen(tracker, b) - host_last_seen(tracker, a);
	return by ? (by > 0) - (by < 0) : prefix_compare(&p, &q);
}

/* Some hosts at a time, as it is done beside other work. */
static struct host_page search_all(const struct control *control, const struct host_search *search,
				   size_t limit)
{
	struct host_page page = {.search = *search, .limit = limit};

	page.found = calloc(limit, sizeof(*page.found));
	assert_non_null(page.found);
	while (!host_page_step(control, &page, 7))
		;
	return page;
}

static void check_page(const struct control *control, const struct host_search *search,
		       size_t limit)
{
	const struct host_page page = search_all(control, search, limit);
	struct host_found *found = page.found;
	const struct host *host = NULL;
	const size_t total = page.total, count = page.count;

	assert_int_equal(total, tracker_count(control->tracker));
	assert_int_equal(count, limit < total ? limit : total);
	for (size_t i = 1; i < count; i++)
		assert_true(compare(search->order, control->tracker, found[i - 1].host,
				    found[i].host) < 0);
	/* Whoever is not among them comes behind the last. */
	while (count && (host = tracker_next(control->tracker, host))) {
		int by = compare(search->order, control->tracker, host, found[count - 1].host);
		bool among = by == 0;

		for (size_t i = 0; i < count && !among; i++)
			among = found[i].host == host;
		assert_true(among || by > 0);
		if (tracker_count(control->tracker) > HOSTS)
			break;
	}
	free(found);
}

static void test_orders(void **state)
{
	static const size_t limits[] = {1, 2, 20, 999, 2 * HOSTS};
	struct tracker *tracker = make(hosts_wanted());
	struct control control = control_of(tracker);

	(void)state;
	for (enum host_order order = HOSTS_WORST; order <= HOSTS_BY_HOST; order++) {
		const struct host_search search = {.order = order, .class = -1};
		clock_t before = clock();

		for (size_t i = 0; i < COUNT(limits); i++)
			check_page(&control, &search, limits[i]);
		if (getenv("EDGE25_HOSTS"))
			printf("order %d: %.1f ms a page\n", (int)order,
			       1e3 * (double)(clock() - before) / CLOCKS_PER_SEC / COUNT(limits));
	}
	tracker_free(tracker);
}

static size_t count_found(const struct control *control, struct host_search search)
{
	struct host_page page = search_all(control, &search, 4);

	free(page.found);
	return page.total;
}

static struct prefix prefix(const char *text)
{
	struct prefix read;

	assert_int_equal(prefix_parse(text, &read), 0);
	return read;
}

static void test_filters(void **state)
{
	struct tracker *tracker = make(HOSTS);
	struct control control = control_of(tracker);
	const struct policy second = {.number = 1};
	const struct prefix host = prefix("100.64.0.1");
	const struct allow_clock now = {.real = NOW};

	(void)state;
#define FOUND(...) count_found(&control, (struct host_search){__VA_ARGS__})
	assert_int_equal(FOUND(.class = -1), HOSTS);
	assert_int_equal(FOUND(.class = CLASS_CLEAN), HOSTS);
	assert_int_equal(FOUND(.class = CLASS_SUSPECT), 0);
	assert_int_equal(FOUND(.class = -1, .policy = &second), HOSTS / 3);
	assert_int_equal(FOUND(.class = -1, .prefix = prefix("100.64.1.0/24")), 128);
	assert_int_equal(FOUND(.class = -1, .prefix = prefix("100.64.0.1")), 1);
	assert_int_equal(FOUND(.class = -1, .prefix = prefix("100.64.0.2")), 0);
	assert_int_equal(FOUND(.class = -1, .prefix = prefix("2001:db8:0:4::25")), 1);
	assert_int_equal(FOUND(.class = -1, .prefix = prefix("::/0")), HOSTS / 2);
	assert_int_equal(FOUND(.class = -1, .order = HOSTS_BY_HOST,
			       .after = prefix("100.64.0.253")),
			 HOSTS - 127);
	assert_int_equal(FOUND(.class = -1, .since = NOW - DAY), HOSTS);
	assert_int_equal(FOUND(.class = -1, .since = NOW - DAY + 1001), 0);
	assert_int_equal(FOUND(.class = -1, .interface = 1), 0);
	assert_int_equal(FOUND(.class = -1, .contained = true), 0);
	assert_non_null(containment_put(containment, &host, &host.addr, 60, now));
	assert_int_equal(FOUND(.class = -1, .contained = true), 1);
#undef FOUND
	tracker_free(tracker);
}

/* A host that is forgotten in the middle is not shown, nor whoever has its place. */
static void test_forgotten(void **state)
{
	struct tracker *tracker = make(10);
	struct control control = control_of(tracker);
	const struct host_search search = {.order = HOSTS_BY_HOST, .class = -1};
	struct host_page page = search_all(&control, &search, 10);
	struct host_past past = {
		.prefix = prefix("100.64.99.99"), .first_seen = NOW, .last_seen = NOW};

	(void)state;
	for (size_t i = 0; i < 10; i++)
		assert_true(host_found_now(&page.found[i]));
	tracker_forget(tracker, tracker_find(tracker, &page.found[3].prefix.addr));
	assert_false(host_found_now(&page.found[3]));
	assert_non_null(tracker_restore(tracker, &past, 0, "", (uint64_t)NOW * 1000000000));
	assert_false(host_found_now(&page.found[3]));
	assert_true(host_found_now(&page.found[4]));
	free(page.found);
	tracker_free(tracker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_forgotten),
	};
	int failed;

	containment = containment_new(16, (struct hash_key){25, 465});
	failed = cmocka_run_group_tests_name("control/host_search", tests, NULL, NULL);
	containment_free(containment);
	return failed;
}
