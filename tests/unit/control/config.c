// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include "control/config/config.h"
#include "control/config/config_settings.h"
#include "temporary.h"

#define HOME "policy \"home\" { mode = block }\n"

/* The line that a configuration ends in, without the directory of the file. */
static const struct {
	const char *text;
	const char *error;
} bad[] = {
	{"policy \"home\" { mode = block\n",
	 "edge25.conf:2: the file ends inside a section: expected }"},
	{"policy \"home\" { mode = block }\nallow \"a\" { to = { \"192.0.2.1\"\n",
	 "edge25.conf:3: the file ends inside a section: expected }"},
	{"policy \"home\" { mode = block }\n/* an end that was cut off\n",
	 "edge25.conf: the file ends inside a comment"},
	{"", "edge25.conf: no policy: expected at least one, for instance policy \"home\" { mode = "
	     "monitor }"},
	{"policy \"home\" { mode = blok }",
	 "edge25.conf:1: policy \"home\": mode = blok: expected block, guard or monitor"},
	{HOME "policy \"office\" { mode = guard burst = many }",
	 "edge25.conf:2: policy \"office\": burst = many: expected a number from 0 to 1000000"},
	{HOME "policy \"office\" { mode = guard\n burst-time = 0s }",
	 "edge25.conf:3: policy \"office\": burst-time = 0s: expected a duration (such as 30s or 1m) "
	 "from 1s to 1h"},
	{HOME "policy \"office\" { mode = guard contain-for = 5s }",
	 "edge25.conf:2: policy \"office\": contain-for = 5s: expected a duration (such as 10m or 2h) "
	 "from 1m to 366d"},
	{HOME "policy \"office\" { mode = guard\n suspect-servers = 1 }",
	 "edge25.conf:3: policy \"office\": suspect-servers = 1: expected a number from 2 to 1000000"},
	{HOME "policy \"watched\" { mode = block }",
	 "edge25.conf:2: policy \"watched\": mode = block: expected guard, for it is the policy of "
	 "allow entries that are watched"},
	{HOME "range \"dsl\" { prefixes = { \"10.0.0.0/8\" } policy = home sources = maybe }",
	 "edge25.conf:2: range \"dsl\": sources = maybe: expected unverified or verified"},
	{HOME "range \"dsl\" { prefixes = { \"10.0.0.0/8\" } policy = home shared = 1 }",
	 "edge25.conf:2: range \"dsl\": shared = 1: expected no or yes"},
	{HOME "allow \"relay\" { to = { \"203.0.113.25\" } comment = x watched = yes }",
	 "edge25.conf:2: allow \"relay\": watched without from: expected the source that is to be "
	 "watched"},
	{HOME "allow \"relay\" { from = { \"10.0.0.1\" } comment = x watched = yes always = yes }",
	 "edge25.conf:2: allow \"relay\": expected watched or always, not both"},
	{HOME "allow \"relay\" { from = { \"10.0.0.1\" } comment = x always = si }",
	 "edge25.conf:2: allow \"relay\": always = si: expected yes or no"},
	{"policy \"home\" { deny = drop }",
	 "edge25.conf:1: policy \"home\": mode is missing: expected block, guard or monitor"},
	{"policy \"home\" { mode = block deny = reset }",
	 "edge25.conf:1: policy \"home\": deny = reset: expected drop, tcp-reset or admin-prohibited"},
	{"policy \"home\" { mode = block pace = 100001 }",
	 "edge25.conf:1: policy \"home\": pace = 100001: expected a number from 0 to 100000"},
	{"policy \"home\" { mode = block pace = few }",
	 "edge25.conf:1: policy \"home\": pace = few: expected a number from 0 to 100000"},
	{"router-policy = home\npolicy \"work\" { mode = block }",
	 "edge25.conf:1: router-policy = home: expected the name of a policy that is defined"},
	{"policy \"home\" { mode = block host-prefix6 = 65 }",
	 "edge25.conf:1: policy \"home\": host-prefix6 = 65: expected 64, 60, 56 or 48"},
	{"policy \"home\" { mode = block when-unanswered = drop }",
	 "edge25.conf:1: policy \"home\": when-unanswered = drop: expected refuse or pass"},
	{"policy \"my home\" { mode = block }",
	 "edge25.conf:1: policy \"my home\": expected a name of 1 to 31 characters: a letter, then "
	 "letters, digits and '_'"},
	{"policy \"home\" { mode = block colour = red }",
	 "edge25.conf:1: no such option 'colour': expected one of mode, deny, host-prefix6, pace, "
	 "burst, burst-time, when-unanswered, suspect-servers, "},
	{HOME HOME, "edge25.conf:2: found duplicate title 'home'"},
	{HOME "range \"dsl\" { prefixes = { \"100.64.0.0/10\" } policy = \"hom\" }",
	 "edge25.conf:2: range \"dsl\": policy = hom: expected the name of a policy that is defined"},
	{HOME "range \"dsl\" { prefixes = { \"100.64.0.0/10\" } }",
	 "edge25.conf:2: range \"dsl\": policy is missing: expected the name of a policy"},
	{HOME "range \"dsl\" { policy = \"home\" }",
	 "edge25.conf:2: range \"dsl\": expected prefixes, prefix-file or interfaces"},
	{HOME
	 "range \"dsl\" { prefixes = { \"100.64.0.0/10\",\n \"100.64.0.1/10\" } policy = home }",
	 "edge25.conf:3: range \"dsl\": prefixes: 100.64.0.1/10 has host bits set; did you mean "
	 "100.64.0.0/10?"},
	{HOME "range \"dsl\" { prefixes = { \"100.64.300.0/10\" } policy = home }",
	 "edge25.conf:2: range \"dsl\": prefixes: 100.64.300.0/10 is not an IPv4 or IPv6 prefix"},
	{HOME "range \"dsl\" { prefixes = { \"2001:db8::/129\" } policy = home }",
	 "edge25.conf:2: range \"dsl\": prefixes: 2001:db8::/129: the length of an IPv4 prefix is 0 to "
	 "32, of an IPv6 prefix 0 to 128"},
	{HOME "range \"lan\" { interfaces = { \"p*p\" } policy = home }",
	 "edge25.conf:2: range \"lan\": interfaces: p*p: expected an interface name of 1 to 15 "
	 "characters, or its beginning and *"},
	{HOME "range \"lan\" { interfaces = { \"*\" } policy = home }",
	 "edge25.conf:2: range \"lan\": interfaces: *: expected an interface name of 1 to 15 "
	 "characters, or its beginning and *"},
	{HOME "range \"lan\" { interfaces = { \"p*\", \"p*\" } policy = home }",
	 "edge25.conf:2: range \"lan\": interfaces: p*: expected each interface once, range \"lan\" "
	 "has it"},
	{HOME
	 "range \"lan\" { interfaces = { \"p*\", \"p*\" } prefixes = { \"10.0.0.0/8\" } policy "
	 "= home }",
	 "edge25.conf:2: range \"lan\": interfaces: p*: expected each interface once, range \"lan\" "
	 "has it"},
	{HOME
	 "policy \"lab\" { mode = monitor }\n"
	 "range \"a\" { prefixes = { \"10.0.0.0/8\" } interfaces = { \"p*\" } policy = home }\n"
	 "range \"b\" { prefixes = { \"10.0.0.0/9\",\n \"10.0.0.0/8\" }\n"
	 "interfaces = { \"q\", \"p*\" } policy = lab }",
	 "edge25.conf:5: range \"b\": 10.0.0.0/8 on p*: expected one policy for a prefix; range \"a\" "
	 "(DIR/edge25.conf:3) gives it policy \"home\""},
	{HOME "range \"lan\" { interfaces = { \"br-lan\" } policy = home }\n"
	      "range \"lan2\" { interfaces = { \"br-lan\" } policy = home }",
	 "edge25.conf:3: range \"lan2\": interfaces: br-lan: expected each interface once, range "
	 "\"lan\" has it"},
	{HOME "policy \"lab\" { mode = monitor }\n"
	      "range \"a\" { prefixes = { \"10.0.0.0/8\" } policy = home }\n"
	      "range \"b\" { prefixes = { \"10.0.0.0/8\" } policy = lab }",
	 "edge25.conf:4: range \"b\": 10.0.0.0/8: expected one policy for a prefix; range \"a\" "
	 "(DIR/edge25.conf:3) gives it policy \"home\""},
	{HOME "range \"dsl\" { prefix-file = \"none.prefixes\" policy = home }",
	 "edge25.conf:2: range \"dsl\": prefix-file = none.prefixes: No such file or directory"},
	{HOME "range \"dsl\" { prefix-file = \"bad.prefixes\" policy = home }",
	 "bad.prefixes:4: 10.0.0.0/33: the length of an IPv4 prefix is 0 to 32, of an IPv6 prefix 0 to "
	 "128"},
	{HOME "allow \"relay\" { comment = \"x\" }",
	 "edge25.conf:2: allow \"relay\": expected from, to or both"},
	{HOME "allow \"relay\" { to = { \"203.0.113.25\" } }",
	 "edge25.conf:2: allow \"relay\": comment is missing: expected why and for whom "
	 "(require-comment = no does without)"},
	{HOME "allow \"relay\" { to = { \"203.0.113.25\" } comment = \"x\" expires = \"2h\" }",
	 "edge25.conf:2: allow \"relay\": expires = 2h: expected a date such as 2026-12-01 or "
	 "2026-12-01T12:00:00Z"},
	{HOME
	 "allow \"relay\" { from = { \"2001:db8::1\" } to = { \"203.0.113.25\" } comment = x }",
	 "edge25.conf:2: allow \"relay\": from 2001:db8::1 to 203.0.113.25: expected both IPv4 or both "
	 "IPv6"},
	{"queue-lenght = 5\n" HOME,
	 "edge25.conf:1: no such option 'queue-lenght': expected one of "},
	{"queue-length = 5\n" HOME, "edge25.conf:1: queue-length = 5: expected a number from 16 to "
				    "1048576"},
	{"queues = many\n" HOME, "edge25.conf:1: queues = many: expected a number from 0 to 16"},
	{"queue-first = 65530\n" HOME,
	 "edge25.conf:1: queue-first = 65530: expected at most 65520, so that all queues have a number"},
	{"remember-for = 10\n" HOME,
	 "edge25.conf:1: remember-for = 10: expected a duration (such as 30s, 10m, 2h, 7d or 1w) from "
	 "1s to 365d"},
	{"event-file-max = 1KiB\n" HOME,
	 "edge25.conf:1: event-file-max = 1KiB: expected a size (such as 64MiB) from 64KiB to 1024GiB"},
	{"mark-mask = 0xff00ff00\n" HOME,
	 "edge25.conf:1: mark-mask = 0xff00ff00: expected eight adjacent bits, such as 0xff000000"},
	{"require-comment = maybe\n" HOME,
	 "edge25.conf:1: require-comment = maybe: expected yes or no"},
	{"run-dir = run\n" HOME,
	 "edge25.conf:1: run-dir = run: expected a path that begins with /"},
	{"\ndnsmasq-leases = { \"/var/lib/misc/dnsmasq.leases\",\n\"leases\" }\n" HOME,
	 "edge25.conf:3: dnsmasq-leases = leases: expected a path that begins with /"},
	{"label-files = { \"/a\tb\" }\n" HOME,
	 "edge25.conf:1: label-files = /a\tb: expected no control characters"},
	{"kea-leases = { \"\" }\n" HOME,
	 "edge25.conf:1: kea-leases = : expected a path that begins with /"},
	{"isc-leases = { \"/0123456789012345678901234567890123456789012345678901234567890123456789"
	 "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	 "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	 "01234567890\" }\n" HOME,
	 "edge25.conf:1: isc-leases = /0123456789012345678901234567890123456789012345678901234567890123"
	 "456789"
	 "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	 "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	 "01234567890: expected at most 255 characters"},
	{"neighbours = maybe\n" HOME, "edge25.conf:1: neighbours = maybe: expected yes or no"},
	{"max-names = 0\n" HOME,
	 "edge25.conf:1: max-names = 0: expected a number from 16 to 4194304"},
	{"read-interval = 10m\ntally-for = 1h\n" HOME,
	 "edge25.conf:2: tally-for = 3600s: expected at least ten times read-interval (600s), or "
	 "counts may expire unread"},
	{HOME "range \"dsl\" {\n prefixes = { \"10.0.0.0/8\"\n", "edge25.conf:4: "},
};

