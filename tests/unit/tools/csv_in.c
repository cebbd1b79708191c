// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/edge25ctl/csv_in.h"

/* All records of @text as "line:field|field;"; errors as "line!". */
static const char *read_all(const char *text, size_t length)
{
	static char out[1024];
	struct csv_in csv;
	size_t n = 0;
	int got;

	out[0] = '\0';
	csv_in_start(&csv, text, length);
	while ((got = csv_in_next(&csv))) {
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%d%s", (int)csv.line,
				      got == 1 ? ":" : "!");
		for (size_t i = 0; got == 1 && i < csv.count; i++)
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", i ? "|" : "",
					      csv.field[i]);
		n += (size_t)snprintf(out + n, sizeof(out) - n, ";");
		assert_true(got == 1 || (got == -EINVAL && csv.error));
	}
	csv_in_end(&csv);
	return out;
}

static void test_records(void **state)
{
	static const struct {
		const char *text, *records;
	} cases[] = {
		{"", ""},
		{"\n\r\n", ""},
		{"a,b", "1:a|b;"},
		{"a,b\n", "1:a|b;"},
		{"\xef\xbb\xbf"
		 "a\r\nb\r\n\nc",
		 "1:a;2:b;4:c;"},
		{",\n,,", "1:|;2:||;"},
		{"\"a\",\"b,c\",\"d\"\"e\"\n", "1:a|b,c|d\"e;"},
		{"\"\",\"\"\"\"", "1:|\";"},
		{" a , b ", "1: a | b ;"},
		{"Z\xc3\xbcrich,\xe6\x9d\xb1", "1:Z\xc3\xbcrich|\xe6\x9d\xb1;"},
		{"=1+1,@x", "1:=1+1|@x;"},
		/* each wrong in its own line, and what follows is read */
		{"\"a\nb", "1!;2:b;"},
		{"a\"b\nc", "1!;2:c;"},
		{"\"a\"b\nc", "1!;2:c;"},
		{"a\rb\nc", "1!;2:c;"},
		{"a\xff\nc", "1!;2:c;"},
		{"a\xc3\nc", "1!;2:c;"},
		{",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\nc", "1!;2:c;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(read_all(cases[i].text, strlen(cases[i].text)),
				    cases[i].records);
	assert_string_equal(read_all("a\0b\nc", 5), "1!;2:c;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests_name("tools/csv_in", tests, NULL, NULL);
}
