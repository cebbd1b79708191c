// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "../unit.h"
#include "launch/child.h"
#include "launch/settings.h"

#define ALL "run-dir=/r\nstate-dir=/s\nlog-dir=/l\nuser=u\nengine-user=e\n"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *what;
	} rows[] = {
		{ALL, 0, NULL},
		{ALL "config-file=/c\nfuture=1\n\n", 0, NULL},
		{ALL "monitor-group=\n", 0, NULL},
		{ALL "monitor-group=g\n", 0, NULL},
		{"", -EINVAL, "run-dir"},
		{"run-dir=/r\nstate-dir=/s\nlog-dir=/l\nuser=u\n", -EINVAL, "engine-user"},
		{ALL "nonsense\n", -EINVAL, "nonsense"},
		{ALL "run-dir=relative\n", -EINVAL, "run-dir=relative"},
		{ALL "user=\n", -EINVAL, "user"},
		{ALL "user=0123456789012345678901234567890123456789012345678901234567890123\n",
		 -EINVAL, "user=0123456789012345678901234567890123456789012345678901234567890123"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings settings;
		const char *what = NULL;
		char text[512];

		strcpy(text, rows[i].text);
		assert_int_equal(settings_parse(text, &settings, &what), rows[i].error);
		if (rows[i].what)
			assert_string_equal(what, rows[i].what);
		else
			assert_string_equal(settings.engine_user, "e");
	}
}

/* The waits grow to a bound, and a life of CHILD_SETTLED forgets them. */
static void test_back_off(void **state)
{
	static const unsigned delays[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
	struct child child = {.name = "engine"};
	uint64_t now = 1000000;

	(void)state;
	for (size_t i = 0; i < COUNT(delays); i++) {
		child.runs++;
		child.started = now;
		assert_false(child_ended(&child, W_EXITCODE(1, 0), true, now + 5));
		assert_int_equal(child.due, now + 5 + delays[i]);
		now = child.due;
	}
	child.started = now;
	assert_false(child_ended(&child, W_EXITCODE(0, 9), true, now + CHILD_SETTLED));
	assert_int_equal(child.due, now + CHILD_SETTLED + CHILD_DELAY_FIRST);
}

static void test_useless(void **state)
{
	static const struct {
		unsigned runs;
		int status;
		uint64_t life;
		bool again;
		bool useless;
	} rows[] = {
		{1, W_EXITCODE(CHILD_EXIT_CONFIG, 0), 50, true, true},
		{1, W_EXITCODE(CHILD_EXIT_CONFIG, 0), CHILD_SETTLED, true, false},
		{2, W_EXITCODE(CHILD_EXIT_CONFIG, 0), 50, true, false},
		{1, W_EXITCODE(1, 0), 50, true, false},
		{1, W_EXITCODE(0, 9), 50, true, false},
		{1, W_EXITCODE(CHILD_EXIT_CONFIG, 0), 50, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct child child = {.name = "control", .runs = rows[i].runs, .started = 7};

		assert_int_equal(child_ended(&child, rows[i].status, rows[i].again,
					     7 + rows[i].life),
				 rows[i].useless);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_useless),
	};

	return cmocka_run_group_tests_name("launch: settings, child", tests, NULL, NULL);
}