static int load(void **state, const char *text, struct config **config, struct config_error *error)
{
	char path[TEMPORARY_PATH_MAX];

	temporary_write(state, "edge25.conf", text);
	return config_load(temporary_path(state, "edge25.conf", path), config, error);
}

static void replace(char *text, size_t size, const char *what, const char *with)
{
	char copy[1024], *at;

	while ((at = strstr(text, what))) {
		snprintf(copy, sizeof(copy), "%.*s%s%s", (int)(at - text), text, with,
			 at + strlen(what));
		snprintf(text, size, "%s", copy);
	}
}

static void test_errors(void **state)
{
	temporary_write(state, "bad.prefixes",
			"# home lines\n\n  10.1.0.0/16  # dsl\n10.0.0.0/33\n");
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct config_error error;
		struct config *config;
		const char *name;
		char wanted[1024];

		if (load(state, bad[i].text, &config, &error) == 0)
			fail_msg("no error for: %s", bad[i].text);
		snprintf(wanted, sizeof(wanted), "%s", bad[i].error);
		replace(wanted, sizeof(wanted), "DIR", *state);
		name = error.text + strlen(*state) + 1;
		if (strncmp(error.text, *state, strlen(*state)) != 0 ||
		    strncmp(name, wanted, strlen(wanted)) != 0)
			fail_msg("%s\n  is:     %s\n  wanted: %s", bad[i].text, error.text, wanted);
		/* A table line that ends in a blank says only how the error begins. */
		if (wanted[strlen(wanted) - 1] != ' ')
			assert_string_equal(name, wanted);
	}
}

