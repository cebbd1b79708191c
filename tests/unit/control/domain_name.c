// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <string.h>

#include "control/config/domain_name.h"

#define LABEL "a23456789-123456789-123456789-123456789-123456789-123456789-123"

static void test_names(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"smtp.example.net", "smtp.example.net"},
		{"SMTP.Example.NET.", "smtp.example.net"},
		{"relay.", "relay."},
		{"a.b", "a.b"},
		{"3com.example", "3com.example"},
		{"1.2.3.example", "1.2.3.example"},
		{"25.0.0.10.in-addr.arpa", "25.0.0.10.in-addr.arpa"},
		{"xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"mx.4you", "mx.4you"},
		{LABEL ".net", LABEL ".net"},
	};
	char name[DOMAIN_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(domain_name_read(cases[i].text, name));
		assert_string_equal(name, cases[i].name);
	}
}

static void test_other_words(void **state)
{
	static const char *const others[] = {
		"",
		".",
		"relay",
		"10.0.0.1",
		"10.0.0.1.5",
		"1.2.3",
		"1.2.3.",
		"25.",
		"10.0.0.0x1",
		"2001:db8::1",
		"203.0.113.0/24",
		"smtp..example.net",
		".smtp.example.net",
		"smtp.example.net..",
		"-smtp.example.net",
		"smtp-.example.net",
		"smtp.example.net-",
		"smtp_1.example.net",
		"smtp.example.net ",
		" smtp.example.net",
		"smtp.exa mple.net",
		"smtp.ex\tample.net",
		"b\xc3\xbc"
		"cher.example",
		"*.example.net",
		"user@example.net",
		"smtp.example.net:25",
		LABEL "x.net",
	};
	char name[DOMAIN_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++)
		if (domain_name_read(others[i], name))
			fail_msg("\"%s\" is a name", others[i]);
}

static void test_length(void **state)
{
	char text[512] = "", name[DOMAIN_NAME_MAX];

	(void)state;
	for (int i = 0; i < 3; i++)
		strcat(text, LABEL ".");
	strcat(text, "a2345678901234567890123456789012345678901234567890123456789.n");
	assert_int_equal(strlen(text), 253);
	assert_true(domain_name_read(text, name));
	assert_string_equal(name, text);
	strcat(text, ".");
	assert_true(domain_name_read(text, name));
	assert_int_equal(strlen(name), 253);
	text[253] = 'x';
	assert_false(domain_name_read(text, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests_name("control/domain_name", tests, NULL, NULL);
}
