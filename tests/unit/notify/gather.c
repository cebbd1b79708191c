// SPDX-License-Identifier: GPL-2.0-or-later
/* What waits, what is joined, what a digest says, and from which change on a restart goes. */
#include <errno.h>
#include <string.h>

#include "../unit.h"
#include "tools/edge25-notify/gather.h"

static const struct wanted usual = {.changes = CHANGES_PRESET};

static int add(struct gather *gather, struct told *told, int64_t id, int64_t change,
	       const char *state, const char *class)
{
	json_t *document = json_pack("{s:I, s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)id,
				     "change", (json_int_t)change, "state", state, "class", class,
				     "action", "refused", "host", "100.64.3.7");
	int error = gather_add(gather, told, document);

	json_decref(document);
	return error;
}

static bool wants(struct gather *gather, struct told *told, int64_t id, const char *state,
		  const char *class)
{
	json_t *document = json_pack("{s:I, s:I, s:s, s:s, s:s}", "id", (json_int_t)id, "change",
				     (json_int_t)1000, "state", state, "class", class, "action",
				     "refused");
	bool result = gather_wants(gather, told, document);

	json_decref(document);
	return result;
}

static json_t *take(struct gather *gather, struct told *told, unsigned runs, struct notice *notice)
{
	json_t *document;

	assert_int_equal(gather_take(gather, told, runs, 0, notice), 0);
	assert_int_equal(notice->text[notice->length - 1], '\n');
	document = json_loadb(notice->text, notice->length, 0, NULL);
	assert_non_null(document);
	return document;
}

static json_int_t number(const json_t *document, const char *key)
{
	return json_integer_value(json_object_get(document, key));
}

static void test_one_by_one(void **state)
{
	struct gather *gather = gather_new(&usual, 10);
	struct told told = {0};
	struct notice notice;
	json_t *document;

	(void)state;
	gather_begin(gather, 100);
	assert_int_equal(add(gather, &told, 1, 101, "open", "suspect"), 0);
	assert_int_equal(add(gather, &told, 2, 105, "open", "suspect"), 0);
	assert_int_equal(gather_done(gather), 100);

	document = take(gather, &told, 2, &notice);
	assert_false(notice.digest);
	assert_string_equal(notice.item.host, "100.64.3.7");
	assert_int_equal(number(document, "id"), 1);
	assert_int_equal(notice.upto, 101);
	assert_int_equal(gather_done(gather), 101);
	json_decref(document);
	notice_free(&notice);

	document = take(gather, &told, 1, &notice);
	assert_int_equal(number(document, "id"), 2);
	assert_int_equal(notice.upto, 105);
	json_decref(document);
	notice_free(&notice);
	assert_int_equal(gather_count(gather), 0);

	/* Not worth telling, but seen. */
	assert_false(wants(gather, &told, 2, "open", "suspect"));
	assert_true(wants(gather, &told, 2, "open", "infected"));
	assert_true(wants(gather, &told, 2, "closed", "suspect"));
	assert_true(wants(gather, &told, 3, "open", "suspect"));
	assert_true(gather_wants(gather, &told, NULL));
	assert_int_equal(add(gather, &told, 2, 106, "open", "suspect"), 0);
	assert_int_equal(gather_count(gather), 0);
	assert_int_equal(gather_done(gather), 106);
	assert_int_equal(add(gather, &told, 3, 110, "open", "suspect"), 0);
	assert_int_equal(gather_done(gather), 106);
	told_free(&told);
	gather_free(gather);
}

static void test_joined(void **state)
{
	struct gather *gather = gather_new(&usual, 10);
	struct told told = {0};
	struct notice notice;
	json_t *document;

	(void)state;
	gather_begin(gather, 0);
	assert_int_equal(add(gather, &told, 1, 1, "open", "suspect"), 0);
	assert_int_equal(add(gather, &told, 2, 2, "open", "suspect"), 0);
	assert_int_equal(add(gather, &told, 1, 3, "open", "infected"), 0);
	assert_int_equal(gather_count(gather), 2);

	/* The first one is now the last: otherwise a restart between the two would lose the second. */
	document = take(gather, &told, 9, &notice);
	assert_int_equal(number(document, "id"), 2);
	assert_int_equal(notice.upto, 2);
	json_decref(document);
	notice_free(&notice);
	document = take(gather, &told, 9, &notice);
	assert_int_equal(number(document, "change"), 3);
	assert_int_equal(notice.item.changes, CHANGE_OPENED); /* of its class nothing was told */
	assert_int_equal(notice.upto, 3);
	json_decref(document);
	notice_free(&notice);
	told_free(&told);
	gather_free(gather);
}

