// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>

#include "control/config/config.h"
#include "control/config/config_settings.h"
#include "control/config/difference.h"
#include "temporary.h"

#define HOME "policy \"home\" { mode = block }\n"
#define LAB "policy \"lab\" { mode = monitor }\n"
#define DSL(prefixes) "range \"dsl\" { prefixes = { " prefixes " } policy = home }\n"
#define ALLOW(rest) "allow \"relay\" { " rest " comment = \"ours\" }\n"
#define NOTHING "nothing changed"

static struct config *load(void **state, const char *text)
{
	char path[TEMPORARY_PATH_MAX];
	struct config_error error;
	struct config *config;

	temporary_write(state, "edge25.conf", text);
	if (config_load(temporary_path(state, "edge25.conf", path), &config, &error))
		fail_msg("%s", error.text);
	return config;
}

/* What the summary says. */
static const struct {
	const char *old, *new;
	const char *line;
} cases[] = {
	{HOME DSL("\"10.0.0.0/8\""), HOME DSL("\"10.0.0.0/8\""), NOTHING},
	{HOME DSL("\"10.0.0.0/8\", \"192.0.2.0/24\""), HOME DSL("\"192.0.2.0/24\", \"10.0.0.0/8\""),
	 NOTHING},
	{HOME, HOME LAB, "policy \"lab\" added"},
	{HOME LAB, HOME, "policy \"lab\" removed"},
	{HOME LAB, LAB HOME, NOTHING},
	{HOME, "policy \"home\" { mode = monitor deny = drop host-prefix6 = 56 }",
	 "policy \"home\" changed: mode block -> monitor, deny tcp-reset -> drop, when-unanswered "
	 "refuse -> pass, host-prefix6 64 -> 56"},
	{HOME, HOME DSL("\"10.0.0.0/8\""), "range \"dsl\" added: policy home, 1 prefix"},
	{HOME DSL("\"10.0.0.0/8\", \"2001:db8::/32\""), HOME,
	 "range \"dsl\" removed: policy home, 2 prefixes"},
	{HOME DSL("\"10.0.0.0/8\""), HOME DSL("\"10.0.0.0/9\", \"10.1.0.0/16\", \"2001:db8::/32\""),
	 "range \"dsl\" changed: 3 prefixes added, 1 prefix removed"},
	{HOME DSL("\"10.0.0.0/8\", \"10.0.0.0/8\""), HOME DSL("\"10.0.0.0/8\""), NOTHING},
	{HOME DSL("\"10.0.0.0/8\""), HOME DSL("\"10.0.0.0/8\", \"10.0.0.0/8\""), NOTHING},
	{HOME LAB DSL("\"10.0.0.0/8\""),
	 HOME LAB "range \"dsl\" { prefixes = { \"10.0.0.0/8\" } policy = lab }",
	 "range \"dsl\" changed: policy home -> lab"},
	/* A prefix that goes over to another range. */
	{HOME DSL(
		 "\"10.0.0.0/8\", \"192.0.2.0/24\"") "range \"cable\" { prefixes = { \"198.51.100.0/24\" } policy = home }",
	 HOME DSL(
		 "\"192.0.2.0/24\"") "range \"cable\" { prefixes = { \"10.0.0.0/8\", \"198.51.100.0/24\" } policy = home }",
	 "range \"cable\" changed: 1 prefix added; range \"dsl\" changed: 1 prefix removed"},
	{HOME DSL("\"10.0.0.0/8\""),
	 HOME DSL("\"10.0.0.0/8\"") "range \"copy\" { prefixes = { \"10.0.0.0/8\" } policy = home }",
	 "range \"copy\" added: policy home, 1 prefix"},
	{HOME "range \"lan\" { interfaces = { \"br-lan\", \"eth1\" } policy = home }",
	 HOME "range \"lan\" { interfaces = { \"eth2\", \"br-lan\" } policy = home }",
	 "range \"lan\" changed: interface eth2 added, interface eth1 removed"},
	{HOME "range \"a\" { interfaces = { \"eth1\" } policy = home }",
	 HOME "range \"b\" { interfaces = { \"eth1\" } policy = home }",
	 "range \"b\" added: policy home, interface eth1; range \"a\" removed: policy home, interface "
	 "eth1"},
	{HOME, HOME ALLOW("to = { \"203.0.113.25\" }"), "allow \"relay\" added"},
	{HOME ALLOW("to = { \"203.0.113.25\" }"), HOME, "allow \"relay\" removed"},
	{HOME ALLOW("to = { \"203.0.113.25\", \"203.0.113.26\" }"),
	 HOME ALLOW("to = { \"203.0.113.26\", \"203.0.113.27\", \"203.0.113.28\" } expires = "
		    "\"2099-01-01\""),
	 "allow \"relay\" changed: expires never -> 2099-01-01T00:00:00Z, 2 entries added, 1 entry "
	 "removed"},
	{HOME ALLOW("to = { \"203.0.113.25\" }"), HOME ALLOW("from = { \"203.0.113.25\" }"),
	 "allow \"relay\" changed: 1 entry added, 1 entry removed"},
	{HOME ALLOW("to = { \"203.0.113.25\" }"),
	 HOME "allow \"relay\" { to = { \"203.0.113.25\" } comment = \"theirs\" }",
	 "allow \"relay\" changed: comment ours -> theirs"},
	{HOME,
	 HOME "reject-rate = 500\nmark-mask = 0xff00\nrequire-comment = no\nread-interval = 60s",
	 "mark-mask 0xff000000 -> 0x0000ff00; read-interval 10s -> 1m; reject-rate 1000 -> 500; "
	 "require-comment yes -> no"},
	{HOME, HOME "max-hosts = 500",
	 "nothing changed; max-hosts 65536 -> 500: takes effect when edge25 is started again"},
	{HOME, HOME "tally-hosts = 500\nrun-dir = /tmp/run",
	 "nothing changed; run-dir /run/edge25 -> /tmp/run: takes effect when edge25 is started again; "
	 "tally-hosts 65536 -> 500: takes effect when the table is made anew, after edge25d --remove"},
};

