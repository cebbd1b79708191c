/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/sweep.h"

struct record {
	char text[512];
	unsigned spans;
	unsigned fail_at; /* 0: never */
};

static int record_span(void *context, const struct sweep_span *span)
{
	struct record *record = context;
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];
	size_t used = strlen(record->text);

	if (++record->spans == record->fail_at)
		return -ENOMEM;
	snprintf(record->text + used, sizeof(record->text) - used, "%s%s-%s=%u:%u", used ? " " : "",
		 addr_format(&span->first, first), addr_format(&span->last, last),
		 (unsigned)span->value, span->id);
	return 0;
}

static const struct {
	const char *prefix;
	uint64_t value;
	uint32_t id;
} line[] = {
	{"10.0.0.0/8", 5, 1},  {"10.0.0.0/16", 3, 2}, {"10.0.1.0/24", 9, 3},
	{"10.1.0.0/16", 5, 4}, {"10.2.0.0/16", 7, 5}, {"10.3.0.0/16", 7, 6},
};

static int run(struct record *record, enum sweep_rule rule)
{
	struct sweep sweep;
	int err = 0;

	sweep_start(&sweep, rule, record_span, record);
	for (size_t i = 0; i < COUNT(line) && !err; i++) {
		struct prefix prefix;

		assert_int_equal(prefix_parse(line[i].prefix, &prefix), 0);
		err = sweep_add(&sweep, &prefix, line[i].value, line[i].id);
	}
	return err ? err : sweep_end(&sweep);
}

static void test_longest(void **state)
{
	struct record record = {.spans = 0};

	(void)state;
	assert_int_equal(run(&record, SWEEP_LONGEST), 0);
	assert_string_equal(record.text, "10.0.0.0-10.0.0.255=3:2 10.0.1.0-10.0.1.255=9:3 "
					 "10.0.2.0-10.0.255.255=3:2 10.1.0.0-10.1.255.255=5:4 "
					 "10.2.0.0-10.2.255.255=7:5 10.3.0.0-10.3.255.255=7:6 "
					 "10.4.0.0-10.255.255.255=5:1");
}

/* A lower value inside does not cut; an equal one leaves it to the prefix around it. */
static void test_highest(void **state)
{
	struct record record = {.spans = 0};

	(void)state;
	assert_int_equal(run(&record, SWEEP_HIGHEST), 0);
	assert_string_equal(record.text, "10.0.0.0-10.0.0.255=5:1 10.0.1.0-10.0.1.255=9:3 "
					 "10.0.2.0-10.1.255.255=5:1 10.2.0.0-10.2.255.255=7:5 "
					 "10.3.0.0-10.3.255.255=7:6 10.4.0.0-10.255.255.255=5:1");
}

static void test_error_ends_it(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= 7; at++) {
		struct record record = {.fail_at = at};

		assert_int_equal(run(&record, SWEEP_LONGEST), -ENOMEM);
		assert_int_equal(record.spans, at);
	}
}

static void test_order(void **state)
{
	static const char *const ascending[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.0", "10.1.0.0/16", "::/0", "::"};

	(void)state;
	for (size_t i = 0; i < COUNT(ascending); i++) {
		for (size_t j = 0; j < COUNT(ascending); j++) {
			struct prefix a, b;
			int order;

			assert_int_equal(prefix_parse(ascending[i], &a), 0);
			assert_int_equal(prefix_parse(ascending[j], &b), 0);
			order = sweep_order(&a, &b);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_highest),
		cmocka_unit_test(test_error_ends_it),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