static void test_digest(void **state)
{
	struct gather *gather = gather_new(&usual, 3);
	struct told told = {0};
	struct notice notice;
	json_t *document;

	(void)state;
	gather_begin(gather, 50);
	for (int id = 1; id <= 8; id++)
		assert_int_equal(add(gather, &told, id, 50 + id, "open", "suspect"), 0);
	assert_int_equal(add(gather, &told, 2, 60, "closed", "suspect"),
			 0);                                                /* one of those named */
	assert_int_equal(add(gather, &told, 7, 61, "open", "infected"), 0); /* and of the others */
	assert_int_equal(gather_done(gather), 50);

	document = take(gather, &told, 100, &notice); /* although there are runs enough */
	assert_true(notice.digest);
	assert_int_equal(notice.count, 8);
	assert_int_equal(notice.upto, 61);
	assert_int_equal(number(document, "count"), 8);
	assert_int_equal(number(document, "left_out"), 5);
	assert_int_equal(number(document, "after"), 50);
	assert_int_equal(number(document, "last"), 61);
	assert_int_equal(number(json_object_get(document, "classes"), "suspect"), 7);
	assert_int_equal(number(json_object_get(document, "classes"), "infected"), 1);
	assert_int_equal(number(json_object_get(document, "changed"), "opened"), 8);
	assert_int_equal(number(json_object_get(document, "changed"), "closed"), 1);
	assert_int_equal(json_array_size(json_object_get(document, "incidents")), 3);
	json_decref(document);
	notice_free(&notice);

	assert_int_equal(told.count, 7);
	assert_null(told_find(&told, 2));
	assert_string_equal(told_find(&told, 7)->class, "infected");
	assert_int_equal(gather_done(gather), 61);
	told_free(&told);
	gather_free(gather);
}

static void test_full(void **state)
{
	struct gather *gather = gather_new(&usual, 1);
	struct told told = {0};
	struct notice notice;
	int64_t id = 0;

	(void)state;
	gather_begin(gather, 0);
	while (!gather_full(gather)) {
		int64_t change = ++id;

		/* Not in the order of their ids. */
		assert_int_equal(add(gather, &told, (change ^ 5) + 8, change, "open", "suspect"),
				 0);
	}
	assert_int_equal(gather_count(gather), GATHER_LEFT_MAX + 1);
	/* What waits may still change. */
	assert_int_equal(add(gather, &told, 4711, id + 1, "closed", "suspect"), 0);
	assert_int_equal(gather_count(gather), GATHER_LEFT_MAX + 1);
	/* And the page on which it became full goes on. */
	assert_int_equal(add(gather, &told, id + 100, id + 2, "open", "suspect"), 0);
	assert_true(gather_full(gather));
	assert_int_equal(gather_take(gather, &told, 1, 0, &notice), 0);
	assert_int_equal(notice.count, GATHER_LEFT_MAX + 2);
	assert_true(notice.length < 1000);
	assert_false(gather_full(gather));
	assert_null(told_find(&told, 4711));
	assert_non_null(told_find(&told, 4712));
	notice_free(&notice);
	told_free(&told);
	gather_free(gather);
}

static void test_refused(void **state)
{
	struct gather *gather = gather_new(&usual, 10);
	struct told told = {0};
	json_t *none = json_object();

	(void)state;
	gather_begin(gather, 10);
	assert_int_equal(gather_add(gather, &told, none), -EBADMSG);
	assert_int_equal(gather_add(gather, &told, NULL), -EBADMSG);
	assert_int_equal(add(gather, &told, 1, 10, "open", "suspect"), -EBADMSG);
	assert_int_equal(add(gather, &told, 1, 11, "ajar", "suspect"), -EBADMSG);
	assert_int_equal(gather_count(gather), 0);
	assert_int_equal(gather_done(gather), 10);
	json_decref(none);
	gather_free(gather);
}

static void test_given_up(void **state)
{
	struct gather *gather = gather_new(&usual, 10);
	struct told told = {0};
	struct notice notice;

	(void)state;
	gather_begin(gather, 0);
	assert_int_equal(add(gather, &told, 1, 1, "open", "suspect"), 0);
	assert_int_equal(gather_take(gather, &told, 9, 4, &notice), 0);
	assert_true(notice.digest);
	assert_non_null(strstr(notice.text, "\"given_up\":4"));
	notice_free(&notice);
	told_free(&told);
	gather_free(gather);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_by_one), cmocka_unit_test(test_joined),
		cmocka_unit_test(test_digest),     cmocka_unit_test(test_full),
		cmocka_unit_test(test_refused),    cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests_name("notify: gather", tests, NULL, NULL);
}
