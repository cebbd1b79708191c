/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <sys/stat.h>

#include "control/events/event_forget.h"
#include "temporary.h"

#define LINE(source) "{\"src_ip\":\"" source "\",\"dest_ip\":\"203.0.113.25\"}\n"
#define MINE LINE("100.64.3.7")
#define OURS LINE("100.64.3.70")
#define YOURS LINE("100.64.3.8")
#define MINE6 LINE("2001:db8:3:7::9")
#define YOURS6 LINE("2001:db8:3:8::9")
#define NAMED "{\"src_ip\":\"100.64.3.8\",\"dest_ip\":\"100.64.3.7\"}\n"
#define ODD "100.64.3.7 is not a line of ours\n"

static struct event_forget *begin(void **state, const char *host)
{
	struct event_forget *forget;
	struct prefix prefix;

	assert_int_equal(prefix_parse(host, &prefix), 0);
	forget = event_forget_new(*state, &prefix);
	assert_non_null(forget);
	event_forget_run(forget);
	return forget;
}

static void is(void **state, const char *name, const char *expected)
{
	char text[4096];

	assert_string_equal(temporary_read(state, name, text, sizeof(text)), expected);
}

static void append(void **state, const char *name, const char *text)
{
	char path[TEMPORARY_PATH_MAX];
	FILE *file = fopen(temporary_path(state, name, path), "a");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void test_lines_go(void **state)
{
	struct event_forget *forget;
	char path[TEMPORARY_PATH_MAX];
	struct stat stat_after;
	bool current;

	temporary_write(state, "events.json", MINE YOURS MINE6 OURS NAMED ODD MINE);
	assert_int_equal(chmod(temporary_path(state, "events.json", path), 0640), 0);
	temporary_write(state, "events.json.1", YOURS);
	temporary_write(state, "events.json-20261122", MINE MINE);
	temporary_write(state, "events.json.2.gz", MINE);
	temporary_write(state, "other.json", MINE);
	forget = begin(state, "100.64.3.7/32");
	append(state, "events.json", YOURS MINE); /* it is back already */
	is(state, "events.json", MINE YOURS MINE6 OURS NAMED ODD MINE YOURS MINE);
	assert_true(event_forget_end(forget, &current));
	assert_true(current);
	is(state, "events.json", YOURS MINE6 OURS NAMED ODD YOURS MINE);
	is(state, "events.json.1", YOURS);
	is(state, "events.json-20261122", "");
	is(state, "other.json", MINE);
	assert_int_equal(event_forget_result(forget)->lines, 4);
	assert_int_equal(event_forget_result(forget)->files, 2);
	assert_int_equal(event_forget_result(forget)->compressed, 1);
	assert_string_equal(event_forget_result(forget)->problem, "");
	assert_int_equal(stat(temporary_path(state, "events.json", path), &stat_after), 0);
	assert_int_equal(stat_after.st_mode & 07777, 0640);
	assert_int_not_equal(access(temporary_path(state, "events.json.forget", path), F_OK), 0);
	event_forget_free(forget);
}

static void test_prefixes(void **state)
{
	struct event_forget *forget;
	bool current;

	temporary_write(state, "events.json", MINE6 YOURS6 MINE MINE6);
	forget = begin(state, "2001:db8:3:7::/64");
	assert_true(event_forget_end(forget, &current));
	is(state, "events.json", YOURS6 MINE);
	event_forget_free(forget);
}

/* A file that was moved while it was looked at: what is left is done when it is looked at again. */
static void test_moved(void **state)
{
	char path[TEMPORARY_PATH_MAX], to[TEMPORARY_PATH_MAX];
	struct event_forget *forget;
	bool current;

	temporary_write(state, "events.json", MINE YOURS);
	forget = begin(state, "100.64.3.7");
	assert_int_equal(rename(temporary_path(state, "events.json", path),
				temporary_path(state, "events.json.1", to)),
			 0);
	temporary_write(state, "events.json", YOURS6);
	assert_false(event_forget_end(forget, &current));
	assert_false(current);
	is(state, "events.json.1", MINE YOURS);
	is(state, "events.json", YOURS6);
	event_forget_run(forget);
	assert_true(event_forget_end(forget, &current));
	assert_false(current);
	is(state, "events.json.1", YOURS);
	is(state, "events.json", YOURS6);
	event_forget_free(forget);
}

/* Killed before the end: the old file is there, and what is left of the new one is in nobody's way. */
static void test_cut_short(void **state)
{
	struct event_forget *forget;
	bool current;

	temporary_write(state, "events.json", MINE YOURS);
	temporary_write(state, "events.json.forget", "half a l");
	temporary_write(state, "events.json.1.forget", "half a l");
	forget = begin(state, "100.64.3.7");
	assert_true(event_forget_end(forget, &current));
	is(state, "events.json", YOURS);
	is(state, "events.json.forget", "");
	is(state, "events.json.1.forget", "");
	event_forget_free(forget);

	temporary_write(state, "events.json", MINE YOURS);
	forget = begin(state, "100.64.3.7");
	event_forget_free(forget);
	is(state, "events.json", MINE YOURS);
	is(state, "events.json.forget", "");
}

static void test_unreadable(void **state)
{
	char path[TEMPORARY_PATH_MAX];
	struct event_forget *forget;
	bool current;

	temporary_write(state, "events.json.1", MINE YOURS);
	assert_int_equal(mkdir(temporary_path(state, "events.json", path), 0700), 0);
	forget = begin(state, "100.64.3.7");
	assert_true(event_forget_end(forget, &current));
	is(state, "events.json.1", YOURS);
	assert_non_null(strstr(event_forget_result(forget)->problem, "events.json cannot be"));
	event_forget_free(forget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines_go, temporary_setup, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_prefixes, temporary_setup, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_moved, temporary_setup, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_cut_short, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, temporary_setup,
						temporary_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
