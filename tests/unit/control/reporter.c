// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <signal.h>
#include <sys/resource.h>

#include "control/events/reporter.h"
#include "temporary.h"

#define SECOND UINT64_C(1000000000)
#define NOW (UINT64_C(1796126400) * SECOND) /* 2026-12-01T12:00:00Z */

struct fixture {
	struct config *config;
	struct tracker *tracker;
	struct event_file *file;
	struct reporter *reporter;
};

static void count_event(void *ctx, json_t *event)
{
	assert_true(json_is_object(event));
	(*(unsigned *)ctx)++;
}

static struct fixture setup(void **state, const char *settings)
{
	static unsigned seen;
	static const uint8_t numbers[] = {0, 1, 2, 3};
	char text[1024], path[TEMPORARY_PATH_MAX];
	struct fixture fixture = {0};
	struct config_error error;

	seen = 0;
	snprintf(text, sizeof(text),
		 "%s\npolicy \"home\" { mode = block }\npolicy \"lab\" { mode = monitor }\n"
		 "policy \"work\" { mode = guard }\n",
		 settings);
	temporary_write(state, "edge25.conf", text);
	assert_int_equal(config_load(temporary_path(state, "edge25.conf", path), &fixture.config,
				     &error),
			 0);
	assert_int_equal(config_number(fixture.config, numbers), 0);
	fixture.tracker = tracker_new(1024, 1024, 4096, (struct hash_key){1, 2});
	fixture.file = event_file_new(*state, fixture.config->settings.event_file_max);
	fixture.reporter = reporter_new(fixture.tracker, fixture.file, NULL, fixture.config,
					count_event, &seen);
	return fixture;
}

static void release(struct fixture *fixture)
{
	reporter_free(fixture->reporter);
	event_file_free(fixture->file);
	tracker_free(fixture->tracker);
	config_free(fixture->config);
}

static void answered(struct fixture *fixture, const char *from, const char *to, uint8_t policy,
		     enum mark_action action, uint64_t now)
{
	struct message_event event = {.time = now + 123456789,
				      .source_port = 40000,
				      .destination_port = 25,
				      .action = (uint8_t)action,
				      .policy = policy,
				      .mac_length = 6,
				      .mac = {2, 0, 0x5e, 0x10, 0, 1}};

	assert_int_equal(addr_parse(from, &event.source), 0);
	assert_int_equal(addr_parse(to, &event.destination), 0);
	reporter_event(fixture->reporter, &event, now);
}

static void attempt(struct fixture *fixture, const char *from, const char *to, uint8_t policy,
		    uint64_t now)
{
	answered(fixture, from, to, policy, policy ? MARK_PASS : MARK_REFUSE, now);
}

static void tallied(struct fixture *fixture, const char *host, uint8_t policy, uint8_t kind,
		    uint64_t packets)
{
	struct message_tally tally = {.kind = kind, .packets = packets};

	assert_int_equal(addr_parse(host, &tally.host), 0);
	tracker_tally(fixture->tracker, &tally,
		      &(struct tracker_source){.policy = policy, .length6 = 64}, NOW);
}

static void counted(struct fixture *fixture, const char *host, uint64_t packets)
{
	tallied(fixture, host, 0, MESSAGE_REFUSED, packets);
	tracker_reading_end(fixture->tracker);
}

