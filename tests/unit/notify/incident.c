// SPDX-License-Identifier: GPL-2.0-or-later
/* What is read of an incident, what changed about it, and who was told of it. */
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "tools/edge25-notify/incident.h"
#include "tools/edge25-notify/told.h"

#define FORM "{\"id\":%s,\"change\":%s,\"state\":%s,\"class\":%s,\"action\":%s}"

static void test_read(void **state)
{
	static const struct {
		const char *id, *change, *state, *class, *action;
		bool good;
	} rows[] = {
		{"12", "345", "\"open\"", "\"infected\"", "\"contained\"", true},
		{"12", "345", "\"closed\"", "\"misconfigured\"", "\"none\"", true},
		{"0", "345", "\"open\"", "\"infected\"", "\"none\"", false},
		{"12", "-1", "\"open\"", "\"infected\"", "\"none\"", false},
		{"\"12\"", "345", "\"open\"", "\"infected\"", "\"none\"", false},
		{"12", "345", "\"ajar\"", "\"infected\"", "\"none\"", false},
		{"12", "345", "null", "\"infected\"", "\"none\"", false},
		{"12", "345", "\"open\"", "\"\"", "\"none\"", false},
		{"12", "345", "\"open\"", "\"two words\"", "\"none\"", false},
		{"12", "345", "\"open\"", "\"infected\"", "\"sixteen-letters-\"", false},
		{"12", "345", "\"open\"", "\"infected\"", "\"fifteen-letters\"", true},
		{"12", "345", "\"open\"", "\"infected\"", "{}", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct incident incident;
		json_t *document;
		char text[256];

		snprintf(text, sizeof(text), FORM, rows[i].id, rows[i].change, rows[i].state,
			 rows[i].class, rows[i].action);
		document = json_loads(text, 0, NULL);
		assert_non_null(document);
		assert_int_equal(incident_read(document, &incident), rows[i].good);
		json_decref(document);
	}
}

static void test_changes(void **state)
{
	struct incident before = {.id = 1, .open = true, .class = "suspect", .action = "refused"};
	struct incident now = before;
	char words[CHANGES_WORDS_MAX];

	(void)state;
	assert_int_equal(incident_changes(NULL, &now), CHANGE_OPENED);
	assert_int_equal(incident_changes(&before, &now), 0);
	strcpy(now.class, "infected");
	assert_int_equal(incident_changes(&before, &now), CHANGE_CLASS);
	strcpy(now.action, "contained");
	now.open = false;
	assert_int_equal(incident_changes(&before, &now),
			 CHANGE_CLOSED | CHANGE_CLASS | CHANGE_ACTION);
	assert_int_equal(incident_changes(NULL, &now), CHANGE_OPENED | CHANGE_CLOSED);
	assert_string_equal(incident_changes_words(~0u, words), "opened,closed,class,action");
	assert_string_equal(incident_changes_words(CHANGE_CLASS, words), "class");
	assert_int_equal(incident_change_named("closed,x", 6), CHANGE_CLOSED);
	assert_int_equal(incident_change_named("close", 5), 0);
	assert_int_equal(incident_change_named("", 0), 0);
}

/* Against an array that is searched from end to end. */
static void test_told(void **state)
{
	bool open[200] = {false};
	struct told told = {0};
	uint64_t seed = 25;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		struct incident incident = {.id = 1 + random_below(&seed, COUNT(open) - 1),
					    .change = i,
					    .open = random_below(&seed, 3) != 0};

		assert_int_equal(told_put(&told, &incident), 0);
		open[incident.id] = incident.open;
		for (size_t id = 1; id < COUNT(open); id++)
			assert_int_equal(told_find(&told, (int64_t)id) != NULL, open[id]);
	}
	assert_true(told.count > 50);
	told_free(&told);
}

static void test_told_bound(void **state)
{
	struct incident incident = {.open = true};
	struct told told = {0};

	(void)state;
	for (int64_t id = 1; id <= TOLD_MAX + 3; id++) {
		incident.id = id;
		assert_int_equal(told_put(&told, &incident), 0);
	}
	assert_int_equal(told.count, TOLD_MAX);
	assert_int_equal(told.forgotten, 3);
	assert_null(told_find(&told, 3));
	assert_non_null(told_find(&told, 4));
	assert_non_null(told_find(&told, TOLD_MAX + 3));
	incident.id = 1;
	assert_int_equal(told_put(&told, &incident), 0);
	assert_int_equal(told.count, TOLD_MAX);
	assert_non_null(told_find(&told, 1));
	told_free(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_told_bound),
	};

	return cmocka_run_group_tests_name("notify: incident", tests, NULL, NULL);
}
