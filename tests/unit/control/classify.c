// SPDX-License-Identifier: GPL-2.0-or-later
/* Evidence in, class and reasons out. What tells fan-outs from queues is in meeting.c's own tests. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "control/config/config_thresholds.h"
#include "control/hosts/classify.h"

static struct addr server(void)
{
	struct addr addr;

	assert_int_equal(addr_parse("203.0.113.25", &addr), 0);
	return addr;
}

/* As many attempts, to as many servers, in the three windows. */
static struct evidence tried(uint32_t attempts[WINDOWS], unsigned servers[WINDOWS])
{
	struct evidence e = {.verified = true, .known = 3600};

	for (int i = 0; i < WINDOWS; i++) {
		e.sum[i].attempts = attempts[i];
		e.sum[i].met = servers[i];
		e.servers[i] = servers[i];
	}
	e.servers_recent = servers[WINDOW_5MIN];
	e.most = (struct contact){.addr = server(), .tries = 1};
	return e;
}

#define TRIED(a, b, c, x, y, z) tried((uint32_t[]){a, b, c}, (unsigned[]){x, y, z})

static const struct thresholds *presets(void)
{
	static struct thresholds thresholds;

	thresholds_preset(&thresholds);
	return &thresholds;
}

/* The class, and all reasons with newlines between them. */
static void check(const struct evidence *e, enum host_class class, const char *reasons)
{
	char lines[HOST_REASONS_MAX][HOST_REASON_MAX],
		text[HOST_REASONS_MAX * HOST_REASON_MAX] = "";
	const struct verdict verdict = classify(e, presets());
	size_t count = classify_reasons(e, &verdict, lines, HOST_REASONS_MAX);

	for (size_t i = 0; i < count; i++) {
		strcat(text, i ? "\n" : "");
		strcat(text, lines[i]);
	}
	assert_string_equal(text, reasons);
	assert_int_equal(verdict.class, class);
}

static void test_clean(void **state)
{
	struct evidence e = TRIED(0, 1, 1, 0, 1, 1);

	(void)state;
	check(&e, CLASS_CLEAN, "1 try to 1 mail server in 24 h: too little to tell");
	e = TRIED(0, 0, 2, 0, 0, 2);
	check(&e, CLASS_CLEAN, "2 tries to 2 mail servers in 24 h: too little to tell");
	e = TRIED(0, 5, 9, 0, 5, 9);
	check(&e, CLASS_CLEAN,
	      "9 different mail servers in 24 h, and nothing beyond the thresholds");
	e = TRIED(3, 9, 40, 3, 9, 31);
	e.guarded = true;
	e.answered[WINDOW_DAY] = 30;
	check(&e, CLASS_CLEAN,
	      "31 different mail servers in 24 h, of which 30 answered, and nothing beyond the "
	      "thresholds");
}

static void test_misconfigured(void **state)
{
	struct evidence e = TRIED(1, 12, 40, 1, 1, 1);

	(void)state;
	e.runs = 40;
	e.interval = 300;
	check(&e, CLASS_MISCONFIGURED,
	      "40 tries in 24 h, about every 5 min, to 1 mail server 203.0.113.25: an old setting");
	e = TRIED(0, 2, 4, 0, 2, 2);
	e.runs = 2;
	e.submissions = 7;
	check(&e, CLASS_MISCONFIGURED,
	      "4 tries in 24 h, to 2 mail servers, mostly 203.0.113.25: an old setting\n"
	      "also opened 465 or 587 7 times: there is a mail program");
	/* the same where port 25 is open and answers is nobody's mistake */
	e.guarded = true;
	e.answered[WINDOW_DAY] = 2;
	e.submissions = 0;
	check(&e, CLASS_CLEAN,
	      "2 different mail servers in 24 h, of which 2 answered, and nothing beyond the "
	      "thresholds");
	/* a mail queue, though it tried many at once */
	e = TRIED(300, 900, 3000, 290, 300, 310);
	e.early = (struct contact_returns){.mature = 12, .returned = 11};
	check(&e, CLASS_MISCONFIGURED,
	      "comes back to the same mail servers, as a mail queue does: to 11 of 12 that it met "
	      "more than 20 min ago; 310 in 24 h");
}