static unsigned lines(const char *text)
{
	unsigned count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

static void test_golden(void **state)
{
	static const char golden[] =
		"{\"timestamp\":\"2026-12-01T12:00:00.123456+0000\",\"event_type\":\"alert\","
		"\"src_ip\":\"100.64.3.7\",\"src_port\":40000,\"dest_ip\":\"198.51.100.1\","
		"\"dest_port\":25,\"proto\":\"TCP\",\"alert\":{\"action\":\"blocked\",\"gid\":25,"
		"\"signature_id\":1,\"rev\":1,\"signature\":\"Outbound port 25 refused: possible "
		"infected host\",\"category\":\"Potentially Bad Traffic\",\"severity\":2,\"metadata\":"
		"{\"policy\":\"home\",\"mode\":\"block\",\"host\":\"100.64.3.7\",\"class\":\"clean\",\"verified\":false,\"shared\":false,"
		"\"mac\":\"02:00:5e:10:00:01\",\"attempts\":1,\"destinations\":1}}}\n"
		"{\"timestamp\":\"2026-12-01T12:00:00.123456+0000\",\"event_type\":\"alert\","
		"\"src_ip\":\"2001:db8::5\",\"src_port\":40000,\"dest_ip\":\"2001:db9::25\","
		"\"dest_port\":25,\"proto\":\"TCP\",\"alert\":{\"action\":\"allowed\",\"gid\":25,"
		"\"signature_id\":2,\"rev\":1,\"signature\":\"Outbound port 25 seen: possible infected "
		"host\",\"category\":\"Potentially Bad Traffic\",\"severity\":2,\"metadata\":"
		"{\"policy\":\"lab\",\"mode\":\"monitor\",\"host\":\"2001:db8::/64\",\"class\":\"clean\",\"verified\":false,\"shared\":false,"
		"\"mac\":\"02:00:5e:10:00:01\",\"would_be\":\"refused\",\"attempts\":1,"
		"\"destinations\":1}}}\n"
		"{\"timestamp\":\"2026-12-01T12:01:00.000000+0000\",\"event_type\":\"alert\","
		"\"src_ip\":\"100.64.3.7\",\"src_port\":40000,\"dest_ip\":\"198.51.100.1\","
		"\"dest_port\":25,\"proto\":\"TCP\",\"alert\":{\"action\":\"blocked\",\"gid\":25,"
		"\"signature_id\":1,\"rev\":1,\"signature\":\"Outbound port 25 refused: possible "
		"infected host\",\"category\":\"Potentially Bad Traffic\",\"severity\":2,\"metadata\":"
		"{\"policy\":\"home\",\"mode\":\"block\",\"host\":\"100.64.3.7\",\"class\":\"clean\",\"verified\":false,\"shared\":false,"
		"\"mac\":\"02:00:5e:10:00:01\",\"summary\":true,\"attempts\":7,\"destinations\":1,"
		"\"period_attempts\":6,\"period_destinations\":0,"
		"\"first_seen\":\"2026-12-01T12:00:00.000000+0000\"}}}\n";
	struct fixture fixture = setup(state, "");
	char text[8192];

	attempt(&fixture, "100.64.3.7", "198.51.100.1", 0, NOW);
	attempt(&fixture, "100.64.3.7", "198.51.100.1", 0, NOW); /* asked again: no new pair */
	attempt(&fixture, "2001:db8::5", "2001:db9::25", 1, NOW);
	counted(&fixture, "100.64.3.7", 7);
	assert_false(reporter_summaries(fixture.reporter, NOW + 60 * SECOND));
	assert_false(reporter_summaries(fixture.reporter, NOW + 61 * SECOND));
	assert_string_equal(temporary_read(state, "events.json", text, sizeof(text)), golden);
	release(&fixture);
}

static json_t *last_line(void **state)
{
	char text[65536], *end, *begin;
	json_t *line;

	temporary_read(state, "events.json", text, sizeof(text));
	end = strrchr(text, '\n');
	assert_non_null(end);
	*end = '\0';
	begin = strrchr(text, '\n');
	line = json_loads(begin ? begin + 1 : text, 0, NULL);
	assert_non_null(line);
	return line;
}

/* alert.action, .signature_id and metadata.reason of the last line; @reason NULL: it has none. */
static void assert_last(void **state, const char *action, int id, const char *reason)
{
	json_t *line = last_line(state);
	const char *is_action, *is_reason = NULL;
	int is_id;

	assert_int_equal(json_unpack(line, "{s:{s:s, s:i, s:{s?s}}}", "alert", "action", &is_action,
				     "signature_id", &is_id, "metadata", "reason", &is_reason),
			 0);
	assert_string_equal(is_action, action);
	assert_int_equal(is_id, id);
	if (reason)
		assert_string_equal(is_reason, reason);
	else
		assert_null(is_reason);
	json_decref(line);
}

static void assert_summary(void **state, int refused, int passed)
{
	json_t *line = last_line(state);
	int is_refused, is_passed, summary;

	assert_int_equal(json_unpack(line, "{s:{s:{s:b, s:i, s:i}}}", "alert", "metadata",
				     "summary", &summary, "refused", &is_refused, "passed",
				     &is_passed),
			 0);
	assert_int_equal(is_refused, refused);
	assert_int_equal(is_passed, passed);
	json_decref(line);
}

/* A guard policy lets pass and refuses: its lines say which, and why. */
static void test_guard(void **state)
{
	struct fixture fixture = setup(state, "");

	answered(&fixture, "100.64.3.7", "198.51.100.1", 2, MARK_PASS, NOW);
	assert_last(state, "allowed", 5, NULL);
	answered(&fixture, "100.64.3.7", "198.51.100.2", 2, MARK_REFUSE, NOW);
	assert_last(state, "blocked", 1, "burst");
	answered(&fixture, "100.64.3.7", "198.51.100.3", 2, MARK_QUESTION, NOW);
	assert_last(state, "allowed", 11, NULL); /* who crossed the burst is suspect */
	answered(&fixture, "100.64.3.8", "198.51.100.2", 0, MARK_REFUSE, NOW);
	assert_last(state, "blocked", 1, NULL);

	tallied(&fixture, "100.64.3.7", 2, MESSAGE_PASSED, 40);
	tallied(&fixture, "100.64.3.7", 2, MESSAGE_REFUSED, 7);
	tracker_reading_end(fixture.tracker);
	reporter_summaries(fixture.reporter, NOW + 60 * SECOND);
	assert_last(state, "blocked", 1, NULL);
	assert_summary(state, 7, 40);
	tallied(&fixture, "100.64.3.7", 2, MESSAGE_PASSED, 50);
	tallied(&fixture, "100.64.3.7", 2, MESSAGE_REFUSED, 7);
	tracker_reading_end(fixture.tracker);
	reporter_summaries(fixture.reporter, NOW + 120 * SECOND);
	assert_last(state, "allowed", 11, NULL);
	assert_summary(state, 7, 50);
	release(&fixture);
}

/* That a destination answers is for the tracker: no line tells of it. */
static void test_handshakes_have_no_line(void **state)
{
	struct fixture fixture = setup(state, "");
	struct message_event event = {.time = NOW, .source_port = 40000, .destination_port = 25};
	char text[4096];

	answered(&fixture, "100.64.3.7", "198.51.100.1", 2, MARK_PASS, NOW);
	event.kind = MESSAGE_HANDSHAKE;
	assert_int_equal(addr_parse("100.64.3.7", &event.source), 0);
	assert_int_equal(addr_parse("198.51.100.1", &event.destination), 0);
	reporter_event(fixture.reporter, &event, NOW);
	assert_int_equal(addr_parse("198.51.100.2", &event.destination), 0); /* never tried */
	reporter_event(fixture.reporter, &event, NOW);
	assert_int_equal(addr_parse("100.64.3.8", &event.source), 0); /* never seen */
	reporter_event(fixture.reporter, &event, NOW);
	assert_int_equal(lines(temporary_read(state, "events.json", text, sizeof(text))), 1);
	release(&fixture);
}

/* What is told of mail servers: their networks, or nothing. */
static void test_destinations(void **state)
{
	struct fixture fixture = setup(state, "log-destinations = prefix");
	char text[8192];

	attempt(&fixture, "100.64.3.7", "198.51.100.17", 0, NOW);
	attempt(&fixture, "2001:db8::5", "2001:db9:1:2::25", 1, NOW);
	temporary_read(state, "events.json", text, sizeof(text));
	assert_int_equal(lines(text), 2);
	assert_non_null(strstr(text, "\"dest_ip\":\"198.51.100.0\""));
	assert_non_null(strstr(text, "\"dest_ip\":\"2001:db9:1::\""));
	assert_null(strstr(text, "198.51.100.17"));
	assert_null(strstr(text, "2001:db9:1:2"));
	release(&fixture);
	fixture = setup(state, "log-destinations = none");
	attempt(&fixture, "100.64.3.7", "198.51.100.17", 0, NOW);
	counted(&fixture, "100.64.3.7", 7);
	reporter_summaries(fixture.reporter, NOW + 60 * SECOND);
	temporary_read(state, "events.json", text, sizeof(text));
	assert_int_equal(lines(text), 4);
	assert_null(strstr(strchr(strchr(text, '\n') + 1, '\n'), "dest_ip"));
	release(&fixture);
}

/* An incident as a line: the class says what it is called, and how bad that is. */
static void test_incident(void **state)
{
	static const char golden[] =
		"{\"timestamp\":\"2026-12-01T12:00:00.000000+0000\",\"event_type\":\"alert\","
		"\"src_ip\":\"100.64.3.7\",\"src_port\":40000,\"dest_ip\":\"198.51.100.1\","
		"\"dest_port\":25,\"proto\":\"TCP\",\"in_iface\":\"eth1\",\"alert\":{"
		"\"action\":\"blocked\",\"gid\":25,\"signature_id\":15,\"rev\":1,\"signature\":"
		"\"Outbound port 25 incident: infected host\",\"category\":\"Potentially Bad "
		"Traffic\",\"severity\":1,\"metadata\":{\"incident\":12,\"change\":345,"
		"\"state\":\"open\",\"host\":\"100.64.3.7\",\"class\":\"infected\","
		"\"reasons\":[\"why\"],\"policy\":\"home\",\"range\":null,\"interface\":\"eth1\","
		"\"mac\":null,\"name\":null,\"name_source\":null,\"verified\":true,"
		"\"shared\":false,\"opened\":\"2026-12-01T12:00:00Z\",\"closed\":null,"
		"\"first_seen\":null,\"last_seen\":null,\"attempts\":3,\"destinations\":2,"
		"\"action\":\"refused\",\"contained_until\":null}}}\n";
	struct fixture fixture = setup(state, "");
	struct incident incident = {
		.id = 12,
		.change = 345,
		.class = CLASS_INFECTED,
		.action = INCIDENT_REFUSED,
		.verified = true,
		.policy = "home",
		.interface = "eth1",
		.opened = NOW / SECOND,
		.attempts = 3,
		.destinations = 2,
		.evidence_count = 1,
		.evidence = {{.time = NOW / SECOND, .source_port = 40000, .destination_port = 25}},
	};
	char text[8192];

	prefix_parse("100.64.3.7", &incident.host);
	addr_parse("198.51.100.1", &incident.evidence[0].destination);
	incident_reasons(&incident, json_pack("[s]", "why"));
	reporter_incident(fixture.reporter, &incident, NOW);
	assert_string_equal(temporary_read(state, "events.json", text, sizeof(text)), golden);
	incident.class = CLASS_MISCONFIGURED;
	incident.action = INCIDENT_WATCHED;
	reporter_incident(fixture.reporter, &incident, NOW);
	temporary_read(state, "events.json", text, sizeof(text));
	assert_non_null(strstr(text,
			       "\"action\":\"allowed\",\"gid\":25,\"signature_id\":16,"
			       "\"rev\":1,\"signature\":\"Outbound port 25 incident: old mail "
			       "setting\",\"category\":\"Potentially Bad Traffic\","
			       "\"severity\":3"));
	incident_release(&incident);
	release(&fixture);
}

static void test_lines_per_host(void **state)
{
	struct fixture fixture = setup(state, "events-per-host = 5");
	char text[65536], to[32];

	for (int i = 0; i < 50; i++) {
		snprintf(to, sizeof(to), "198.51.100.%d", i);
		attempt(&fixture, "100.64.3.7", to, 0, NOW);
	}
	assert_int_equal(lines(temporary_read(state, "events.json", text, sizeof(text))), 5);
	counted(&fixture, "100.64.3.7", 80);
	reporter_summaries(fixture.reporter, NOW + SECOND);
	temporary_read(state, "events.json", text, sizeof(text));
	assert_int_equal(lines(text), 6);
	assert_non_null(strstr(text, "\"summary\":true,\"attempts\":80,\"destinations\":50,"
				     "\"period_attempts\":75,\"period_destinations\":45"));
	attempt(&fixture, "100.64.3.7", "198.51.101.1", 0, NOW + 3600 * SECOND);
	assert_int_equal(lines(temporary_read(state, "events.json", text, sizeof(text))), 7);
	assert_int_equal(reporter_dropped(fixture.reporter), 0);
	release(&fixture);
}

/* What one second has no room for is counted, and summaries are told later instead. */
static void test_lines_per_second(void **state)
{
	struct fixture fixture = setup(state, "events-per-second = 10");
	char text[65536], from[32];

	for (int i = 0; i < 30; i++) {
		snprintf(from, sizeof(from), "100.64.3.%d", i);
		attempt(&fixture, from, "198.51.100.1", 0, NOW);
		counted(&fixture, from, 1);
	}
	assert_int_equal(lines(temporary_read(state, "events.json", text, sizeof(text))), 10);
	assert_int_equal(reporter_dropped(fixture.reporter), 20);
	assert_true(reporter_summaries(fixture.reporter, NOW + SECOND));
	assert_false(reporter_summaries(fixture.reporter, NOW + 2 * SECOND));
	assert_int_equal(lines(temporary_read(state, "events.json", text, sizeof(text))), 30);
	release(&fixture);
}

static void test_rotation(void **state)
{
	struct fixture fixture =
		setup(state, "event-file-max = 64KiB\nevents-per-second = 1000000");
	char path[TEMPORARY_PATH_MAX], from[32], text[2];
	struct stat st;

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(from, sizeof(from), "100.64.%u.%u", i / 256, i % 256);
		attempt(&fixture, from, "198.51.100.1", 0, NOW);
	}
	assert_int_equal(stat(temporary_path(state, "events.json", path), &st), 0);
	assert_true(st.st_size > 0 && st.st_size <= 65536);
	assert_int_equal(st.st_mode & 0777, 0640 & ~022);
	assert_int_equal(stat(temporary_path(state, "events.json.1", path), &st), 0);
	assert_true(st.st_size > 0 && st.st_size <= 65536);
	assert_string_equal(temporary_read(state, "events.json.1", text, sizeof(text)), "{");
	assert_true(event_file_losses(fixture.file).discarded > 0);
	assert_int_equal(event_file_losses(fixture.file).unwritten, 0);
	release(&fixture);
}

