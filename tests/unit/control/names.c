// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/names/names.h"
#include "temporary.h"

#define SECOND UINT64_C(1000000000)
#define NOW (UINT64_C(1796126400) * SECOND) /* 2026-12-01T12:00:00Z */

struct fixture {
	struct ev_loop *loop;
	struct config_settings settings;
	struct names *names;
	void *const *state;
};

/* A list of one kind each; a file is named by its name in the test's directory. */
static void list(struct fixture *fixture, enum names_kind kind, const char *first,
		 const char *second)
{
	char **field = &fixture->settings.name_files[kind];

	free(*field);
	assert_true(asprintf(field, "%s%s%s%s%s%s", first ? (char *)*fixture->state : "",
			     first ? "/" : "", first ? first : "", first ? "\n" : "",
			     second ? second : "", second ? "\n" : "") >= 0);
}

static void begin(struct fixture *fixture, void **state)
{
	*fixture = (struct fixture){.loop = ev_loop_new(EVFLAG_AUTO), .state = state};
	fixture->settings.max_names = 1000000;
	for (enum names_kind kind = 0; kind < NAMES_KINDS; kind++)
		list(fixture, kind, NULL, NULL);
}

static void start(struct fixture *fixture)
{
	fixture->names = names_new(fixture->loop, &fixture->settings);
	assert_non_null(fixture->names);
}

static void end(struct fixture *fixture)
{
	names_free(fixture->names);
	ev_loop_destroy(fixture->loop);
	for (enum names_kind kind = 0; kind < NAMES_KINDS; kind++)
		free(fixture->settings.name_files[kind]);
}

/* More than the time between two looks. */
static void rest(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

/* "NAME SOURCE HOST" */
static const char *found(struct fixture *fixture, const char *text, const char *mac, uint64_t now,
			 char *out)
{
	struct names_found found;
	struct addr addr;
	uint8_t bytes[6];
	bool known;

	assert_int_equal(addr_parse(text, &addr), 0);
	if (mac)
		assert_int_equal(sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &bytes[0], &bytes[1],
					&bytes[2], &bytes[3], &bytes[4], &bytes[5]),
				 6);
	known = names_find(fixture->names, &addr, mac ? bytes : NULL, now, &found);
	assert_int_equal(known, found.source != NULL);
	sprintf(out, "%s %s %s", found.name, found.source ? found.source : "-", found.host);
	return out;
}

/* A file is not read again at once, so that one that goes on changing leaves time for others. */
static void becomes(struct fixture *fixture, const char *text, const char *expected)
{
	char out[3 * NAME_TEXT_MAX];

	for (unsigned i = 0; i < 250; i++) {
		if (strcmp(found(fixture, text, NULL, NOW, out), expected) == 0)
			return;
		rest();
	}
	assert_string_equal(out, expected);
}

/* Of the first file; "": none. */
static void problem_becomes(struct fixture *fixture, const char *expected)
{
	const char *problem = "";

	for (unsigned i = 0; i < 250; i++) {
		names_look(fixture->names);
		problem = names_problem(fixture->names, 0);
		if (*expected ? strstr(problem, expected) != NULL : !*problem)
			return;
		rest();
	}
	assert_string_equal(problem, expected);
}

#define FOUND(text, mac) found(&fixture, text, mac, NOW, out)

static const char leases[] = "1796130000 02:00:5e:10:00:01 192.168.1.23 printer *\n"
			     "1796126400 02:00:5e:10:00:02 192.168.1.24 ended *\n"
			     "0 02:00:5e:10:00:03 192.168.1.25 * *\n"
			     "duid 00:01\n"
			     "1796130000 7 2001:db8::17 phone 00:03:00:01:02:00:5e:10:00:04\n";