static void test_cases(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config *old = load(state, cases[i].old), *new = load(state, cases[i].new);
		json_t *difference = config_difference(old, new);
		char line[2000];

		assert_string_equal(difference_line(difference, line, sizeof(line)), cases[i].line);
		assert_int_equal(json_is_true(json_object_get(difference, "changed")),
				 strncmp(cases[i].line, NOTHING, strlen(NOTHING)) != 0);
		json_decref(difference);
		config_free(new);
		config_free(old);
	}
}

/* A field of a policy that no key stands for would change unsaid. */
static void test_each_field_of_a_policy_has_a_key(void **state)
{
	struct config *old = load(state, HOME), *new = load(state, HOME);
	const size_t unsaid[][2] = {
		{offsetof(struct policy, name), sizeof(old->policies->name)},
		{offsetof(struct policy, number), sizeof(old->policies->number)},
		{offsetof(struct policy, reserved), sizeof(old->policies->reserved)},
	};

	for (size_t at = 0; at < sizeof(struct policy); at++) {
		uint8_t *byte = (uint8_t *)new->policies + at;
		bool said = true;
		json_t *difference;

		for (size_t i = 0; i < COUNT(unsaid); i++)
			said &= at < unsaid[i][0] || at >= unsaid[i][0] + unsaid[i][1];
		if (!said)
			continue;
		*byte = *byte == 1 ? 2 : 1;
		difference = config_difference(old, new);
		if (!json_is_true(json_object_get(difference, "changed")))
			fail_msg("byte %zu of struct policy changes unsaid", at);
		json_decref(difference);
		*byte = ((uint8_t *)old->policies)[at];
	}
	config_free(new);
	config_free(old);
}

