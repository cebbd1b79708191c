// SPDX-License-Identifier: GPL-2.0-or-later
/* What the store's thread commits, who is told of it, and who waits. */
#include "../unit.h"

#include <errno.h>
#include <ev.h>
#include <sqlite3.h>

#include "control/store/store.h"
#include "control/store/store_containment.h"
#include "temporary.h"

struct lab {
	struct ev_loop *loop;
	struct store *store;
	char path[TEMPORARY_PATH_MAX];
	unsigned done;
	int result;
	struct store_waiter waiters[3];
	char turns[8];
};

static struct lab *begin(void **state)
{
	static struct lab lab;

	memset(&lab, 0, sizeof(lab));
	lab.loop = ev_loop_new(EVFLAG_AUTO);
	lab.store = store_new(temporary_path(state, "edge25.db", lab.path));
	assert_int_equal(store_thread(lab.store, lab.loop), 0);
	return &lab;
}

static void end(struct lab *lab)
{
	store_free(lab->store);
	ev_loop_destroy(lab->loop);
}

static void on_done(void *ctx, int result)
{
	struct lab *lab = ctx;

	lab->done++;
	lab->result = result;
}

static int put(struct lab *lab, const char *host)
{
	struct contained one = {.since = 1, .until = 2}, *list = &one;
	const struct store_then then = {.done = on_done, .ctx = lab};

	assert_int_equal(prefix_parse(host, &one.host), 0);
	one.source = one.host.addr;
	return store_containment_write(lab->store, &list, 1, NULL, 0, &then);
}

static void count_one(void *ctx, const struct contained *contained)
{
	(void)contained;
	++*(unsigned *)ctx;
}

/* Read by another, as after a crash: what is on the disk. */
static unsigned stored(struct lab *lab)
{
	struct store *other = store_new(lab->path);
	unsigned count = 0;

	assert_int_equal(store_containment_read(other, count_one, &count), 0);
	store_free(other);
	return count;
}

static void run_until(struct lab *lab, const unsigned *what, unsigned count)
{
	while (*what < count)
		ev_run(lab->loop, EVRUN_ONCE);
}

static void test_loop_tells(void **state)
{
	struct lab *lab = begin(state);

	assert_false(store_busy(lab->store));
	assert_int_equal(put(lab, "100.64.0.1"), 0);
	assert_true(store_busy(lab->store)); /* whatever the thread has done: nobody was told */
	assert_int_equal(lab->done, 0);
	run_until(lab, &lab->done, 1);
	assert_false(store_busy(lab->store));
	assert_int_equal(lab->result, 0);
	assert_int_equal(stored(lab), 1);
	end(lab);
}

/* Whoever uses the database first waits; what is told once is not told again by the loop. */
static void test_use_waits(void **state)
{
	struct lab *lab = begin(state);
	unsigned count = 0;

	put(lab, "100.64.0.1");
	assert_int_equal(store_containment_read(lab->store, count_one, &count), 0);
	assert_int_equal(lab->done, 1);
	assert_int_equal(count, 1);
	put(lab, "100.64.0.2");
	put(lab, "100.64.0.3");
	assert_int_equal(lab->done, 2);
	store_settle(lab->store);
	assert_int_equal(lab->done, 3);
	ev_run(lab->loop, EVRUN_NOWAIT);
	ev_run(lab->loop, EVRUN_NOWAIT);
	assert_int_equal(lab->done, 3);
	assert_int_equal(stored(lab), 3);
	end(lab);
}

static void test_end_waits(void **state)
{
	struct lab *lab = begin(state);

	put(lab, "100.64.0.1");
	store_free(lab->store);
	assert_int_equal(lab->done, 1);
	assert_int_equal(stored(lab), 1);
	ev_loop_destroy(lab->loop);
}

/* Somebody reads for longer than the thread waits: nothing is written, and it works again. */
static void test_failure(void **state)
{
	struct lab *lab = begin(state);
	sqlite3_stmt *row;
	sqlite3 *reader;

	assert_int_equal(sqlite3_open(lab->path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(reader, "SELECT * FROM sqlite_master", -1, &row, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	put(lab, "100.64.0.1");
	assert_null(store_problem(lab->store));
	run_until(lab, &lab->done, 1);
	assert_int_equal(lab->result, -EIO);
	assert_non_null(strstr(store_problem(lab->store), "locked"));
	sqlite3_finalize(row);
	sqlite3_close(reader);
	assert_int_equal(stored(lab), 0);
	put(lab, "100.64.0.1");
	run_until(lab, &lab->done, 2);
	assert_int_equal(lab->result, 0);
	assert_null(store_problem(lab->store));
	assert_int_equal(stored(lab), 1);
	end(lab);
}

static struct lab *turning;

static void on_turn(void *ctx)
{
	const char letter = (char)('a' + ((struct store_waiter *)ctx - turning->waiters));

	assert_false(store_busy(turning->store));
	strncat(turning->turns, &letter, 1);
	if (letter == 'a')
		put(turning, "100.64.0.9");
}

/* In the order in which they came, each when nothing is being committed: also what one of them began. */
static void test_turns(void **state)
{
	struct lab *lab = turning = begin(state);

	for (size_t i = 0; i < 3; i++)
		lab->waiters[i] = (struct store_waiter){.turn = on_turn, .ctx = &lab->waiters[i]};
	put(lab, "100.64.0.1");
	for (size_t i = 0; i < 3; i++)
		store_wait(lab->store, &lab->waiters[i]);
	store_wait(lab->store, &lab->waiters[0]); /* has its place */
	store_wait_no_more(lab->store, &lab->waiters[1]);
	assert_string_equal(lab->turns, "");
	while (strlen(lab->turns) < 2)
		ev_run(lab->loop, EVRUN_ONCE);
	assert_string_equal(lab->turns, "ac");
	assert_int_equal(lab->done, 2);
	/* nothing is under way: beside the loop all the same; at the end without it */
	store_wait(lab->store, &lab->waiters[1]);
	assert_string_equal(lab->turns, "ac");
	ev_run(lab->loop, EVRUN_ONCE);
	assert_string_equal(lab->turns, "acb");
	store_wait(lab->store, &lab->waiters[0]);
	store_wait(lab->store, &lab->waiters[2]);
	store_drain(lab->store);
	assert_string_equal(lab->turns, "acbac");
	assert_false(store_busy(lab->store));
	assert_int_equal(lab->done, 3);
	end(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_loop_tells, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_use_waits, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_end_waits, temporary_setup,
						temporary_teardown),
		cmocka_unit_test_setup_teardown(test_failure, temporary_setup, temporary_teardown),
		cmocka_unit_test_setup_teardown(test_turns, temporary_setup, temporary_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
