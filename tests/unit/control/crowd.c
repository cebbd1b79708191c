// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control/socket/crowd.h"

#define PATIENCE 20 /* seconds */

static unsigned asked; /* of "count" */

static void method_count(struct rpc_call *call, void *ctx)
{
	(void)ctx;
	asked++;
	rpc_reply(call, json_object());
}

static void method_mark(struct rpc_call *call, void *ctx)
{
	*(unsigned *)ctx = asked;
	rpc_reply(call, json_object());
}

static void method_watch(struct rpc_call *call, void *ctx)
{
	(void)ctx;
	rpc_peer(call)->watch.kinds = 1u << WATCH_EVENT;
	rpc_reply(call, json_object());
}

static void method_large(struct rpc_call *call, void *ctx)
{
	char *text = malloc(1 << 20);

	(void)ctx;
	memset(text, 'a', (1 << 20) - 1);
	text[(1 << 20) - 1] = '\0';
	rpc_reply(call, json_pack("{s:s}", "text", text));
	free(text);
}

static const struct rpc_method methods[] = {
	{"count", "", ROLE_MONITOR, NULL, NULL, method_count},
	{"mark", "", ROLE_MONITOR, NULL, NULL, method_mark},
	{"watch", "", ROLE_MONITOR, NULL, NULL, method_watch},
	{"large", "", ROLE_MONITOR, NULL, NULL, method_large},
	{NULL, NULL, ROLE_MONITOR, NULL, NULL, NULL},
};

#define ASK(method) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"}\n"

struct world {
	struct ev_loop *loop;
	struct crowd *crowd;
	unsigned marked; /* how many others were answered before "mark" */
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	asked = 0;
	*state = world;
	world->loop = ev_loop_new(EVFLAG_AUTO);
	world->crowd = crowd_new(world->loop, methods, &world->marked);
	return world->crowd ? 0 : -1;
}

static int teardown(void **state)
{
	struct world *world = *state;

	crowd_free(world->crowd);
	ev_loop_destroy(world->loop);
	free(world);
	return 0;
}

/* One more who is connected: the other end. */
static int come(struct world *world)
{
	const int size = 4 << 20;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
			 0);
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	crowd_admit(world->crowd, ends[0], ROLE_MONITOR);
	return ends[1];
}

/* Until @fd has something to read, or was closed; false: it has not for PATIENCE. */
static bool run(struct world *world, int fd)
{
	const time_t end = time(NULL) + PATIENCE;
	char byte;

	while (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0) {
		if (time(NULL) > end)
			return false;
		ev_run(world->loop, EVRUN_NOWAIT);
	}
	return true;
}