/* Prefixes against a count by hand, in the ranges of both. */
static void test_random_prefixes(void **state)
{
	enum { RANGES = 3, NETS = 12, ROUNDS = 200 };
	uint64_t seed = 25;

	for (int round = 0; round < ROUNDS; round++) {
		bool has[2][RANGES][NETS];
		struct config *configs[2];
		json_t *difference, *changed;

		for (int side = 0; side < 2; side++) {
			char text[4096] = HOME;
			size_t n = strlen(text);

			for (int range = 0; range < RANGES; range++) {
				n += (size_t)snprintf(text + n, sizeof(text) - n,
						      "range \"r%d\" { policy = home prefixes = { "
						      "\"192.0.2.0/24\"",
						      range);
				for (int net = 0; net < NETS; net++) {
					has[side][range][net] = next_random(&seed) & 1;
					for (unsigned copy = random_below(&seed, 3);
					     has[side][range][net] && copy < 3; copy++)
						n += (size_t)snprintf(text + n, sizeof(text) - n,
								      ", \"10.%d.0.0/16\"", net);
				}
				n += (size_t)snprintf(text + n, sizeof(text) - n, " } }\n");
			}
			configs[side] = load(state, text);
		}
		difference = config_difference(configs[0], configs[1]);
		changed = json_object_get(json_object_get(difference, "ranges"), "changed");
		for (int range = 0; range < RANGES; range++) {
			json_int_t added = 0, removed = 0, said[2] = {0, 0};
			char name[8];
			const json_t *section;
			size_t i;

			for (int net = 0; net < NETS; net++) {
				added += has[1][range][net] && !has[0][range][net];
				removed += has[0][range][net] && !has[1][range][net];
			}
			snprintf(name, sizeof(name), "r%d", range);
			json_array_foreach(changed, i, section)
			{
				if (strcmp(json_string_value(json_object_get(section, "name")),
					   name) != 0)
					continue;
				said[0] = json_integer_value(
					json_object_get(section, "prefixes_added"));
				said[1] = json_integer_value(
					json_object_get(section, "prefixes_removed"));
			}
			assert_int_equal(said[0], added);
			assert_int_equal(said[1], removed);
		}
		json_decref(difference);
		config_free(configs[0]);
		config_free(configs[1]);
	}
}

static void test_a_line_has_an_end(void **state)
{
	char text[8192] = HOME, line[128];
	size_t n = strlen(text);
	struct config *old = load(state, text), *new;
	json_t *difference;

	for (int i = 0; i < 50; i++)
		n += (size_t)snprintf(
			text + n, sizeof(text) - n,
			"range \"r%02d\" { interfaces = { \"eth%d\" } policy = home }\n", i, i);
	new = load(state, text);
	difference = config_difference(old, new);
	assert_string_equal(
		difference_line(difference, line, sizeof(line)),
		"range \"r00\" added: policy home, interface eth0; range \"r01\" added: "
		"policy home, interface eth1; and 48 more");
	assert_int_equal(json_array_size(json_object_get(difference, "summary")), 50);
	json_decref(difference);
	config_free(new);
	config_free(old);
}

/* Two long lists that differ at the end only. */
static void test_lists_of_files(void **state)
{
	char text[16384] = HOME "label-files = {";
	size_t n = strlen(text);
	struct config *old, *new;
	json_t *difference;

	for (int i = 0; i < 60; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"/%0100d\"", i ? ", " : " ",
				      i);
	snprintf(text + n, sizeof(text) - n, ", \"/a\" }\nkea-leases = { \"/k\", \"/l\" }\n");
	old = load(state, text);
	snprintf(text + n, sizeof(text) - n, ", \"/b\" }\n");
	new = load(state, text);
	difference = config_difference(old, new);
	assert_int_equal(json_array_size(json_object_get(difference, "settings")), 2);
	assert_true(json_is_true(json_object_get(difference, "changed")));
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(difference, "summary"), 1)),
		"kea-leases { /k, /l } -> {}");
	json_decref(difference);
	difference = config_difference(new, new);
	assert_false(json_is_true(json_object_get(difference, "changed")));
	json_decref(difference);
	config_free(new);
	config_free(old);
}

static void test_what_needs_a_restart_stays(void **state)
{
	struct config *old = load(state, HOME), *new;
	json_t *difference;

	new = load(state, HOME "run-dir = /tmp/run\nmax-hosts = 500\nreject-rate = 500");
	assert_int_equal(settings_keep(&old->settings, &new->settings), 0);
	assert_string_equal(new->settings.run_dir, "/run/edge25");
	assert_int_equal(new->settings.max_hosts, 65536);
	assert_int_equal(new->settings.reject_rate, 500);
	difference = config_difference(old, new);
	assert_int_equal(json_array_size(json_object_get(difference, "settings")), 1);
	json_decref(difference);
	config_free(new);
	config_free(old);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cases),
		TEST(test_each_field_of_a_policy_has_a_key),
		TEST(test_random_prefixes),
		TEST(test_a_line_has_an_end),
		TEST(test_what_needs_a_restart_stays),
		TEST(test_lists_of_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