static void test_too_many_policies(void **state)
{
	char text[1024] = "";
	struct config_error error;
	struct config *config;

	for (int i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "policy \"p%d\" { mode = block }\n", i);
	assert_int_not_equal(load(state, text, &config, &error), 0);
	assert_non_null(strstr(error.text, "edge25.conf:17: policy \"p16\": expected at most 16"));
}

static void test_missing_file(void **state)
{
	char path[TEMPORARY_PATH_MAX];
	struct config_error error;
	struct config *config;

	assert_int_not_equal(config_load(temporary_path(state, "none.conf", path), &config, &error),
			     0);
	assert_non_null(strstr(error.text, "none.conf: No such file or directory"));
}

/* The range of an address whose packets come in by @interface; "": none. */
static const char *range_of(const struct config *config, const char *address, const char *interface)
{
	struct config_match matches[16];
	struct addr addr;
	size_t count;

	assert_int_equal(addr_parse(address, &addr), 0);
	count = config_matches(config, &addr, matches, COUNT(matches));
	assert_in_range(count, 0, COUNT(matches));
	for (size_t i = 0; i < count; i++)
		if (!matches[i].interface ||
		    (interface && interface_matches(matches[i].interface, interface)))
			return matches[i].range->name;
	return "";
}

static void test_values(void **state)
{
	static const uint8_t numbers[POLICIES_MAX] = {5, 2, 7};
	struct config_error error;
	struct config *config;
	struct addr addr;

	temporary_write(state, "dsl.prefixes", "100.64.0.0/10\r\n2001:db8::/32 # all\n\n# end");
	assert_int_equal(
		load(state,
		     "run-dir = /run/other\nremember-for = 1h\n"
		     "policy \"home\" { mode = block deny = drop host-prefix6 = 56 }\n"
		     "policy \"lab\" { mode = monitor }\n"
		     "range \"dsl\" { prefix-file = \"dsl.prefixes\" policy = \"home\" }\n"
		     "range \"lab\" { prefixes = { \"100.64.9.0/24\" } policy = \"lab\" }\n"
		     "range \"lan\" { interfaces = { \"br-lan\", \"eth1.5\" } policy = \"lab\" }\n"
		     "allow \"relays\" { from = { \"100.64.1.0/24\", \"100.64.2.1\" }\n"
		     " to = { \"203.0.113.25\", \"203.0.113.26\" } comment = \"ours\"\n"
		     " expires = \"2030-01-01\" }\n",
		     &config, &error),
		0);
	assert_string_equal(config->settings.run_dir, "/run/other");
	assert_string_equal(config->settings.state_dir, "/var/lib/edge25");
	assert_int_equal(config->settings.remember_for, 3600);
	assert_int_equal(config->settings.mark_mask, 0xff000000);
	assert_int_equal(config->settings.event_file_max, 64 << 20);
	assert_int_equal(config->policy_count, 2);
	assert_int_equal(config->policies[0].deny, DENY_DROP);
	assert_int_equal(config->policies[0].unanswered, SAFE_REFUSE);
	assert_int_equal(config->policies[0].host_prefix6, 56);
	assert_int_equal(config->policies[1].deny, DENY_TCP_RESET);
	assert_int_equal(config->policies[1].unanswered, SAFE_PASS);
	assert_int_equal(config->prefix_count, 3);
	assert_int_equal(config->interface_count, 2);
	assert_int_equal(config->allow_count, 4);
	assert_int_equal(config->allows[3].expires, 1893456000);

	assert_int_equal(config_number(config, numbers), 0);
	assert_ptr_equal(config_policy(config, 5), &config->policies[0]);
	assert_null(config_policy(config, 0));
	addr_parse("100.64.9.1", &addr);
	assert_int_equal(intervals_find(&config->intervals, &addr), 2);
	assert_string_equal(range_of(config, "100.64.9.1", NULL), "lab");
	addr_parse("100.64.10.1", &addr);
	assert_int_equal(intervals_find(&config->intervals, &addr), 5);
	assert_string_equal(range_of(config, "100.64.10.1", NULL), "dsl");
	assert_string_equal(range_of(config, "192.0.2.1", "br-lan"), "lan");
	assert_string_equal(range_of(config, "192.0.2.1", "br-lan2"), "");
	config_free(config);
}