static void test_suspect(void **state)
{
	struct evidence e = TRIED(49, 49, 49, 41, 41, 41);

	(void)state;
	check(&e, CLASS_SUSPECT,
	      "41 different mail servers in 5 min, 1.2 tries each\n"
	      "41 different mail servers in 1 h, 1.2 tries each");
	e = TRIED(11, 24, 24, 11, 24, 24);
	check(&e, CLASS_CLEAN,
	      "24 different mail servers in 24 h, and nothing beyond the thresholds");
	/* the kernel's count has not been read yet */
	e = TRIED(0, 0, 0, 12, 12, 12);
	check(&e, CLASS_SUSPECT, "12 different mail servers in 5 min, 1.0 tries each");
	e = TRIED(0, 25, 30, 0, 25, 25);
	check(&e, CLASS_SUSPECT, "25 different mail servers in 1 h, 1.0 tries each");
	e = TRIED(300, 300, 300, 1, 1, 1);
	check(&e, CLASS_SUSPECT, "300 tries in 5 min to 1 mail server: 203.0.113.25");
	e.silent = true; /* each of them is repeated */
	e.runs = 2;
	check(&e, CLASS_MISCONFIGURED,
	      "300 tries in 24 h, to 1 mail server 203.0.113.25: an old setting");
	e = TRIED(30, 30, 30, 30, 30, 30);
	e.guarded = true;
	e.answered[WINDOW_5MIN] = e.answered[WINDOW_HOUR] = e.answered[WINDOW_DAY] = 28;
	check(&e, CLASS_CLEAN,
	      "30 different mail servers in 24 h, of which 28 answered, and nothing beyond the "
	      "thresholds");
	e.over_burst = 1;
	check(&e, CLASS_SUSPECT, "1 packet refused for going beyond burst in 1 h");
}

/* Attempts of an hour: @parts of 5 minutes with @attempts each, by chance or by a timer. */
static struct evidence hammering(unsigned parts, uint32_t attempts, bool timed)
{
	struct evidence e = TRIED(attempts, attempts * parts, attempts * parts, 1, 1, 1);

	for (unsigned i = 0; i < parts; i++)
		e.hour[i].attempts = attempts;
	for (unsigned i = 0; i < WINDOW_5MIN_BUCKETS; i++)
		e.five[i].attempts = attempts / 10 + (timed ? 0 : i % 3 * 7);
	e.runs = 1;
	return e;
}

static void test_hammers(void **state)
{
	struct evidence e = hammering(4, 400, false);

	(void)state;
	check(&e, CLASS_INFECTED,
	      "1.3 tries a second for 15 min and more, to 1 mail server: 203.0.113.25");
	e = hammering(4, 400, true);
	check(&e, CLASS_SUSPECT, "400 tries in 5 min to 1 mail server: 203.0.113.25");
	e = hammering(2, 400, false);
	check(&e, CLASS_SUSPECT, "400 tries in 5 min to 1 mail server: 203.0.113.25");
	e = hammering(4, 400, false);
	e.servers_recent = 31; /* a fan-out, which others judge */
	check(&e, CLASS_SUSPECT, "400 tries in 5 min to 31 mail servers: 203.0.113.25");
	e = hammering(4, 400, false);
	e.guarded = true;
	e.answered[WINDOW_HOUR] = e.answered[WINDOW_DAY] = 1;
	check(&e, CLASS_CLEAN,
	      "1 different mail servers in 24 h, of which 1 answered, and nothing beyond the "
	      "thresholds");
}

static void test_what_else_is_said(void **state)
{
	struct evidence e = TRIED(41, 41, 41, 41, 24, 24);

	(void)state;
	e.verified = false;
	check(&e, CLASS_SUSPECT,
	      "41 different mail servers in 5 min, 1.0 tries each\n"
	      "unverified: its packets may bear a false source address");
	e.shared = true;
	check(&e, CLASS_SUSPECT,
	      "41 different mail servers in 5 min, 1.0 tries each\n"
	      "many households share this address: it may be several of them\n"
	      "unverified: its packets may bear a false source address");
	e.shared = false;
	e.verified = e.watched = true;
	check(&e, CLASS_SUSPECT,
	      "41 different mail servers in 5 min, 1.0 tries each\n"
	      "nothing is known of its past yet (watched)");
	e.past_peak = 13;
	check(&e, CLASS_SUSPECT,
	      "41 different mail servers in 5 min, 1.0 tries each\n"
	      "its busiest hour before had 13 new mail servers (watched)");
	/* three times what it is known for is nothing new */
	e.past_peak = 14;
	check(&e, CLASS_CLEAN,
	      "24 different mail servers in 24 h, and nothing beyond the thresholds");
}

static void test_words(void **state)
{
	(void)state;
	for (int class = 0; class < HOST_CLASSES; class ++)
		assert_int_equal(host_class_value(host_class_word((unsigned)class)), class);
	assert_null(host_class_word(HOST_CLASSES));
	assert_int_equal(host_class_value("ill"), -1);
	/* never that a host is clean because it is silent */
	assert_non_null(strstr(host_class_silence, "is not therefore clean"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_misconfigured),
		cmocka_unit_test(test_suspect),
		cmocka_unit_test(test_hammers),
		cmocka_unit_test(test_what_else_is_said),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("control/classify", tests, NULL, NULL);
}
