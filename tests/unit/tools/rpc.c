// SPDX-License-Identifier: GPL-2.0-or-later
/* The client's side of JSON-RPC against a server that is a script of bytes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "tools/common/rpc.h"

static char directory[] = "/tmp/edge25-rpc-XXXXXX";
static char path[64];

/* Accepts one connection, reads a line, sends @reply a byte at a time and closes. */
static pid_t serve(const char *reply)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	unlink(path);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	if (pid == 0) {
		int client = accept(fd, NULL, NULL);
		char byte = 0;

		while (byte != '\n' && read(client, &byte, 1) == 1)
			;
		for (; *reply; reply++) {
			if (write(client, reply, 1) != 1)
				break;
		}
		_exit(0);
	}
	close(fd);
	return pid;
}

static int call(const char *reply, json_t **document)
{
	struct rpc rpc;
	pid_t pid = serve(reply);
	int error = rpc_open(&rpc, path);

	assert_int_equal(error, 0);
	error = rpc_call(&rpc, "status", NULL, document);
	rpc_close(&rpc);
	waitpid(pid, NULL, 0);
	return error;
}

static void test_replies(void **state)
{
	static const struct {
		const char *reply;
		int error;
	} rows[] = {
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n", 0},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"no\"}}\n", 0},
		{"{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{}}\n"
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n",
		 0},
		{"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700}}\n", 0},
		{"{\"jsonrpc\":\"2.0\",\"id\":1}\n", -EBADMSG},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":3}\n", -EBADMSG},
		{"HTTP/1.1 400\n", -EBADMSG},
		{"[]\n", -EBADMSG},
		{"\n", -EBADMSG},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"resu", -ECONNRESET},
		{"", -ECONNRESET},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *document = NULL;

		assert_int_equal(call(rows[i].reply, &document), rows[i].error);
		if (!rows[i].error)
			json_decref(document);
	}
}

static void test_large(void **state)
{
	size_t length = 300000;
	char *reply = malloc(length + 64);
	json_t *document;
	int n = sprintf(reply, "{\"id\":1,\"result\":\"");

	(void)state;
	memset(reply + n, 'x', length);
	strcpy(reply + (size_t)n + length, "\"}\n");
	assert_int_equal(call(reply, &document), 0);
	assert_int_equal(json_string_length(json_object_get(document, "result")), length);
	json_decref(document);
	free(reply);
}

static void test_open(void **state)
{
	struct rpc rpc;
	char name[200];

	(void)state;
	unlink(path);
	assert_int_equal(rpc_open(&rpc, path), -ENOENT);
	rpc_close(&rpc);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(rpc_open(&rpc, name), -ENAMETOOLONG);
	rpc_close(&rpc);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests_name("tools: rpc", tests, set_up, tear_down);
}
