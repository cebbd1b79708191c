// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/allow/destination_names.h"

#define NOW 1000
#define NAME "smtp.example.net"

static const struct name_terms terms = {.min = 60, .max = 3600, .keep = 1000};

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static void add(struct resolver_part *part, const char *text)
{
	part->outcome = RESOLVER_FOUND;
	part->addresses[part->count++] = addr_of(text);
}

/* Nothing of either family. */
static struct resolver_answer nothing(void)
{
	return (struct resolver_answer){.v4.outcome = RESOLVER_NONE, .v6.outcome = RESOLVER_NONE};
}

static struct resolver_answer answer_of(const char *first, const char *second, uint32_t ttl)
{
	const char *const texts[] = {first, second};
	struct resolver_answer answer = nothing();

	for (int i = 0; i < 2; i++)
		if (texts[i])
			add(strchr(texts[i], ':') ? &answer.v6 : &answer.v4, texts[i]);
	answer.v4.ttl = answer.v6.ttl = ttl;
	return answer;
}

static struct resolver_answer silence(void)
{
	struct resolver_answer answer = {.v4.outcome = RESOLVER_FAILED,
					 .v6.outcome = RESOLVER_FAILED};

	answer.v4.problem = answer.v6.problem = "timeout";
	return answer;
}

struct fixture {
	struct destination_names *names;
	struct destination_name *name;
	struct name_change change;
};

static struct fixture fixture_new(void)
{
	struct fixture f = {.names = destination_names_new()};

	assert_int_equal(destination_names_hold(f.names, NAME_STORED, NAME), 0);
	f.name = destination_names_find(f.names, NAME);
	assert_non_null(f.name);
	return f;
}

static void take(struct fixture *f, const struct resolver_answer *answer, int64_t now)
{
	assert_int_equal(destination_name_answer(f->name, answer, &terms, now, &f->change), 0);
}

static bool has(const struct fixture *f, const char *text)
{
	const struct addr addr = addr_of(text);

	return destination_name_has(f->name, &addr);
}

static void test_holders(void **state)
{
	struct fixture f = fixture_new();

	(void)state;
	assert_null(destination_names_find(f.names, "mx.example.net"));
	assert_int_equal(destination_names_hold(f.names, NAME_CONFIGURED, NAME), 0);
	assert_int_equal(destination_names_hold(f.names, NAME_STORED, "mx.example.net"), 0);
	assert_string_equal(destination_names_at(f.names, 0)->text, "mx.example.net");
	assert_ptr_equal(destination_names_at(f.names, 1), f.name);
	assert_null(destination_names_at(f.names, 2));
	destination_names_release(f.names, NAME_STORED, NAME);
	destination_names_release(f.names, NAME_STORED, NAME); /* one too many */
	destination_names_release(f.names, NAME_STORED, "mx.example.net");
	destination_names_sweep(f.names, NULL, NULL);
	assert_null(destination_names_find(f.names, "mx.example.net"));
	assert_non_null(destination_names_find(f.names, NAME));
	destination_names_release(f.names, NAME_CONFIGURED, NAME);
	f.name->asking = true; /* whoever asks finds it */
	destination_names_sweep(f.names, NULL, NULL);
	assert_non_null(destination_names_find(f.names, NAME));
	f.name->asking = false;
	destination_names_sweep(f.names, NULL, NULL);
	assert_null(destination_names_at(f.names, 0));
	destination_names_free(f.names);
}

static void test_bound(void **state)
{
	struct destination_names *names = destination_names_new();
	char text[DOMAIN_NAME_MAX];

	(void)state;
	for (int i = 0; i < DESTINATION_NAMES_MAX; i++) {
		snprintf(text, sizeof(text), "n%d.example.net", i);
		assert_int_equal(destination_names_hold(names, NAME_STORED, text), 0);
	}
	assert_int_equal(destination_names_hold(names, NAME_STORED, "n5.example.net"), 0);
	assert_int_equal(destination_names_hold(names, NAME_CONFIGURED, "n5.example.net"), 0);
	assert_int_equal(destination_names_held(names, NAME_STORED), DESTINATION_NAMES_MAX);
	assert_int_equal(destination_names_holders(names, NAME_STORED), DESTINATION_NAMES_MAX + 1);
	assert_int_equal(destination_names_held(names, NAME_CONFIGURED), 1);
	/* those that come and go do not pile up */
	for (int i = 0; i < 100 * DESTINATION_NAMES_MAX; i++) {
		snprintf(text, sizeof(text), "g%d.example.net", i);
		assert_int_equal(destination_names_hold(names, NAME_CONFIGURED, text), 0);
		destination_names_release(names, NAME_CONFIGURED, text);
	}
	assert_null(destination_names_at(names, 5 * DESTINATION_NAMES_MAX));
	destination_names_free(names);
}