static void test_order(void **state)
{
	char out[3 * NAME_TEXT_MAX];
	struct fixture fixture;

	begin(&fixture, state);
	temporary_write(state, "leases", leases);
	temporary_write(state, "labels",
			"192.168.1.23 room 5\n192.168.0.0/16 house\n2001:db8::/32 site\n");
	temporary_write(state, "isc",
			"lease 192.168.1.23 {\n  client-hostname \"second\";\n}\n"
			"lease 192.168.1.25 {\n  client-hostname \"camera\";\n}\n");
	list(&fixture, NAMES_DNSMASQ, "leases", NULL);
	list(&fixture, NAMES_ISC, "isc", NULL);
	start(&fixture);
	assert_string_equal(FOUND("192.168.1.23", NULL), "printer dnsmasq ");
	assert_string_equal(FOUND("192.168.1.24", NULL), " - ");
	assert_string_equal(FOUND("192.168.1.99", NULL), " - ");
	/* SLAAC: no lease, but a machine that has one */
	assert_string_equal(FOUND("2001:db8::abcd", "02:00:5e:10:00:01"), "printer dnsmasq ");
	assert_string_equal(FOUND("192.168.1.98", "02:00:5e:10:00:04"), "phone dnsmasq ");
	/* the address before the MAC address */
	assert_string_equal(FOUND("192.168.1.23", "02:00:5e:10:00:04"), "printer dnsmasq ");
	list(&fixture, NAMES_LABEL, "labels", NULL);
	assert_int_equal(names_configure(fixture.names, &fixture.settings), 0);
	assert_string_equal(FOUND("192.168.1.23", NULL), "room 5 label printer");
	assert_string_equal(FOUND("192.168.1.99", NULL), "house label ");
	assert_string_equal(FOUND("2001:db8::17", NULL), "site label phone");
	end(&fixture);
}

static void test_mac_told(void **state)
{
	const uint8_t mac[6] = {2, 0, 0x5e, 0x10, 0, 9};
	char text[NAMES_MAC_TEXT_MAX];
	struct names_found found;
	struct fixture fixture;
	struct addr addr;

	begin(&fixture, state);
	temporary_write(state, "leases", leases);
	list(&fixture, NAMES_DNSMASQ, "leases", NULL);
	start(&fixture);
	assert_int_equal(addr_parse("192.168.1.23", &addr), 0);
	assert_true(names_find(fixture.names, &addr, NULL, NOW, &found));
	assert_string_equal(names_mac_text(&found, text), "02:00:5e:10:00:01");
	assert_true(names_find(fixture.names, &addr, mac, NOW, &found)); /* the packet's own */
	assert_string_equal(names_mac_text(&found, text), "02:00:5e:10:00:09");
	assert_false(names_find(NULL, &addr, NULL, NOW, &found));
	assert_null(names_mac_text(&found, text));
	end(&fixture);
}

static void test_change(void **state)
{
	char out[3 * NAME_TEXT_MAX], path[TEMPORARY_PATH_MAX], other[TEMPORARY_PATH_MAX];
	struct fixture fixture;

	begin(&fixture, state);
	temporary_write(state, "labels", "192.168.1.1 one\n");
	list(&fixture, NAMES_LABEL, "labels", NULL);
	start(&fixture);
	assert_string_equal(FOUND("192.168.1.1", NULL), "one label ");
	temporary_write(state, "labels", "192.168.1.1 three\n");
	becomes(&fixture, "192.168.1.1", "three label ");
	temporary_write(state, "new", "192.168.1.1 seven\n");
	assert_int_equal(rename(temporary_path(state, "new", path),
				temporary_path(state, "labels", other)),
			 0);
	becomes(&fixture, "192.168.1.1", "seven label ");
	end(&fixture);
}

