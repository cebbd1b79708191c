// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "tools/edge25ctl/csv_out.h"

static const struct {
	const char *text;
	const char *guarded;
	const char *exact;
} fields[] = {
	{"", "", ""},
	{"ticket 42", "ticket 42", "ticket 42"},
	{"a,b", "\"a,b\"", "\"a,b\""},
	{"say \"no\"", "\"say \"\"no\"\"\"", "\"say \"\"no\"\"\""},
	{" blank", "\" blank\"", "\" blank\""},
	{"two\r\nlines", "two\\x0d\\x0alines", "two\\x0d\\x0alines"},
	{"\ttab", "\\x09tab", "\\x09tab"},
	{"\x1b[31m", "\\x1b[31m", "\\x1b[31m"},
	{"\xc3\xa9", "\xc3\xa9", "\xc3\xa9"},
	{"\xff", "\\xff", "\\xff"},
	{"=1+1", "'=1+1", "=1+1"},
	{"=HYPERLINK(\"a\",1)", "\"'=HYPERLINK(\"\"a\"\",1)\"", "\"=HYPERLINK(\"\"a\"\",1)\""},
	{"@sum", "'@sum", "@sum"},
	{"+49 30", "'+49 30", "+49 30"},
	{"-", "'-", "-"},
	{"a=1", "a=1", "a=1"},
};

static char *field(const char *text, enum csv_texts texts)
{
	char *written = NULL;
	size_t size;
	FILE *out = open_memstream(&written, &size);

	assert_non_null(out);
	csv_field(out, text, texts);
	fclose(out);
	return written;
}

static void test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		char *guarded = field(fields[i].text, CSV_GUARDED);
		char *exact = field(fields[i].text, CSV_EXACT);

		assert_string_equal(guarded, fields[i].guarded);
		assert_string_equal(exact, fields[i].exact);
		free(guarded);
		free(exact);
	}
}

static void test_print(void **state)
{
	static const char *const columns[] = {"id",   "by.user",     "flag", "none",
					      "list", "gone.at.all", NULL};
	json_t *rows = json_loads("[{\"id\": -7, \"by\": {\"user\": \"root\"}, \"flag\": true,"
				  " \"none\": null, \"list\": [\"a\", \"b, c\"]},"
				  " {\"id\": 8, \"by\": null, \"flag\": false}]",
				  0, NULL);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(rows);
	csv_print(out, rows, columns, CSV_GUARDED);
	fclose(out);
	assert_string_equal(text, "id,by.user,flag,none,list,gone.at.all\r\n"
				  "-7,root,true,,\"a; b, c\",\r\n"
				  "8,,false,,,\r\n");
	free(text);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