static void test_reopen(void **state)
{
	struct fixture fixture = setup(state, "");
	char path[TEMPORARY_PATH_MAX], other[TEMPORARY_PATH_MAX], text[4096];

	attempt(&fixture, "100.64.3.7", "198.51.100.1", 0, NOW);
	assert_int_equal(rename(temporary_path(state, "events.json", path),
				temporary_path(state, "old.json", other)),
			 0);
	attempt(&fixture, "100.64.3.8", "198.51.100.1", 0, NOW);
	event_file_reopen(fixture.file);
	attempt(&fixture, "100.64.3.9", "198.51.100.1", 0, NOW);
	assert_int_equal(lines(temporary_read(state, "old.json", text, sizeof(text))), 2);
	assert_int_equal(lines(temporary_read(state, "events.json", text, sizeof(text))), 1);
	release(&fixture);
}

/* Half a line would spoil the next one, so what did not fit is cut off again. */
static void test_full_disk(void **state)
{
	struct fixture fixture = setup(state, "");
	struct rlimit limit, unlimited;
	char text[4096];

	signal(SIGXFSZ, SIG_IGN);
	attempt(&fixture, "100.64.3.7", "198.51.100.1", 0, NOW);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	limit = unlimited;
	limit.rlim_cur = strlen(temporary_read(state, "events.json", text, sizeof(text))) + 20;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	attempt(&fixture, "100.64.3.8", "198.51.100.1", 0, NOW);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	assert_non_null(event_file_problem(fixture.file));
	assert_int_equal(event_file_losses(fixture.file).unwritten, 1);
	attempt(&fixture, "100.64.3.9", "198.51.100.1", 0, NOW);
	assert_null(event_file_problem(fixture.file));
	temporary_read(state, "events.json", text, sizeof(text));
	assert_int_equal(lines(text), 2);
	assert_null(strstr(text, "100.64.3.8"));
	assert_non_null(strstr(text, "}\n{"));
	release(&fixture);
}

