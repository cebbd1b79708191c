// SPDX-License-Identifier: GPL-2.0-or-later
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "tools/edge25ctl/arguments.h"
#include "tools/edge25ctl/text.h"

static const struct {
	const char *text;
	const char *ascii;
	const char *utf8;
} safe[] = {
	{"", "", ""},
	{"ticket 42", "ticket 42", "ticket 42"},
	{"\x1b[31mred\x07\x7f\n", "\\x1b[31mred\\x07\\x7f\\x0a", "\\x1b[31mred\\x07\\x7f\\x0a"},
	{"\xc2\x9b"
	 "31m",
	 "\\u009b31m", "\\u009b31m"},
	{"\xc3\xa9", "\\u00e9", "\xc3\xa9"},
	{"\xe2\x80\xae"
	 "abc",
	 "\\u202eabc", "\\u202eabc"},
	{"\xf0\x9f\x98\x80", "\\U0001f600", "\xf0\x9f\x98\x80"},
	{"\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf"},               /* overlong */
	{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"}, /* surrogate */
	{"\xe2\x82", "\\xe2\\x82", "\\xe2\\x82"},               /* cut */
	{"\x9b", "\\x9b", "\\x9b"},                             /* C1 as a byte */
};

static void test_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(safe); i++) {
		char *ascii = text_safe(safe[i].text, false);
		char *utf8 = text_safe(safe[i].text, true);

		assert_string_equal(ascii, safe[i].ascii);
		assert_string_equal(utf8, safe[i].utf8);
		free(ascii);
		free(utf8);
	}
}

/* Any bytes: nothing that a terminal obeys comes out, and widths agree with what is cut. */
static void test_safe_random(void **state)
{
	uint64_t seed = 25;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[16];
		char *out;
		unsigned length = random_below(&seed, sizeof(text));

		for (unsigned i = 0; i < length; i++)
			text[i] = (char)(1 + random_below(&seed, 255));
		text[length] = '\0';
		out = text_safe(text, round % 2);
		for (const char *c = out; *c; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
		assert_null(strstr(out, "\xc2\x9b"));
		for (unsigned width = 0; width < 20; width++) {
			char *cut = strndup(out, text_fit(out, width, round % 2));

			assert_true(text_columns(cut, round % 2) <= width);
			free(cut);
		}
		free(out);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		int64_t value;
		const char *number;
		const char *duration;
	} rows[] = {
		{0, "0", "0s"},
		{59, "59", "59s"},
		{60, "60", "1m"},
		{999, "999", "16m 39s"},
		{1000, "1,000", "16m 40s"},
		{3600, "3,600", "1h"},
		{1234567, "1,234,567", "14d 6h"},
		{INT64_MAX, "9,223,372,036,854,775,807", "106751991167300d 15h"},
		{-1, "-1", "0s"},
		{-1234, "-1,234", "0s"},
		{INT64_MIN, "-9,223,372,036,854,775,808", "0s"},
	};
	char text[TEXT_NUMBER_MAX];
	char duration[TEXT_DURATION_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_string_equal(text_number(rows[i].value, text), rows[i].number);
		assert_string_equal(text_duration(rows[i].value, duration), rows[i].duration);
	}
}

static void test_moment(void **state)
{
	(void)state;
	assert_int_equal(text_moment("1970-01-02T00:00:01Z"), 86401);
	assert_int_equal(text_moment("2026-12-01T12:00:00.123456+0000"), 1796126400);
	assert_int_equal(text_moment("2026-12-01"), -1);
	assert_int_equal(text_moment(""), -1);
}

/* Words, the code of the result, and the two options that matter. */
static void test_arguments(void **state)
{
	static const struct {
		const char *words[6];
		bool good;
		size_t operands;
		const char *from;
		const char *socket;
	} rows[] = {
		{{"allow", "add", "--from", "a"}, true, 2, "a", NULL},
		{{"--from=a", "allow", "-s", "x", "add"}, true, 2, "a", "x"},
		{{"--from=", "-sx"}, true, 0, "", "x"},
		{{"--", "--from", "-"}, true, 2, NULL, NULL},
		{{"--from", "a", "--from", "b"}, false, 0, NULL, NULL},
		{{"--from"}, false, 0, NULL, NULL},
		{{"--fro", "a"}, false, 0, NULL, NULL},
		{{"--json=1"}, false, 0, NULL, NULL},
		{{"-hx"}, false, 0, NULL, NULL},
		{{"-x"}, false, 0, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *argv[8] = {(char *)"edge25ctl"};
		struct arguments arguments;
		int argc = 1;

		while (argc <= 6 && rows[i].words[argc - 1]) {
			argv[argc] = (char *)rows[i].words[argc - 1];
			argc++;
		}
		assert_int_equal(arguments_parse(argc, argv, &arguments), rows[i].good);
		if (!rows[i].good)
			continue;
		assert_int_equal(arguments.operands, rows[i].operands);
		if (rows[i].from)
			assert_string_equal(arguments.option[OPTION_FROM], rows[i].from);
		if (rows[i].socket)
			assert_string_equal(arguments.option[OPTION_SOCKET], rows[i].socket);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safe),      cmocka_unit_test(test_safe_random),
		cmocka_unit_test(test_numbers),   cmocka_unit_test(test_moment),
		cmocka_unit_test(test_arguments),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("ctl: text", tests, NULL, NULL);
}
