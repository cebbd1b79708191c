// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages of edge25ctl against golden files in tests/data/ctl; EDGE25_GOLDEN=write makes them anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "tools/edge25ctl/entry.h"
#include "tools/edge25ctl/event.h"
#include "tools/edge25ctl/openmetrics.h"
#include "tools/edge25ctl/report.h"
#include "tools/edge25ctl/status.h"

#define DATA "tests/data/ctl/"

typedef int page_print(const struct screen *screen, const json_t *document);

static int print_entries(const struct screen *screen, const json_t *document)
{
	return entry_table(screen, json_object_get(document, "entries"), 0);
}

static int print_events(const struct screen *screen, const json_t *document)
{
	const json_t *event;
	size_t i;

	json_array_foreach(document, i, event) event_print(screen, event);
	return 0;
}

static int print_metrics(const struct screen *screen, const json_t *document)
{
	openmetrics_write(screen->out, json_object_get(document, "families"));
	return 0;
}

static int print_report_csv(const struct screen *screen, const json_t *document)
{
	report_csv(screen->out, document);
	return 0;
}

static const struct {
	const char *input;
	const char *golden;
	page_print *print;
	unsigned width;
	bool colour;
} pages[] = {
	{"busy.json", "busy-80.txt", status_print, 80, false},
	{"busy.json", "busy-60.txt", status_print, 60, false},
	{"busy.json", "busy-wide.txt", status_print, 0, false},
	{"busy.json", "busy-colour.txt", status_print, 100, true},
	{"sick.json", "sick-80.txt", status_print, 80, false},
	{"new.json", "new-80.txt", status_print, 80, false},
	{"empty.json", "empty-80.txt", status_print, 80, false},
	{"guard.json", "guard-80.txt", status_print, 80, false},
	{"infected.json", "infected-80.txt", status_print, 80, false},
	{"report.json", "report-80.txt", report_print, 80, false},
	{"report.json", "report.csv", print_report_csv, 0, false},
	{"report-empty.json", "report-empty.csv", print_report_csv, 0, false},
	{"report-empty.json", "report-empty-80.txt", report_print, 80, false},
	{"metrics.json", "metrics.txt", print_metrics, 0, false},
	{"entries.json", "entries-80.txt", print_entries, 80, false},
	{"entries.json", "entries-44.txt", print_entries, 44, false},
	{"entries.json", "entries-wide.txt", print_entries, 0, false},
	{"names.json", "names-80.txt", print_entries, 80, false},
	{"names.json", "names-wide.txt", print_entries, 0, false},
	{"events.json", "events.txt", print_events, 0, false},
};

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(file);
	if (getdelim(&text, &size, '\0', file) < 0)
		text[0] = '\0';
	fclose(file);
	return text;
}

static char *render(const json_t *document, page_print *print, unsigned width, bool colour)
{
	struct screen screen = {.width = width, .colour = colour};
	char *text = NULL;
	size_t size;

	screen.out = open_memstream(&text, &size);
	assert_non_null(screen.out);
	assert_int_equal(print(&screen, document), 0);
	fclose(screen.out);
	return text;
}

static void compare(const char *path, const char *text)
{
	const char *mode = getenv("EDGE25_GOLDEN");
	char *golden;

	if (mode && !strcmp(mode, "write")) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	golden = read_all(path);
	assert_string_equal(text, golden);
	free(golden);
}

static void test_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		char path[256];
		json_error_t error;
		json_t *document;
		char *text;

		snprintf(path, sizeof(path), DATA "%s", pages[i].input);
		document = json_load_file(path, JSON_ALLOW_NUL, &error);
		assert_non_null(document);
		text = render(document, pages[i].print, pages[i].width, pages[i].colour);
		snprintf(path, sizeof(path), DATA "%s", pages[i].golden);
		compare(path, text);
		free(text);
		json_decref(document);
	}
}

/* No line is wider than the screen, and no byte from the server is a control character. */
static void test_width(void **state)
{
	json_t *document = json_load_file(DATA "busy.json", JSON_ALLOW_NUL, NULL);

	(void)state;
	assert_non_null(document);
	for (unsigned width = 60; width < 200; width++) {
		char *text = render(document, status_print, width, false);
		char *rest = text;
		const char *line;

		while ((line = strsep(&rest, "\n"))) {
			assert_true(strlen(line) <= width);
			for (; *line; line++)
				assert_in_range(*line, 0x20, 0x7e);
		}
		free(text);
	}
	json_decref(document);
}

/* Every member in turn of another type, or missing: a page all the same. */
static void mangle(json_t *document, json_t *object)
{
	const char *key;
	json_t *value;
	void *next;
	size_t i;

	json_object_foreach_safe(object, next, key, value)
	{
		json_t *kept = json_incref(value);
		char *name = strdup(key);

		assert_int_equal(json_object_set_new(object, name, json_pack("[n, i]", 7)), 0);
		free(render(document, status_print, 80, false));
		assert_int_equal(json_object_set_new(object, name, json_string("")), 0);
		free(render(document, status_print, 80, false));
		json_object_set(object, name, kept);
		mangle(document, kept);
		json_decref(kept);
		free(name);
	}
	json_array_foreach(object, i, value) mangle(document, value);
}

static void test_tolerant(void **state)
{
	json_t *document = json_load_file(DATA "busy.json", JSON_ALLOW_NUL, NULL);

	(void)state;
	assert_non_null(document);
	mangle(document, document);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_tolerant),
	};

	return cmocka_run_group_tests_name("ctl: pages", tests, NULL, NULL);
}