static void test_lists_of_files(void **state)
{
	char path[TEMPORARY_PATH_MAX], text[4096] = HOME "label-files = {";
	struct config_error error;
	struct config *config;
	const char *list;
	size_t n;
	char *file;

	assert_int_equal(mkdir(temporary_path(state, "conf.d", path), 0755), 0);
	temporary_write(state, "conf.d/more.conf", "label-files += { \"/c\" }\n");
	assert_int_equal(load(state,
			      HOME "label-files = { \"/a\", \"/b b\" }\n"
				   "odhcpd-leases = \"/tmp/hosts/odhcpd\"\n",
			      &config, &error),
			 0);
	list = config->settings.name_files[NAMES_LABEL];
	assert_int_equal(settings_path_count(list), 3);
	file = settings_path(list, 1);
	assert_string_equal(file, "/b b");
	free(file);
	file = settings_path(list, 2);
	assert_string_equal(file, "/c");
	free(file);
	assert_int_equal(settings_path_count(config->settings.name_files[NAMES_ODHCPD]), 1);
	assert_int_equal(settings_path_count(config->settings.name_files[NAMES_KEA]), 0);
	assert_int_equal(config->settings.neighbours, 1);
	config_free(config);

	n = strlen(text);
	for (unsigned i = 0; i < 64; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"/%u\"", i ? ", " : " ", i);
	snprintf(text + n, sizeof(text) - n, " }\n");
	assert_int_not_equal(load(state, text, &config, &error), 0);
	assert_non_null(
		strstr(error.text, "conf.d/more.conf:1: label-files: expected at most 64 files"));
}