/* What has come, as text. */
static const char *said(int fd, char *text, size_t size)
{
	ssize_t n = recv(fd, text, size - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void test_answer(void **state)
{
	struct world *world = *state;
	int peer = come(world);
	char text[256];

	say(peer, "\n\r\n" ASK("count"));
	assert_true(run(world, peer));
	assert_string_equal(said(peer, text, sizeof(text)),
			    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
	close(peer);
}

/* Who floods us has been answered a few times when another one, who came later, is. */
static void test_turns(void **state)
{
	struct world *world = *state;
	int flood[8], other;

	for (size_t i = 0; i < 8; i++) {
		flood[i] = come(world);
		for (int j = 0; j < 1000; j++)
			say(flood[i], ASK("count"));
	}
	for (int i = 0; i < 20; i++)
		ev_run(world->loop, EVRUN_NOWAIT);
	other = come(world);
	say(other, ASK("mark"));
	asked = 0;
	assert_true(run(world, other));
	assert_in_range(world->marked, 0, 400); /* of 8000: those of one or two times 0.2 ms */
	for (size_t i = 0; i < 8; i++)
		close(flood[i]);
	close(other);
}

/* A large request is parsed beside; a small one that came later need not wait. */
static void test_large_request(void **state)
{
	static char line[RPC_REQUEST_MAX];
	struct world *world = *state;
	int large = come(world), small = come(world);
	char text[256];
	int n = snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"");

	memset(line + n, 'x', sizeof(line) - (size_t)n - 3);
	memcpy(line + sizeof(line) - 3, "\"}\n", 3);
	assert_int_equal(send(large, line, sizeof(line), 0), sizeof(line));
	assert_true(run(world, large));
	assert_non_null(strstr(said(large, text, sizeof(text)), "-32601"));
	assert_int_equal(send(large, line, sizeof(line), 0), sizeof(line));
	say(small, ASK("count"));
	assert_true(run(world, small));
	close(large); /* while it is parsed, perhaps */
	for (int i = 0; i < 20; i++)
		ev_run(world->loop, EVRUN_NOWAIT);
	close(small);
}

static void test_too_long(void **state)
{
	static char line[RPC_REQUEST_MAX + 1];
	struct world *world = *state;
	int peer = come(world);
	char text[256];

	memset(line, ' ', sizeof(line));
	assert_int_equal(send(peer, line, sizeof(line), 0), sizeof(line));
	assert_true(run(world, peer));
	assert_non_null(strstr(said(peer, text, sizeof(text)), "at most 1 MiB"));
	assert_int_equal(crowd_losses(world->crowd).dropped, 1);
	close(peer);
}

/* The next answer is made when the last was taken; so nobody makes us hold more than one. */
static void test_answers_not_taken(void **state)
{
	struct world *world = *state;
	int deaf = come(world), other = come(world);
	char text[256];

	for (int i = 0; i < 500; i++)
		say(deaf, ASK("large"));
	assert_true(run(world, deaf));
	say(other, ASK("count"));
	assert_true(run(world, other));
	said(other, text, sizeof(text));
	assert_int_equal(crowd_losses(world->crowd).dropped, 0);
	close(deaf);
	close(other);
}

/* So many of one user, and the one that rests goes for one more. */
static void test_many(void **state)
{
	struct world *world = *state;
	int peers[CROWD_CLIENTS_USER_MAX + 1];
	char text[256];

	for (unsigned i = 0; i < CROWD_CLIENTS_USER_MAX; i++)
		peers[i] = come(world);
	usleep(600000); /* CLIENT_NEW_SECONDS */
	for (int i = 0; i < 3; i++)
		ev_run(world->loop, EVRUN_NOWAIT);
	for (unsigned i = 1; i < CROWD_CLIENTS_USER_MAX; i++)
		say(peers[i], ASK("watch"));
	assert_true(run(world, peers[CROWD_CLIENTS_USER_MAX - 1]));
	peers[CROWD_CLIENTS_USER_MAX] = come(world);
	assert_true(run(world, peers[0]));
	assert_non_null(strstr(said(peers[0], text, sizeof(text)), "too many connections"));
	assert_int_equal(crowd_losses(world->crowd).refused, 1);
	for (unsigned i = 0; i <= CROWD_CLIENTS_USER_MAX; i++)
		close(peers[i]);
}

/* Of a user who has so many, some that rest go for others, but not for each of those that come and come. */
static void test_many_that_come_again(void **state)
{
	enum { AGAIN = 4 * CROWD_CHANGES_USER_MAX };
	struct world *world = *state;
	int peers[CROWD_CLIENTS_USER_MAX + AGAIN];
	unsigned let_in = 0;
	char text[256];

	for (unsigned i = 0; i < CROWD_CLIENTS_USER_MAX; i++)
		peers[i] = come(world);
	usleep(600000); /* CLIENT_NEW_SECONDS */
	for (unsigned i = CROWD_CLIENTS_USER_MAX; i < CROWD_CLIENTS_USER_MAX + AGAIN; i++) {
		peers[i] = come(world);
		for (int turn = 0; turn < 3; turn++)
			ev_run(world->loop, EVRUN_NOWAIT);
		let_in += !strstr(said(peers[i], text, sizeof(text)), "too many connections");
	}
	/* In one second, or where this takes longer, in two. */
	assert_in_range(let_in, CROWD_CHANGES_USER_MAX, 2 * CROWD_CHANGES_USER_MAX);
	for (unsigned i = 0; i < CROWD_CLIENTS_USER_MAX + AGAIN; i++)
		close(peers[i]);
}

/* A watcher that takes nothing loses events, is told how many, and then sees the next ones. */
static void test_slow_watcher(void **state)
{
	struct world *world = *state;
	int slow = come(world), quick = come(world);
	json_t *event = json_pack("{s:i}", "n", 1);
	static char text[1 << 16];
	uint64_t lost;
	unsigned taken = 0;
	const char *told = NULL;

	say(slow, ASK("watch"));
	say(quick, ASK("watch"));
	assert_true(run(world, slow) && run(world, quick));
	for (unsigned i = 0; i < 100000; i++) {
		crowd_publish(world->crowd, WATCH_EVENT, event);
		while (recv(quick, text, sizeof(text), MSG_DONTWAIT) > 0)
			;
	}
	lost = crowd_losses(world->crowd).unwatched;
	assert_in_range(lost, 1, 100000);
	for (int i = 0; !told && i < 100000; i++) {
		ev_run(world->loop, EVRUN_NOWAIT);
		told = strstr(said(slow, text, sizeof(text)), "events.lost");
		taken++;
	}
	assert_non_null(told);
	assert_int_equal(strtoull(strstr(told, "\"count\":") + 8, NULL, 10), lost);
	json_decref(event);
	close(slow);
	close(quick);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_request, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answers_not_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_that_come_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_watcher, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
