// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <jansson.h>
#include <string.h>

#include "common/utf8.h"
#include "control/names/name_text.h"

static const struct {
	const char *bytes;
	size_t length;
	const char *clean;
} names[] = {
	{"printer", 7, "printer"},
	{"", 0, ""},
	{"  \t ", 4, ""},
	{" a b\t", 5, "a b"},
	{"a\nb\r\0c", 6, "a\\x0ab\\x0d\\x00c"},
	{"\x1b[2J\x7f", 5, "\\x1b[2J\\x7f"},
	{"back\\slash\\x41", 14, "back\\\\slash\\\\x41"},
	{"M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x98\x80", 16,
	 "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x98\x80"},
	/* not UTF-8: alone, overlong, a surrogate, beyond the last, cut off */
	{"\xff\xc0\xaf\xed\xa0\x80", 6, "\\xff\\xc0\\xaf\\xed\\xa0\\x80"},
	{"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"},
	{"a\xe2\x82", 3, "a\\xe2\\x82"},
	/* right-to-left override, zero width, C1 */
	{"a\xe2\x80\xae"
	 "b\xe2\x80\x8b\xc2\x9b",
	 10, "a\\xe2\\x80\\xaeb\\xe2\\x80\\x8b\\xc2\\x9b"},
};

static void test_clean(void **state)
{
	char out[NAME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(name_clean(names[i].bytes, names[i].length, out),
				    names[i].clean);
}

/* A name of any bytes is a JSON string, ends in time, and never in the middle of an escape. */
static void test_any_bytes(void **state)
{
	uint64_t seed = 4;
	char bytes[300], out[NAME_TEXT_MAX];

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t length = random_below(&seed, sizeof(bytes));
		json_t *text;

		for (size_t i = 0; i < length; i++)
			bytes[i] = random_below(&seed, 2) ? (char)next_random(&seed) :
							    (char)('a' + random_below(&seed, 26));
		name_clean(bytes, length, out);
		assert_true(strlen(out) < NAME_TEXT_MAX);
		text = json_string(out);
		assert_non_null(text);
		json_decref(text);
		for (const char *p = out; *p; p++)
			if (*p == '\\')
				p += p[1] == '\\' ? 1 : (assert_int_equal(p[1], 'x'), 3);
	}
}

static void test_length(void **state)
{
	char bytes[300], out[NAME_TEXT_MAX];

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(strlen(name_clean(bytes, 127, out)), 127);
	assert_null(strstr(out, "..."));
	assert_int_equal(strlen(name_clean(bytes, 128, out)), 127);
	assert_string_equal(out + 123, "a...");
	memset(bytes, '\xff', sizeof(bytes));
	name_clean(bytes, 300, out);
	assert_string_equal(out + strlen(out) - 7, "\\xff...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests_name("control/name_text", tests, NULL, NULL);
}