static void test_directory(void **state)
{
	char path[TEMPORARY_PATH_MAX];
	struct config_error error;
	struct config *config;

	assert_int_equal(mkdir(temporary_path(state, "conf.d", path), 0755), 0);
	temporary_write(state, "conf.d/20-b.conf", "queues = 2\n");
	temporary_write(state, "conf.d/10-a.conf",
			"queues = 1\nrange \"dsl\" { prefix-file = "
			"\"beside.prefixes\" policy = \"home\" }\n");
	temporary_write(state, "conf.d/beside.prefixes", "10.0.0.0/8\n");
	temporary_write(state, "conf.d/30-c.conf.bak", "this is not read");
	assert_int_equal(load(state, HOME, &config, &error), 0);
	assert_int_equal(config->settings.queues, 2);
	assert_int_equal(config->prefix_count, 1);
	config_free(config);

	temporary_write(state, "conf.d/20-b.conf", "\nqueues = two\n");
	assert_int_not_equal(load(state, HOME, &config, &error), 0);
	assert_non_null(strstr(error.text, "conf.d/20-b.conf:2: queues = two: expected a number"));
}

/* Every way of longest-prefix match agrees, whatever the order in the files. */
static void test_find_longest(void **state)
{
	uint64_t seed = 25;
	char *text = malloc(100000);
	struct config_error error;
	struct config *config;
	const uint8_t numbers[POLICIES_MAX] = {0, 1, 2};
	size_t n;

	n = (size_t)sprintf(text, HOME "policy \"lab\" { mode = monitor }\nrange \"a\" { policy = "
				       "home prefixes = { \"10.0.0.0/8\"");
	for (int i = 0; i < 200; i++)
		n += (size_t)sprintf(text + n, ", \"10.%u.%u.0/24\"", random_below(&seed, 8),
				     random_below(&seed, 128));
	n += (size_t)sprintf(text + n, "} }\nrange \"b\" { policy = lab prefixes = { ");
	for (unsigned i = 0; i < 8; i++)
		n += (size_t)sprintf(text + n, "%s\"10.%u.0.0/16\", \"10.%u.128.0/20\"",
				     i ? ", " : "", i, i);
	sprintf(text + n, "} }\n");
	assert_int_equal(load(state, text, &config, &error), 0);
	assert_int_equal(config_number(config, numbers), 0);
	for (int i = 0; i < 5000; i++) {
		struct addr addr = {.family = FAMILY_IPV4,
				    .bytes = {10, (uint8_t)random_below(&seed, 9),
					      (uint8_t)random_below(&seed, 256), 1}};
		struct config_match found;

		assert_int_equal(config_matches(config, &addr, &found, 1), 1);
		assert_int_equal(intervals_find(&config->intervals, &addr), found.range->policy);
	}
	config_free(config);
	free(text);
}

