// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows and what is none: the line that is wrong is named. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "control/replay/trace.h"

/* The rows before the end or the first error, which is "" where there is none. */
static int rows_of(const char *text, struct trace_row *last, char *error, size_t size)
{
	struct trace trace = {.path = "x.csv"};
	struct trace_row row;
	int rows = 0, result;

	trace.file = fmemopen((void *)text, strlen(text), "r");
	assert_non_null(trace.file);
	while ((result = trace_next(&trace, &row)) > 0) {
		*last = row;
		rows++;
	}
	snprintf(error, size, "%s", result < 0 ? trace.error : "");
	fclose(trace.file);
	return rows;
}

static void test_rows(void **state)
{
	static const char text[] = "t,src,dst,sport,dport,answered\n"
				   "0,100.64.3.7,198.51.100.1,40000,25,0\n"
				   "0.5,2001:db8::7,2001:db9::25,40001,587,1\r\n"
				   "12.000000001,100.64.3.7,198.51.100.1,0,465,0";
	struct trace_row row;
	char error[512], address[ADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(rows_of(text, &row, error, sizeof(error)), 3);
	assert_string_equal(error, "");
	assert_int_equal(row.time, UINT64_C(12000000001));
	assert_string_equal(addr_format(&row.source, address), "100.64.3.7");
	assert_string_equal(addr_format(&row.destination, address), "198.51.100.1");
	assert_int_equal(row.source_port, 0);
	assert_int_equal(row.destination_port, 465);
	assert_false(row.answered);
	assert_int_equal(rows_of("1,2001:db8::7,2001:db9::25,1,25,1\n", &row, error, sizeof(error)),
			 1);
	assert_true(row.answered);
	assert_int_equal(row.source.family, FAMILY_IPV6);
}

#define GOOD "1,100.64.3.7,198.51.100.1,40000,25,0\n"
#define HEADER "t,src,dst,sport,dport,answered"

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{GOOD "\n", "x.csv:2: expected six fields: " HEADER},
		{GOOD "1,100.64.3.7,198.51.100.1,40000,25\n",
		 "x.csv:2: expected six fields: " HEADER},
		{GOOD "1,100.64.3.7,198.51.100.1,40000,25,0,0\n",
		 "x.csv:2: expected six fields: " HEADER},
		{GOOD HEADER "\n", "x.csv:2: t = t: expected seconds, such as 12 or 12.5"},
		{"-1,100.64.3.7,198.51.100.1,40000,25,0\n",
		 "x.csv:1: t = -1: expected seconds, such as 12 or 12.5"},
		{"1.,100.64.3.7,198.51.100.1,40000,25,0\n",
		 "x.csv:1: t = 1.: expected seconds, such as 12 or 12.5"},
		{"1e3,100.64.3.7,198.51.100.1,40000,25,0\n",
		 "x.csv:1: t = 1e3: expected seconds, such as 12 or 12.5"},
		{"1.1234567891,100.64.3.7,198.51.100.1,40000,25,0\n",
		 "x.csv:1: t = 1.1234567891: expected seconds, such as 12 or 12.5"},
		{"99999999999999999999,100.64.3.7,198.51.100.1,40000,25,0\n",
		 "x.csv:1: t = 99999999999999999999: expected seconds, such as 12 or 12.5"},
		{GOOD "0.9,100.64.3.7,198.51.100.1,40000,25,0\n",
		 "x.csv:2: t = 0.9: it is before the line above; sort -t, -k1,1n sorts a trace"},
		{"1,100.64.3,198.51.100.1,40000,25,0\n",
		 "x.csv:1: src = 100.64.3: expected an address"},
		{"1,100.64.3.7,,40000,25,0\n", "x.csv:1: dst = : expected an address"},
		{"1,100.64.3.7,2001:db8::1,40000,25,0\n",
		 "x.csv:1: src = 100.64.3.7, dst = 2001:db8::1: expected two addresses of one "
		 "family"},
		{"1,100.64.3.7,198.51.100.1,65536,25,0\n",
		 "x.csv:1: sport = 65536: expected a number from 0 to 65535"},
		{"1,100.64.3.7,198.51.100.1,+1,25,0\n",
		 "x.csv:1: sport = +1: expected a number from 0 to 65535"},
		{"1,100.64.3.7,198.51.100.1,1,26,0\n",
		 "x.csv:1: dport = 26: expected 25, 465 or 587"},
		{"1,100.64.3.7,198.51.100.1,1,25,yes\n",
		 "x.csv:1: answered = yes: expected 0 or 1"},
	};
	struct trace_row row;
	char error[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rows_of(cases[i].text, &row, error, sizeof(error));
		assert_string_equal(error, cases[i].error);
	}
}

static void test_long_line(void **state)
{
	struct trace_row row;
	char text[1000], error[512];

	(void)state;
	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	rows_of(text, &row, error, sizeof(error));
	assert_string_equal(error, "x.csv:1: the line is too long: expected " HEADER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests_name("control/replay/trace", tests, NULL, NULL);
}
