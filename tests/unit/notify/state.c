// SPDX-License-Identifier: GPL-2.0-or-later
/* What survives a restart, and files that are not what was written. */
#include <errno.h>
#include <string.h>

#include "../control/temporary.h"
#include "../unit.h"
#include "tools/edge25-notify/state.h"

static void test_round(void **state)
{
	const struct state written = {
		.change = INT64_MAX, .runs_left = 2.5, .time = 1795000000, .given_up = 3};
	struct incident incident = {
		.id = 12, .open = true, .class = "misconfigured", .action = "contained"};
	char path[TEMPORARY_PATH_MAX];
	struct told told = {0};
	struct state read;
	unsigned line;

	temporary_path(state, "last", path);
	for (int64_t id = 1; id <= 100; id++) {
		incident.id = id;
		assert_int_equal(told_put(&told, &incident), 0);
	}
	assert_int_equal(state_save(path, &written, &told), 0);
	told_free(&told);
	assert_int_equal(state_load(path, &read, &told, &line), 0);
	assert_int_equal(read.change, written.change);
	assert_true(read.runs_left == written.runs_left);
	assert_int_equal(read.time, written.time);
	assert_int_equal(read.given_up, written.given_up);
	assert_int_equal(told.count, 100);
	assert_string_equal(told_find(&told, 57)->class, "misconfigured");
	assert_string_equal(told_find(&told, 57)->action, "contained");
	told_free(&told);
}

static void test_damaged(void **state)
{
	char whole[512], path[TEMPORARY_PATH_MAX];
	struct incident incident = {.id = 1, .open = true, .class = "suspect", .action = "none"};
	struct state facts = {.change = 7};
	struct told told = {0};
	unsigned line;
	size_t length;

	temporary_path(state, "last", path);
	assert_int_equal(told_put(&told, &incident), 0);
	assert_int_equal(state_save(path, &facts, &told), 0);
	told_free(&told);
	length = strlen(temporary_read(state, "last", whole, sizeof(whole)));

	/* Cut anywhere, it is not believed. */
	for (size_t cut = 0; cut < length; cut++) {
		char part[512];

		memcpy(part, whole, cut);
		part[cut] = '\0';
		temporary_write(state, "last", part);
		assert_int_equal(state_load(path, &facts, &told, &line), -EBADMSG);
		told_free(&told);
	}
	temporary_write(state, "last", whole);
	assert_int_equal(state_load(path, &facts, &told, &line), 0);
	told_free(&told);
}

static void test_missing(void **state)
{
	char path[TEMPORARY_PATH_MAX];
	struct told told = {0};
	struct state facts = {0};
	unsigned line;

	assert_int_equal(state_load(temporary_path(state, "none", path), &facts, &told, &line),
			 -ENOENT);
	assert_int_equal(state_save(temporary_path(state, "no/such", path), &facts, &told),
			 -ENOENT);
}

static void test_lock(void **state)
{
	char path[TEMPORARY_PATH_MAX];
	int first = state_lock(temporary_path(state, "last", path)), second;

	assert_true(first >= 0);
	assert_int_equal(state_lock(path), -EWOULDBLOCK);
	close(first);
	second = state_lock(path);
	assert_true(second >= 0);
	close(second);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round),
		TEST(test_damaged),
		TEST(test_missing),
		TEST(test_lock),
	};

	return cmocka_run_group_tests_name("notify: state", tests, NULL, NULL);
}