/* What says more counts before what says less. */
static void test_places(void **state)
{
	static const struct {
		const char *address, *interface, *range;
	} cases[] = {
		{"10.1.2.3", "ppp0", "exact"},      {"10.1.2.3", "ppp17", "longer"},
		{"10.1.2.3", "ppp7", "shorter"},    {"10.1.9.3", "ppp17", "shorter"},
		{"10.2.0.1", "ppp17", "prefix"},    {"10.1.2.3", "eth0", "prefix"},
		{"192.0.2.1", "ppp0", "line"},      {"192.0.2.1", "ppp7", "lines"},
		{"192.0.2.1", "pppoe", "lines"},    {"192.0.2.1", "eth0", ""},
		{"2001:db8::1", "ppp0", "shorter"}, {"2001:db8::1", "ppp7", "shorter"},
		{"2001:db8:1::", "ppp7", "inner"},  {"2001:db8:1::", "ppp17", "inner"},
	};
	static const uint8_t numbers[POLICIES_MAX] = {3, 1, 2};
	struct config_error error;
	struct config *config;
	struct addr addr;

	if (load(state,
		 HOME "policy \"lab\" { mode = monitor }\n"
		      "range \"lines\" { interfaces = { \"ppp*\" } policy = lab }\n"
		      "range \"line\" { interfaces = { \"ppp0\" } policy = lab }\n"
		      "range \"prefix\" { prefixes = { \"10.0.0.0/8\" } policy = home }\n"
		      "range \"shorter\" { interfaces = { \"ppp*\" }\n"
		      " prefixes = { \"10.1.0.0/16\", \"2001:db8::/32\" } policy = home }\n"
		      "range \"inner\" { interfaces = { \"wg0\", \"ppp*\" }\n"
		      " prefixes = { \"2001:db8:1::/48\" } policy = lab }\n"
		      "range \"exact\" { interfaces = { \"ppp0\" }\n"
		      " prefixes = { \"10.1.2.0/24\" } policy = home }\n"
		      "range \"longer\" { interfaces = { \"ppp1*\" }\n"
		      " prefixes = { \"10.1.2.0/24\" } policy = home }\n",
		 &config, &error))
		fail_msg("%s", error.text);
	assert_int_equal(config_number(config, numbers), 0);
	assert_int_equal(config->place_count, 4);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (strcmp(range_of(config, cases[i].address, cases[i].interface), cases[i].range))
			fail_msg("%s on %s: %s, not %s", cases[i].address, cases[i].interface,
				 range_of(config, cases[i].address, cases[i].interface),
				 cases[i].range);
	/* both prefixes hold on ppp*; ranges by interface alone are all of one policy */
	assert_int_equal(config->places[3].intervals.v6_count, 3);
	addr_parse("192.0.2.1", &addr);
	assert_ptr_equal(config_policy_of(config, &addr), &config->policies[1]);
	addr_parse("10.1.2.3", &addr);
	assert_ptr_equal(config_policy_of(config, &addr), &config->policies[0]);
	addr_parse("2001:db8::1", &addr); /* shorter, line and lines differ */
	assert_null(config_policy_of(config, &addr));
	config_free(config);
}

