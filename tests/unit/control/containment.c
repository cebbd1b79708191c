// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/incidents/containment.h"
#include "control/store/store_containment.h"
#include "temporary.h"

#define NOW 1796083200
#define HOUR 3600

static const struct hash_key key = {3, 4};
static const struct thresholds thresholds = {.contain_for = HOUR, .contain_max = 5 * HOUR};

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

static struct contained *begin(struct containment *containment, const char *text, int64_t when)
{
	struct prefix host = host_of(text);

	return containment_begin(containment, &host, &host.addr, &thresholds, at(when));
}

static struct contained *put(struct containment *containment, const char *text, uint64_t seconds,
			     int64_t when)
{
	struct prefix host = host_of(text);

	return containment_put(containment, &host, &host.addr, seconds, at(when));
}

struct passed {
	unsigned released, forgotten;
};

static void note(void *ctx, struct contained *contained, bool forgotten)
{
	struct passed *passed = ctx;

	assert_false(contained_now(contained));
	*(forgotten ? &passed->forgotten : &passed->released) += 1;
}

static struct passed pass(struct containment *containment, int64_t when)
{
	struct passed passed = {0};

	containment_pass(containment, at(when), note, &passed);
	return passed;
}

/* Twice as long each time, up to contain-max; after contain-max in freedom it begins anew. */
static void test_longer(void **state)
{
	static const uint64_t hours[] = {1, 2, 4, 5, 5, 5};
	struct containment *containment = containment_new(8, key);
	struct contained *one;
	int64_t now = 0;

	(void)state;
	for (unsigned i = 0; i < COUNT(hours); i++) {
		one = begin(containment, "100.64.0.7", now);
		assert_int_equal(one->seconds, hours[i] * HOUR);
		assert_int_equal(one->times, i + 1);
		assert_null(begin(containment, "100.64.0.7", now)); /* it is contained */
		assert_int_equal(pass(containment, now + (int64_t)hours[i] * HOUR - 1).released, 0);
		now += (int64_t)hours[i] * HOUR;
		assert_int_equal(pass(containment, now).released, 1);
		now += 5 * HOUR - 1; /* almost good for long enough */
		assert_int_equal(pass(containment, now).forgotten, 0);
	}
	now += 1;
	assert_int_equal(begin(containment, "100.64.0.7", now)->times, 1);
	assert_int_equal(pass(containment, now + HOUR).released, 1);
	assert_int_equal(pass(containment, now + 6 * HOUR).forgotten, 1);
	assert_null(containment_next(containment, NULL));
	containment_free(containment);
}

/* What is done by hand lasts as long as was said, and is no offence. */
static void test_by_hand(void **state)
{
	struct containment *containment = containment_new(8, key);
	struct contained *one = put(containment, "2001:db8:1::/56", 30, 0);
	struct prefix inside = host_of("2001:db8:1:7::5"), outside = host_of("2001:db8:1:100::5");

	(void)state;
	assert_ptr_equal(containment_of(containment, &inside), one);
	assert_null(containment_of(containment, &outside));
	assert_int_equal(one->times, 0);
	put(containment, "2001:db8:1::/56", 90, 10);
	assert_int_equal(containment_count(containment), 1);
	assert_int_equal(pass(containment, 99).released, 0);
	assert_int_equal(pass(containment, 100).released, 1);
	assert_null(containment_of(containment, &inside));
	/* who released it is told what it was */
	assert_int_equal(pass(containment, 100 + CONTAINED_REMEMBER_MIN - 1).forgotten, 0);
	assert_int_equal(begin(containment, "2001:db8:1::/56", 120)->seconds, HOUR);
	containment_free(containment);
}

static void test_clocks(void **state)
{
	struct containment *containment = containment_new(8, key);
	struct contained *one = begin(containment, "100.64.0.7", 0), stored;
	struct allow_clock set = at(600);

	(void)state;
	set.real += 10 * 365 * 24 * HOUR;
	containment_clock(containment, set);
	assert_int_equal(one->until, set.real + HOUR - 600);
	assert_true(one->unwritten);
	containment_clock(containment, at(600));
	assert_int_equal(one->until, NOW + HOUR);
	stored = *one;
	containment_free(containment);

	/* after a restart what is left is left */
	containment = containment_new(8, key);
	one = containment_recall(containment, &stored, at(HOUR - 5));
	assert_int_equal(pass(containment, HOUR - 1).released, 0);
	assert_int_equal(pass(containment, HOUR).released, 1);
	containment_free(containment);
	/* by a clock that stands in 1970 it lasts as long as it was meant to, from now */
	containment = containment_new(8, key);
	set = (struct allow_clock){.real = 100, .boot_ms = 9000};
	one = containment_recall(containment, &stored, set);
	assert_int_equal(one->until_ms, 9000 + HOUR * 1000);
	containment_free(containment);
	/* what has ended meanwhile was released then, and counts from then on */
	containment = containment_new(8, key);
	one = containment_recall(containment, &stored, at(2 * HOUR));
	assert_false(contained_now(one));
	assert_int_equal(one->released, NOW + HOUR);
	assert_int_equal(begin(containment, "100.64.0.7", 6 * HOUR - 1)->times, 2);
	containment_free(containment);
}

