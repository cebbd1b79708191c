// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>

#include "control/events/watch_filter.h"

#define EVENT(host, policy, class, action)                                                    \
	"{\"src_ip\":\"100.64.0.9\",\"alert\":{\"action\":\"" action "\",\"metadata\":{" host \
	"\"policy\":\"" policy "\",\"class\":\"" class "\"}}}"
#define OF(host) "\"host\":\"" host "\","
#define INCIDENT(host, action)                                                                   \
	"{\"host\":\"" host "\",\"policy\":\"home\",\"class\":\"infected\",\"action\":\"" action \
	"\"}"
#define ALL 7u

static const struct {
	const char *host, *policy, *class;
	unsigned kinds;
	enum watch_verdict verdict;
	enum watch_kind kind;
	const char *params;
	bool wanted;
} cases[] = {
	{"", "", NULL, ALL, 0, WATCH_EVENT, EVENT("", "home", "clean", "blocked"), true},
	{"", "", NULL, 6, 0, WATCH_EVENT, EVENT("", "home", "clean", "blocked"), false},
	{"", "", NULL, 0, 0, WATCH_EVENT, EVENT("", "home", "clean", "blocked"), false},
	{"", "home", NULL, ALL, 0, WATCH_EVENT, EVENT("", "home", "clean", "blocked"), true},
	{"", "hom", NULL, ALL, 0, WATCH_EVENT, EVENT("", "home", "clean", "blocked"), false},
	{"", "", "clean", ALL, 0, WATCH_EVENT, EVENT("", "home", "clean", "blocked"), true},
	{"", "", "suspect", ALL, 0, WATCH_EVENT, EVENT("", "home", "clean", "blocked"), false},
	{"", "", NULL, ALL, WATCH_REFUSED, WATCH_EVENT, EVENT("", "h", "clean", "blocked"), true},
	{"", "", NULL, ALL, WATCH_REFUSED, WATCH_EVENT, EVENT("", "h", "clean", "allowed"), false},
	{"", "", NULL, ALL, WATCH_PASSED, WATCH_EVENT, EVENT("", "h", "clean", "allowed"), true},
	/* Hosts: the address, the prefix around it, an address of the host's prefix; else the source. */
	{"100.64.0.3", "", NULL, ALL, 0, WATCH_EVENT, EVENT(OF("100.64.0.3"), "h", "", ""), true},
	{"100.64.0.9", "", NULL, ALL, 0, WATCH_EVENT, EVENT(OF("100.64.0.3"), "h", "", ""), false},
	{"100.64.0.0/10", "", NULL, ALL, 0, WATCH_EVENT, EVENT(OF("100.64.0.3"), "h", "", ""),
	 true},
	{"100.64.0.9", "", NULL, ALL, 0, WATCH_EVENT, EVENT("", "h", "", ""), true},
	{"2001:db8::7", "", NULL, ALL, 0, WATCH_INCIDENT, INCIDENT("2001:db8::/64", "refused"),
	 true},
	{"2001:db8:1::7", "", NULL, ALL, 0, WATCH_INCIDENT, INCIDENT("2001:db8::/64", "refused"),
	 false},
	{"::/0", "", NULL, ALL, 0, WATCH_INCIDENT, INCIDENT("100.64.0.1", "refused"), false},
	{"", "", NULL, ALL, WATCH_REFUSED, WATCH_INCIDENT, INCIDENT("100.64.0.1", "contained"),
	 true},
	{"", "", NULL, ALL, WATCH_REFUSED, WATCH_INCIDENT, INCIDENT("100.64.0.1", "watched"),
	 false},
	{"", "home", "infected", ALL, 0, WATCH_INCIDENT, INCIDENT("100.64.0.1", "none"), true},
	/* What has no host, policy, class or verdict; what is broken. */
	{"", "", NULL, ALL, 0, WATCH_CHANGE, "{\"method\":\"reload\"}", true},
	{"0.0.0.0/0", "", NULL, ALL, 0, WATCH_CHANGE, "{\"method\":\"reload\"}", false},
	{"", "home", NULL, ALL, 0, WATCH_CHANGE, "{\"method\":\"reload\"}", false},
	{"", "", "clean", ALL, 0, WATCH_CHANGE, "{\"method\":\"reload\"}", false},
	{"", "", NULL, ALL, WATCH_PASSED, WATCH_CHANGE, "{\"method\":\"reload\"}", false},
	{"::/0", "", NULL, ALL, 0, WATCH_EVENT, "{}", false},
	{"::/0", "", NULL, ALL, 0, WATCH_INCIDENT, "{\"host\":\"x\"}", false},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct watch_filter filter = {.kinds = cases[i].kinds,
					      .class = cases[i].class,
					      .verdict = cases[i].verdict};
		json_t *params = json_loads(cases[i].params, 0, NULL);
		struct watch_facts facts;

		assert_non_null(params);
		if (*cases[i].host)
			assert_int_equal(prefix_parse(cases[i].host, &filter.host), 0);
		snprintf(filter.policy, sizeof(filter.policy), "%s", cases[i].policy);
		facts = watch_facts(cases[i].kind, params);
		if (watch_wants(&filter, &facts) != cases[i].wanted)
			fail_msg("case %zu: %s", i, cases[i].params);
		json_decref(params);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