/* Too many to be rules, or to be loaded at each place. */
static void test_bounds_of_interfaces(void **state)
{
	char *text = malloc(1 << 20);
	struct config_error error;
	struct config *config;

	for (unsigned kind = 0; kind < 2; kind++)
		for (unsigned over = 0; over < 2; over++) {
			size_t n = (size_t)sprintf(
				text,
				HOME "range \"many\" { policy = home\n%s interfaces = { \"v*\"",
				kind ? "prefixes = { \"10.0.0.0/8\" }" : "");

			for (unsigned i = 1; i < 256 + over; i++)
				n += (size_t)sprintf(text + n, ", \"vlan%u.*\"", i);
			sprintf(text + n, "} }\n");
			if (!over) {
				assert_int_equal(load(state, text, &config, &error), 0);
				config_free(config);
				continue;
			}
			assert_int_not_equal(load(state, text, &config, &error), 0);
			assert_non_null(strstr(error.text, kind ? "257 interfaces in ranges with "
								  "prefixes: expected at most 256" :
								  "expected at most 256 interfaces "
								  "with a * in all"));
		}
	free(text);
}

static void write_bytes(void **state, const char *name, const char *text, size_t length)
{
	char path[TEMPORARY_PATH_MAX];
	FILE *file = fopen(temporary_path(state, name, path), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	fclose(file);
}

#define BYTES(text) text, sizeof(text) - 1

/* Files that are no list of prefixes. */
static void test_prefix_files(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *error; /* NULL: it is one */
	} files[] = {
		{BYTES("10.0.0.0/8"), NULL},
		{BYTES("10.0.0.0/8\r\n\t2001:db8::/32 \t# us\r\n\r\n#"), NULL},
		{BYTES(""), "list.prefixes: expected at least one prefix: it has none"},
		{BYTES("# none\n\n"), "list.prefixes: expected at least one prefix: it has none"},
		{BYTES("10.0.0.0/8\n10.0.0.1/8\n"),
		 "list.prefixes:2: 10.0.0.1/8 has host bits set; did you mean 10.0.0.0/8?"},
		{BYTES("10.0.0.0/8 10.1.0.0/16\n"),
		 "list.prefixes:1: 10.0.0.0/8 10.1.0.0/16 is not an IPv4 or IPv6 prefix"},
		{BYTES("\xef\xbb\xbf"
		       "10.0.0.0/8\n"),
		 "list.prefixes:1: \xef\xbb\xbf"
		 "10.0.0.0/8 is not an IPv4 or IPv6 prefix"},
		{BYTES("10.0.0.0/8\r10.1.0.0/16\r"),
		 "list.prefixes:1: 10.0.0.0/8\r10.1.0.0/16 is not an IPv4 or IPv6 prefix"},
		{BYTES("10.0.0.0/8\n10.1.\0.0/16\n"),
		 "list.prefixes:2: 10.1.: expected one prefix a line; a byte 0 follows"},
		{BYTES("\0"), "list.prefixes:1: : expected one prefix a line; a byte 0 follows"},
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		struct config_error error = {""};
		struct config *config;
		int result;

		write_bytes(state, "list.prefixes", files[i].text, files[i].length);
		result = load(state,
			      HOME "range \"r\" { prefix-file = list.prefixes policy = home }",
			      &config, &error);
		if (!result != !files[i].error ||
		    (result && strcmp(error.text + strlen(*state) + 1, files[i].error) != 0))
			fail_msg("%zu: %s\n", i, error.text);
		if (!result)
			config_free(config);
	}
}