static void test_engine(void **state)
{
	struct containment *containment = containment_new(8, key);
	struct contained *a = begin(containment, "100.64.0.7", 0);
	struct contained *b = begin(containment, "2001:db8:1::/64", 1);
	struct allow_element *elements;
	size_t count;

	(void)state;
	assert_int_equal(containment_waiting(containment), 2);
	a->sequence = 5;
	containment_told(containment, 7);
	assert_int_equal(b->sequence, 7);
	containment_taken(containment, 5);
	assert_true(a->applied);
	assert_false(b->applied);
	containment_refused(containment, 7);
	assert_int_equal(b->sequence, 0);
	containment_told(containment, 8);
	containment_down(containment);
	containment_taken(containment, 8);
	assert_false(b->applied); /* another engine's word */
	assert_true(a->applied);  /* the kernel has it */
	containment_told(containment, 2);
	containment_taken(containment, 2);
	assert_int_equal(containment_waiting(containment), 0);

	put(containment, "100.64.0.8", 10, 0);
	assert_int_equal(containment_elements(containment, at(10), &elements, &count), 0);
	assert_int_equal(count, 2); /* the third has ended */
	assert_true(allow_element_compare(&elements[0], &elements[1]) < 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(allow_element_valid(&elements[i]));
		assert_int_equal(elements[i].way, ALLOW_CONTAINED);
	}
	assert_int_equal(elements[0].expires, a->until_ms);
	free(elements);
	containment_free(containment);
}

static unsigned all56(void *ctx, const struct contained *contained)
{
	(void)ctx;
	(void)contained;
	return 56;
}

/* host-prefix6 is another one: two hosts that are one now are one, until the later end. */
static void test_lengths(void **state)
{
	struct containment *containment = containment_new(8, key);
	struct prefix whole = host_of("2001:db8:1::/56");

	(void)state;
	begin(containment, "2001:db8:1::/64", 0)->applied = true;
	begin(containment, "2001:db8:1:2::/64", 600);
	begin(containment, "2001:db8:1:100::/64", 0);
	begin(containment, "100.64.0.7", 0)->applied = true;
	containment_lengths(containment, all56, NULL);
	assert_int_equal(containment_count(containment), 3);
	assert_int_equal(containment_find(containment, &whole)->until_ms, at(600 + HOUR).boot_ms);
	assert_int_equal(containment_waiting(containment), 2);
	containment_free(containment);
}

/* Those that are remembered make room, those that are contained do not. */
static void test_room(void **state)
{
	struct containment *containment = containment_new(4, key);
	char text[32];

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "100.64.0.%d", i);
		assert_non_null(begin(containment, text, i));
	}
	assert_null(begin(containment, "100.64.1.1", 10));
	assert_int_equal(pass(containment, HOUR + 1).released, 2);
	assert_non_null(begin(containment, "100.64.1.1", HOUR + 2));
	assert_non_null(begin(containment, "100.64.1.2", HOUR + 2));
	assert_null(begin(containment, "100.64.1.3", HOUR + 2));
	containment_free(containment);
}

static void compare_one(void *ctx, const struct contained *contained)
{
	const struct contained *wanted = ctx;

	assert_true(prefix_equal(&contained->host, &wanted->host));
	assert_true(addr_equal(&contained->source, &wanted->source));
	assert_int_equal(contained->until, wanted->until);
	assert_int_equal(contained->seconds, wanted->seconds);
	assert_int_equal(contained->times, wanted->times);
	assert_int_equal(contained->released, wanted->released);
	assert_int_equal(contained->automatic, wanted->automatic);
	assert_int_equal(contained->remember, wanted->remember);
	assert_string_equal(contained->comment, wanted->comment);
	assert_string_equal(contained->user, wanted->user);
	assert_string_equal(contained->policy, wanted->policy);
}

static void test_store(void **state)
{
	char path[TEMPORARY_PATH_MAX];
	struct store *store = store_new(temporary_path(state, "edge25.db", path));
	struct containment *containment = containment_new(4, key);
	struct contained *one = begin(containment, "2001:db8:1::/56", 0);
	struct contained wrong;

	addr_parse("2001:db8:1:7::5", &one->source);
	snprintf(one->comment, sizeof(one->comment), "it's; --");
	snprintf(one->policy, sizeof(one->policy), "home");
	one->action = "contained";
	assert_int_equal(store_containment_write(store, &one, 1, NULL, 0, NULL), 0);
	assert_int_equal(store_containment_read(store, compare_one, one), 0);
	containment_end(one, NOW + 50);
	assert_int_equal(store_containment_write(store, &one, 1, NULL, 0, NULL), 0);
	/* what no kernel's set takes, and what somebody made up, is not read */
	wrong = *one;
	wrong.host = host_of("100.64.0.0/24");
	wrong.source = wrong.host.addr;
	one = &wrong;
	assert_int_equal(store_containment_write(store, &one, 1, NULL, 0, NULL), 0);
	wrong.host = host_of("2001:db8:2::/56");
	assert_int_equal(store_containment_write(store, &one, 1, NULL, 0, NULL), 0);
	one = containment_next(containment, NULL);
	assert_int_equal(store_containment_read(store, compare_one, one), 0);
	assert_int_equal(store_containment_write(store, NULL, 0, &one->host, 1, NULL), 0);
	assert_int_equal(store_containment_read(store, compare_one, NULL), 0);
	containment_free(containment);
	store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longer),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_engine),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_room),
		cmocka_unit_test_setup_teardown(test_store, temporary_setup, temporary_teardown),
	};

	return cmocka_run_group_tests_name("control/containment", tests, NULL, NULL);
}