static void test_follows(void **state)
{
	struct fixture f = fixture_new();
	struct resolver_answer first = answer_of("203.0.113.25", "2001:db8::25", 300);
	struct resolver_answer second = answer_of("203.0.113.26", NULL, 300);

	(void)state;
	assert_true(f.name->due < NOW); /* to be asked at once */
	take(&f, &first, NOW);
	assert_int_equal(f.change.added_count, 2);
	assert_int_equal(f.name->since, NOW);
	assert_int_equal(f.name->due, NOW + 300);
	take(&f, &first, NOW + 300);
	assert_int_equal(f.change.added_count + f.change.removed_count, 0);
	assert_int_equal(f.name->since, NOW);
	assert_int_equal(f.name->answer_time, NOW + 300);

	/* what is no longer said stays for a while */
	take(&f, &second, NOW + 600);
	assert_int_equal(f.change.added_count, 1);
	assert_int_equal(f.change.removed_count, 0);
	assert_true(has(&f, "203.0.113.25") && has(&f, "203.0.113.26") && has(&f, "2001:db8::25"));
	take(&f, &second, NOW + 1299);
	assert_int_equal(f.name->count, 3);
	assert_int_equal(f.name->due,
			 NOW + 1299 + 60); /* when the old ones may go, not before min */
	take(&f, &second, NOW + 1300);
	assert_int_equal(f.change.removed_count, 2);
	assert_int_equal(f.name->count, 1);
	assert_true(has(&f, "203.0.113.26"));
	destination_names_free(f.names);
}

static void test_comes_back(void **state)
{
	struct fixture f = fixture_new();
	struct resolver_answer first = answer_of("203.0.113.25", NULL, 60);
	struct resolver_answer second = answer_of("203.0.113.26", NULL, 60);

	(void)state;
	for (int i = 0; i < 100; i++) {
		take(&f, i % 2 ? &first : &second, NOW + 600 * i);
		assert_int_equal(f.change.added_count, i < 2);
		assert_int_equal(f.change.removed_count, 0);
	}
	destination_names_free(f.names);
}

static void test_silence(void **state)
{
	struct fixture f = fixture_new();
	struct resolver_answer answer = answer_of("203.0.113.25", "2001:db8::25", 300);
	struct resolver_answer silent = silence(), half = nothing();

	(void)state;
	take(&f, &silent, NOW);
	assert_false(f.name->answered);
	assert_int_equal(f.name->silent_since, NOW);
	take(&f, &answer, NOW + 60);
	assert_null(f.name->problem);
	/* for a year */
	for (int64_t now = NOW + 360; now < NOW + 31536000; now += 86400) {
		take(&f, &silent, now);
		assert_int_equal(f.change.removed_count, 0);
		assert_int_equal(f.name->due, now + 60);
		assert_int_equal(f.name->silent_since, NOW + 360);
	}
	assert_string_equal(f.name->problem, "timeout");
	/* one family alone */
	half.v6 = silent.v6;
	take(&f, &half, NOW + 31536000);
	assert_int_equal(f.change.removed_count, 1);
	assert_true(has(&f, "2001:db8::25"));
	destination_names_free(f.names);
}

static void test_no_such_name(void **state)
{
	struct fixture f = fixture_new();
	struct resolver_answer answer = answer_of("203.0.113.25", NULL, 100000);
	struct resolver_answer none = nothing();

	(void)state;
	take(&f, &answer, NOW);
	assert_int_equal(f.name->due, NOW + 3600); /* max */
	take(&f, &none, NOW + 900);
	assert_int_equal(f.change.removed_count, 0);
	assert_int_equal(f.name->due, NOW + 1000);
	take(&f, &none, NOW + 1000);
	assert_int_equal(f.change.removed_count, 1);
	assert_int_equal(f.name->count, 0);
	assert_int_equal(f.name->since, NOW + 1000);
	assert_int_equal(f.name->due, NOW + 1060);
	destination_names_free(f.names);
}