/* Lines of the most bytes, and one more. */
static void test_long_lines(void **state)
{
	for (size_t over = 0; over < 2; over++) {
		char text[600] = "10.0.0.0/8 #";
		struct config_error error;
		struct config *config;
		int result;

		memset(text + 12, '-', 512 + over - 12);
		text[512 + over] = '\n';
		write_bytes(state, "list.prefixes", text, 513 + over);
		result = load(state,
			      HOME "range \"r\" { prefix-file = list.prefixes policy = home }",
			      &config, &error);
		if (!over) {
			assert_int_equal(result, 0);
			config_free(config);
		} else {
			assert_non_null(strstr(
				error.text, "list.prefixes:1: 10.0.0.0/8 #-----------------------"
					    "-----...: expected one prefix a line, and no line of "
					    "more than 512 bytes"));
		}
	}
}

#define MANY_LINES 20000 /* several times what is read at once */

/* Lines of many lengths lie across what is read at once; what is wrong with the last is said of its number. */
static void test_long_file(void **state)
{
	static const char *const last[] = {"192.0.2.0/24", "192.0.2.1/24"};

	for (size_t i = 0; i < COUNT(last); i++) {
		char path[TEMPORARY_PATH_MAX];
		FILE *file = fopen(temporary_path(state, "list.prefixes", path), "w");
		struct config_error error = {""};
		struct config *config;
		int result;

		assert_non_null(file);
		for (int line = 0; line < MANY_LINES; line++)
			fprintf(file, "10.%d.%d.0/24%*s\n", line / 256, line % 256, line % 490, "");
		fputs(last[i], file);
		assert_int_equal(fclose(file), 0);
		result = load(state,
			      HOME "range \"r\" { prefix-file = list.prefixes policy = home }",
			      &config, &error);
		if (i) {
			assert_non_null(
				strstr(error.text, "list.prefixes:20001: 192.0.2.1/24 has"));
			continue;
		}
		assert_int_equal(result, 0);
		assert_int_equal(config->prefix_count, MANY_LINES + 1);
		for (uint32_t line = 0; line < MANY_LINES; line++) {
			const struct config_prefix *prefix = &config->prefixes[line];

			assert_int_equal(prefix->line, line + 1);
			assert_int_equal(prefix->prefix.addr.bytes[1], line / 256);
			assert_int_equal(prefix->prefix.addr.bytes[2], line % 256);
			assert_int_equal(prefix->prefix.length, 24);
		}
		config_free(config);
	}
}

#define CONFIG_TEST(test) cmocka_unit_test_setup_teardown(test, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(test_errors),
		CONFIG_TEST(test_too_many_policies),
		CONFIG_TEST(test_missing_file),
		CONFIG_TEST(test_values),
		CONFIG_TEST(test_directory),
		CONFIG_TEST(test_lists_of_files),
		CONFIG_TEST(test_find_longest),
		CONFIG_TEST(test_places),
		CONFIG_TEST(test_bounds_of_interfaces),
		CONFIG_TEST(test_prefix_files),
		CONFIG_TEST(test_long_lines),
		CONFIG_TEST(test_long_file),
	};

	return cmocka_run_group_tests_name("control/config", tests, NULL, NULL);
}
