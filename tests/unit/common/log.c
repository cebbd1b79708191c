/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

static void test_escape(void **state)
{
	static const struct {
		const char *text, *escaped; /* into 16 bytes */
	} cases[] = {
		{"", ""},
		{"plain text", "plain text"},
		{"a\nb", "a\\x0ab"},
		{"\x1b[2J", "\\x1b[2J"},
		{"back\\slash", "back\\\\slash"},
		{"\xc3\xbc", "\\xc3\\xbc"},
		{"\x7f", "\\x7f"},
		{"twelve bytes", "twelve bytes"},
		{"thirteen byte", "thirteen byt..."},
		{"eleven byte\n", "eleven byte..."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[16];

		assert_string_equal(log_escape(cases[i].text, out, sizeof(out)), cases[i].escaped);
	}
}

/* What a line looks like on standard error, which @write_lines writes to. */
static void capture(void (*write_lines)(void), char *text, size_t size)
{
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t length;

	assert_int_equal(pipe(ends), 0);
	assert_true(saved >= 0);
	dup2(ends[1], STDERR_FILENO);
	write_lines();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	length = read(ends[0], text, size - 1);
	close(ends[0]);
	text[length > 0 ? length : 0] = '\0';
}

static void write_hostile(void)
{
	log_error("control: unknown key \"%s\"", "x\nengine: forged\x1b[2J");
}

static void write_long(void)
{
	char name[2 * LOG_LINE_MAX];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	log_warning("control: %s", name);
}

static void test_hostile_line(void **state)
{
	char text[4096];

	(void)state;
	capture(write_hostile, text, sizeof(text));
	assert_string_equal(text,
			    "edge25: control: unknown key \"x\\x0aengine: forged\\x1b[2J\"\n");
}

static void test_long_line(void **state)
{
	char text[4096];
	size_t length;

	(void)state;
	capture(write_long, text, sizeof(text));
	length = strlen(text);
	assert_in_range(length, LOG_LINE_MAX / 2, LOG_LINE_MAX + 64);
	assert_string_equal(text + length - 4, "...\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_hostile_line),
		cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