/* A stamp of the last second may be that of two contents. */
static void test_fresh(void **state)
{
	struct names_stamp stamp = {.parts[1] = {.size = 5, .changed = (int64_t)NOW}},
			   other = stamp;

	(void)state;
	assert_true(names_stamp_fresh(&stamp, (int64_t)NOW));
	assert_true(names_stamp_fresh(&stamp, (int64_t)(NOW + SECOND / 2)));
	assert_false(names_stamp_fresh(&stamp, (int64_t)(NOW + SECOND)));
	assert_false(names_stamp_fresh(&stamp, (int64_t)(NOW - 2 * SECOND))); /* a clock set back */
	assert_true(names_stamp_equal(&stamp, &other));
	other.parts[1].changed++;
	assert_false(names_stamp_equal(&stamp, &other));
	other = stamp;
	other.parts[1].size++;
	assert_false(names_stamp_equal(&stamp, &other));
	other = stamp;
	other.parts[1].inode++;
	assert_false(names_stamp_equal(&stamp, &other));
	other = stamp;
	other.parts[3].error = 2;
	assert_false(names_stamp_equal(&stamp, &other));
}

static void test_missing(void **state)
{
	char out[3 * NAME_TEXT_MAX], path[TEMPORARY_PATH_MAX];
	struct fixture fixture;

	begin(&fixture, state);
	list(&fixture, NAMES_DNSMASQ, "leases", NULL);
	start(&fixture);
	assert_non_null(strstr(names_problem(fixture.names, 0), "/leases: No such file"));
	assert_null(names_problem(fixture.names, 1));
	assert_string_equal(FOUND("192.168.1.23", NULL), " - ");
	temporary_write(state, "leases", leases);
	becomes(&fixture, "192.168.1.23", "printer dnsmasq ");
	problem_becomes(&fixture, "");
	assert_int_equal(unlink(temporary_path(state, "leases", path)), 0);
	problem_becomes(&fixture, "/leases: No such file");
	assert_string_equal(FOUND("192.168.1.23", NULL), "printer dnsmasq ");
	assert_int_equal(mkdir(path, 0755), 0);
	problem_becomes(&fixture, "/leases: Is a directory");
	assert_string_equal(FOUND("192.168.1.23", NULL), "printer dnsmasq ");
	/* Not named any more: forgotten. */
	list(&fixture, NAMES_DNSMASQ, NULL, NULL);
	assert_int_equal(names_configure(fixture.names, &fixture.settings), 0);
	assert_string_equal(FOUND("192.168.1.23", NULL), " - ");
	end(&fixture);
}

static void test_label_errors(void **state)
{
	char out[3 * NAME_TEXT_MAX];
	struct fixture fixture;

	begin(&fixture, state);
	temporary_write(state, "labels", "192.168.1.1 one\n192.168.1.2\n192.168.1.3/24 x\n");
	list(&fixture, NAMES_LABEL, "labels", NULL);
	start(&fixture);
	assert_string_equal(FOUND("192.168.1.1", NULL), "one label ");
	assert_non_null(strstr(names_problem(fixture.names, 0),
			       "/labels:2: expected an address or a prefix, and a label; so in 2 "
			       "lines"));
	end(&fixture);
}

/* Each step of Kea's cleanup leaves every lease known. */
static void test_kea_cleanup(void **state)
{
#define ROW "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname\n"
	static const char previous[] = ROW "192.0.2.1,,01,9,1796130000,1,0,0,a\n"
					   "192.0.2.2,,01,9,1796130000,1,0,0,old\n";
	static const char present[] = ROW "192.0.2.2,,01,9,1796130000,1,0,0,new\n";
	static const struct {
		const char *from, *to; /* no @to: it is taken away */
	} steps[] = {{"k", "k.1"},  {"written", "k.output"}, {"k.output", "k.completed"},
		     {"k.1", NULL}, {"k.2", NULL},           {"k.completed", "k.2"}};
	char out[3 * NAME_TEXT_MAX], from[TEMPORARY_PATH_MAX], to[TEMPORARY_PATH_MAX];
	struct fixture fixture;

	begin(&fixture, state);
	temporary_write(state, "k", present);
	temporary_write(state, "k.2", previous);
	temporary_write(
		state, "written",
		ROW "192.0.2.1,,01,9,1796130000,1,0,0,a\n192.0.2.2,,01,9,1796130000,1,0,0,new\n");
	list(&fixture, NAMES_KEA, "k", NULL);
	start(&fixture);
	for (size_t i = 0; i <= COUNT(steps); i++) {
		rest();
		assert_string_equal(FOUND("192.0.2.1", NULL), "a kea ");
		assert_string_equal(FOUND("192.0.2.2", NULL), "new kea ");
		assert_string_equal(names_problem(fixture.names, 0), "");
		if (i == COUNT(steps))
			break;
		temporary_path(state, steps[i].from, from);
		if (steps[i].to)
			assert_int_equal(rename(from, temporary_path(state, steps[i].to, to)), 0);
		else
			assert_int_equal(unlink(from), 0);
	}
	temporary_write(state, "k", ROW "192.0.2.1,,01,0,1796130000,1,0,0,a\n");
	becomes(&fixture, "192.0.2.1", " - ");
	end(&fixture);
}