static void test_unfit(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0",   "0.1.2.3",         "127.0.0.1", "169.254.1.1",
		"224.0.0.1", "255.255.255.255", "240.0.0.1", "::",
		"::1",       "fe80::1",         "ff02::1",   "::ffff:203.0.113.25",
	};
	struct fixture f = fixture_new();
	struct resolver_answer answer = nothing();

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		add(strchr(texts[i], ':') ? &answer.v6 : &answer.v4, texts[i]);
	take(&f, &answer, NOW);
	assert_int_equal(f.change.added_count, 0);
	assert_true(f.name->unfit);
	assert_int_equal(
		destination_name_recall(f.name, &(struct name_address){addr_of("127.0.0.1"), 0, 0}),
		-EINVAL);
	answer = answer_of("10.0.0.1", "fd00::1", 60); /* a relay of one's own */
	take(&f, &answer, NOW);
	assert_int_equal(f.change.added_count, 2);
	assert_false(f.name->unfit);
	destination_names_free(f.names);
}

/* A thousand addresses at random in each answer, which shall be asked for at once. */
static void test_hostile(void **state)
{
	struct fixture f = fixture_new();
	uint64_t random = 25;

	(void)state;
	for (int64_t now = NOW, end = NOW + 100000; now < end; now = f.name->due) {
		struct resolver_answer answer = {.v4.left_out = 936, .v6.left_out = 936};

		for (size_t i = 0; i < RESOLVER_ADDRESSES_MAX; i++) {
			char text[64];

			snprintf(text, sizeof(text), "10.%u.%u.%u", random_below(&random, 256),
				 random_below(&random, 256), random_below(&random, 256));
			add(&answer.v4, i % 3 ? text : "203.0.113.25");
			snprintf(text, sizeof(text), "2001:db8::%x", random_below(&random, 65536));
			add(&answer.v6, text);
		}
		take(&f, &answer, now);
		assert_true(f.name->count <= NAME_ADDRESSES_MAX);
		assert_true(f.change.added_count <= NAME_ADDRESSES_MAX);
		assert_true(f.change.removed_count <= NAME_ADDRESSES_MAX);
		assert_true(has(&f, "203.0.113.25"));
		assert_true(f.name->full);
		assert_true(f.name->due >= now + terms.min);
	}
	destination_names_free(f.names);
}

/* Of many that rotate, those that were seen last are kept. */
static void test_room(void **state)
{
	struct fixture f = fixture_new();
	char text[64];

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct resolver_answer answer;

		snprintf(text, sizeof(text), "10.0.0.%d", i);
		answer = answer_of(text, NULL, 1);
		take(&f, &answer, NOW + i);
	}
	assert_int_equal(f.name->count, NAME_ADDRESSES_MAX);
	for (int i = 200 - NAME_ADDRESSES_MAX; i < 200; i++) {
		snprintf(text, sizeof(text), "10.0.0.%d", i);
		assert_true(has(&f, text));
	}
	destination_names_free(f.names);
}

static void test_next(void **state)
{
	struct destination_names *names = destination_names_new();
	const struct resolver_answer answer = answer_of("203.0.113.25", NULL, 300);
	struct name_change change;

	(void)state;
	assert_null(destination_names_next(names));
	destination_names_hold(names, NAME_STORED, "a.example.net");
	destination_names_hold(names, NAME_CONFIGURED, "b.example.net");
	destination_name_answer(destination_names_find(names, "a.example.net"), &answer, &terms,
				NOW, &change);
	assert_string_equal(destination_names_next(names)->text, "b.example.net");
	destination_names_next(names)->asking = true;
	assert_string_equal(destination_names_next(names)->text, "a.example.net");
	assert_int_equal(destination_names_next(names)->due, NOW + 300);
	destination_names_release(names, NAME_STORED, "a.example.net");
	assert_null(destination_names_next(names));
	destination_names_free(names);
}

static void test_recall(void **state)
{
	struct fixture f = fixture_new();
	const struct name_address old = {addr_of("203.0.113.25"), -5000, -4000};
	struct resolver_answer answer = answer_of("203.0.113.26", NULL, 300);
	struct resolver_answer silent = silence();

	(void)state;
	assert_int_equal(destination_name_recall(f.name, &old), 0);
	assert_int_equal(destination_name_recall(f.name, &old), -EINVAL);
	assert_int_equal(f.name->since, -5000);
	take(&f, &silent, NOW);
	assert_true(has(&f, "203.0.113.25"));
	take(&f, &answer, NOW + 60);
	assert_false(has(&f, "203.0.113.25"));
	destination_names_free(f.names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holders), cmocka_unit_test(test_bound),
		cmocka_unit_test(test_follows), cmocka_unit_test(test_comes_back),
		cmocka_unit_test(test_silence), cmocka_unit_test(test_no_such_name),
		cmocka_unit_test(test_unfit),   cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_room),    cmocka_unit_test(test_next),
		cmocka_unit_test(test_recall),
	};

	return cmocka_run_group_tests_name("control/destination_names", tests, NULL, NULL);
}