/* Counted, shown, and over when the file can be opened again. */
static void test_write_failure(void **state)
{
	struct fixture fixture = setup(state, "");
	char path[TEMPORARY_PATH_MAX], text[4096];

	assert_int_equal(unlink(temporary_path(state, "events.json", path)), 0);
	assert_int_equal(symlink("/dev/full", path), 0);
	event_file_reopen(fixture.file); /* a link is not followed */
	assert_non_null(event_file_problem(fixture.file));
	attempt(&fixture, "100.64.3.7", "198.51.100.1", 0, NOW);
	assert_int_equal(event_file_losses(fixture.file).unwritten, 1);
	assert_int_equal(unlink(path), 0);
	attempt(&fixture, "100.64.3.8", "198.51.100.1", 0, NOW);
	assert_null(event_file_problem(fixture.file));
	assert_int_equal(lines(temporary_read(state, "events.json", text, sizeof(text))), 1);
	release(&fixture);
}

#define REPORTER_TEST(test) \
	cmocka_unit_test_setup_teardown(test, temporary_setup, temporary_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPORTER_TEST(test_golden),
		REPORTER_TEST(test_guard),
		REPORTER_TEST(test_handshakes_have_no_line),
		REPORTER_TEST(test_lines_per_host),
		REPORTER_TEST(test_lines_per_second),
		REPORTER_TEST(test_rotation),
		REPORTER_TEST(test_reopen),
		REPORTER_TEST(test_write_failure),
		REPORTER_TEST(test_full_disk),
		REPORTER_TEST(test_destinations),
		REPORTER_TEST(test_incident),
	};

	umask(0022);
	return cmocka_run_group_tests_name("control/reporter", tests, NULL, NULL);
}