static void stop(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* A hundred thousand leases: nobody waits for them, and they are there soon. */
static void test_large(void **state)
{
	char out[3 * NAME_TEXT_MAX], path[TEMPORARY_PATH_MAX];
	struct timespec before, after;
	struct fixture fixture;
	ev_timer timer;
	FILE *file;

	begin(&fixture, state);
	file = fopen(temporary_path(state, "leases", path), "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 100000; i++)
		fprintf(file, "1796130000 02:00:5e:%02x:%02x:%02x 10.%u.%u.%u host-%u *\n", i >> 16,
			i >> 8 & 255, i & 255, i >> 16, i >> 8 & 255, i & 255, i);
	assert_int_equal(fclose(file), 0);
	list(&fixture, NAMES_DNSMASQ, "leases", NULL);
	clock_gettime(CLOCK_MONOTONIC, &before);
	start(&fixture);
	assert_string_equal(FOUND("10.1.0.0", NULL), " - ");
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec <
		    50000000);
	ev_init(&timer, stop);
	for (unsigned i = 0; i < 1000; i++) {
		ev_timer_set(&timer, 0.01, 0.);
		ev_timer_start(fixture.loop, &timer);
		ev_run(fixture.loop, 0);
		if (strcmp(FOUND("10.1.0.0", NULL), " - ") != 0)
			break;
	}
	assert_string_equal(FOUND("10.1.0.0", NULL), "host-65536 dnsmasq ");
	assert_int_equal(names_losses(fixture.names).entries, 0);
	end(&fixture);
}

static void test_bounds(void **state)
{
	struct fixture fixture;
	char text[65536] = "";
	size_t n = 0;

	begin(&fixture, state);
	for (unsigned i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "1796130000 02:00:5e:10:00:01 10.0.0.%u n *\nodd\n", i);
	temporary_write(state, "leases", text);
	list(&fixture, NAMES_DNSMASQ, "leases", NULL);
	fixture.settings.max_names = 50;
	start(&fixture);
	assert_int_equal(names_losses(fixture.names).entries, 150);
	assert_int_equal(names_losses(fixture.names).lines, 200);
	assert_string_equal(names_problem(fixture.names, 0), ""); /* clients write these names */
	fixture.settings.max_names = 500;
	assert_int_equal(names_configure(fixture.names, &fixture.settings), 0);
	assert_int_equal(names_losses(fixture.names).entries, 0);
	end(&fixture);
}

#define NAMES_TEST(test) cmocka_unit_test_setup_teardown(test, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAMES_TEST(test_order),       NAMES_TEST(test_mac_told),
		NAMES_TEST(test_change),      cmocka_unit_test(test_fresh),
		NAMES_TEST(test_missing),     NAMES_TEST(test_label_errors),
		NAMES_TEST(test_kea_cleanup), NAMES_TEST(test_large),
		NAMES_TEST(test_bounds),
	};

	return cmocka_run_group_tests_name("control/names", tests, NULL, NULL);
}
