// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/socket/rpc.h"
#include "control/socket/rpc_parse.h"

struct world {
	json_t *response; /* the last one sent */
	unsigned sent;
	struct rpc_call *held; /* by the method "hold" */
};

static void method_echo(struct rpc_call *call, void *ctx)
{
	(void)ctx;
	rpc_reply(call, json_pack("{s:s?, s:I}", "from", rpc_text(call, "from"), "id",
				  (json_int_t)rpc_id(call, "id")));
}

static void method_hold(struct rpc_call *call, void *ctx)
{
	((struct world *)ctx)->held = call;
}

static void method_broken(struct rpc_call *call, void *ctx)
{
	(void)ctx;
	rpc_reply(call, NULL);
}

static const char *const words[] = {"one", "two", "three", NULL};
static const struct rpc_param params[] = {
	{"from", RPC_PREFIX, false, "a prefix", NULL},    {"id", RPC_ID, false, "a number", NULL},
	{"host", RPC_ADDRESS, false, "an address", NULL}, {"text", RPC_TEXT, false, "a text", NULL},
	{"kinds", RPC_WORDS, false, "some words", words}, {NULL, RPC_TEXT, false, NULL, NULL},
};
static const struct rpc_param needed[] = {
	{"src", RPC_ADDRESS, true, "an address", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_field no_fields[] = {FIELD_END};

static void method_written(struct rpc_call *call, void *ctx)
{
	char *result = rpc_write(json_pack("{s:[i]}", "a", 1));

	(void)ctx;
	rpc_reply_written(call, result);
	free(result);
}

static const struct rpc_method methods[] = {
	{"echo", "", ROLE_MONITOR, params, no_fields, method_echo},
	{"hold", "", ROLE_MONITOR, NULL, no_fields, method_hold},
	{"written", "", ROLE_MONITOR, NULL, no_fields, method_written},
	{"need", "", ROLE_MONITOR, needed, no_fields, method_echo},
	{"change", "", ROLE_CONTROL, NULL, no_fields, method_echo},
	{"broken", "", ROLE_MONITOR, NULL, no_fields, method_broken},
	{NULL, NULL, ROLE_MONITOR, NULL, NULL, NULL},
};

static void on_response(void *arg, int error, char *line, size_t length)
{
	struct world *world = arg;

	assert_int_equal(error, 0);
	if (line)
		assert_int_equal(line[length - 1], '\n');
	json_decref(world->response);
	world->response = json_loadb(line ? line : "", length, 0, NULL);
	world->sent++;
	free(line);
}

/* The response as text; "" when there was none. */
static const char *ask(struct rpc_peer *peer, const char *text, size_t length, char *out,
		       size_t size)
{
	struct world world = {0};
	struct rpc_call *call =
		rpc_handle(methods, &world, peer, text, length, on_response, &world);
	char *json;

	assert_null(call);
	assert_int_equal(world.sent, 1);
	out[0] = '\0';
	if (world.response) {
		json = json_dumps(world.response, JSON_COMPACT);
		assert_non_null(json);
		snprintf(out, size, "%s", json);
		free(json);
	}
	json_decref(world.response);
	return out;
}

#define REQUEST(rest) "{\"jsonrpc\":\"2.0\",\"id\":1," rest "}"
#define RESULT(result) "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" result "}"
#define ERROR(id, code, message)                                                                  \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" #code ",\"message\":\"" message \
	"\"}}"

static const struct {
	const char *request;
	const char *response;
} cases[] = {
	{REQUEST("\"method\":\"echo\""), RESULT("{\"from\":null,\"id\":0}")},
	{REQUEST("\"method\":\"echo\",\"params\":{}"), RESULT("{\"from\":null,\"id\":0}")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"from\":\"10.0.0.0/8\",\"id\":7}"),
	 RESULT("{\"from\":\"10.0.0.0/8\",\"id\":7}")},
	{"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"echo\"}",
	 "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"from\":null,\"id\":0}}"},
	{REQUEST("\"method\":\"written\""), RESULT("{\"a\":[1]}")},
	{"{\"jsonrpc\":\"2.0\",\"id\":\"\\n\\\"\",\"method\":\"written\"}",
	 "{\"jsonrpc\":\"2.0\",\"id\":\"\\n\\\"\",\"result\":{\"a\":[1]}}"},
	/* Notifications: no answer, whatever they ask. */
	{"{\"jsonrpc\":\"2.0\",\"method\":\"written\"}", ""},
	{"{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}", ""},
	{"{\"jsonrpc\":\"2.0\",\"method\":\"nope\"}", ""},
	{"{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":{\"x\":1}}", ""},
	/* What is no request. */
	{"{}", ERROR("null", -32600, "expected \\\"jsonrpc\\\": \\\"2.0\\\"")},
	{"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"echo\"}",
	 ERROR("null", -32600, "expected \\\"jsonrpc\\\": \\\"2.0\\\"")},
	{REQUEST("\"method\":5"), ERROR("null", -32600, "expected \\\"method\\\" with a string")},
	{"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"echo\"}",
	 ERROR("null", -32600, "expected \\\"id\\\" with a string, a number or null")},
	{"[" REQUEST("\"method\":\"echo\"") "]",
	 ERROR("null", -32600, "batches are not supported: send one request a line")},
	{"[[[[[[[[[[[[[[[[[[[[[[[[", ERROR("null", -32600, "the request is nested too deep")},
	{"5", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"},
	{"{\"jsonrpc\":", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"},
	{"\xff\xfe{}", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"},
	{REQUEST("\"id\":2,\"method\":\"echo\""),
	 "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"},
	/* Methods and roles. */
	{REQUEST("\"method\":\"nope\""),
	 ERROR("1", -32601, "there is no method nope; rpc.discover lists all")},
	{REQUEST("\"method\":\"change\""),
	 ERROR("1", -32001, "change is not permitted on monitor.sock: use control.sock")},
	{REQUEST("\"method\":\"broken\""), ERROR("1", -32603, "no memory")},
	/* Parameters. */
	{REQUEST("\"method\":\"echo\",\"params\":[]"),
	 ERROR("1", -32602, "params: expected an object: parameters are named")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"form\":\"10.0.0.0/8\"}"),
	 ERROR("1", -32602, "echo has no parameter form; it takes from, id, host, text, kinds")},
	{REQUEST("\"method\":\"hold\",\"params\":{\"x\":1}"),
	 ERROR("1", -32602, "hold has no parameter x; it takes none")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"from\":\"100.64.300.0/10\"}"),
	 ERROR("1", -32602, "from: 100.64.300.0/10 is not an IPv4 or IPv6 prefix")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"from\":\"100.64.0.1/10\"}"),
	 ERROR("1", -32602, "from: 100.64.0.1/10 has host bits set; did you mean 100.64.0.0/10?")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"from\":5}"),
	 ERROR("1", -32602, "from: expected a string with an IPv4 or IPv6 prefix")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"from\":null}"),
	 ERROR("1", -32602, "from: expected a string with an IPv4 or IPv6 prefix")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"id\":0}"),
	 ERROR("1", -32602, "id: expected a number from 1 up")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"id\":\"7\"}"),
	 ERROR("1", -32602, "id: expected a number from 1 up")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"host\":\"mail.example\"}"),
	 ERROR("1", -32602, "host: mail.example is not an IPv4 or IPv6 address")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"text\":\"a\\u001b[2J\"}"),
	 ERROR("1", -32602, "text: expected text without control characters")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"kinds\":[]}"),
	 ERROR("1", -32602, "kinds: expected an array of words, one at least")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"kinds\":[\"one\",\"four\"]}"),
	 ERROR("1", -32602, "kinds: expected one of one, two, three")},
	{REQUEST("\"method\":\"echo\",\"params\":{\"kinds\":[\"one\",\"one\"]}"),
	 ERROR("1", -32602, "kinds: expected each word once")},
	{REQUEST("\"method\":\"need\""), ERROR("1", -32602, "src is missing: need needs it")},
};

static void test_cases(void **state)
{
	struct rpc_peer peer = {.role = ROLE_MONITOR};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].response);

		ask(&peer, cases[i].request, strlen(cases[i].request), text, sizeof(text));
		/* A response that ends in a comma is only begun in the table. */
		if (length && cases[i].response[length - 1] == ',')
			text[length] = '\0';
		if (strcmp(text, cases[i].response) != 0)
			fail_msg("%s\n  is:     %s\n  wanted: %s", cases[i].request, text,
				 cases[i].response);
	}
}

static void test_control_may_change(void **state)
{
	static const char request[] = REQUEST("\"method\":\"change\"");
	struct rpc_peer peer = {.role = ROLE_CONTROL};
	char text[256];

	(void)state;
	ask(&peer, request, strlen(request), text, sizeof(text));
	assert_string_equal(text, RESULT("{\"from\":null,\"id\":0}"));
}

/* An error quotes only the beginning of long text, even when that cuts a character in two. */
static void test_long_text(void **state)
{
	struct rpc_peer peer = {.role = ROLE_MONITOR};
	char request[4096] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x", text[2048];

	(void)state;
	for (int i = 0; i < 1000; i++)
		strcat(request, "\xc3\xa4");
	strcat(request, "\"}");
	ask(&peer, request, strlen(request), text, sizeof(text));
	assert_non_null(strstr(text, "\"code\":-32601,\"message\":\"there is no method x"));
	assert_true(strlen(text) < 512);
}

/* What would be sent back, or take much memory, has bounds. */
static void test_bounds(void **state)
{
	struct rpc_peer peer = {.role = ROLE_MONITOR};
	static char request[RPC_VALUES_MAX * 2 + 64];
	char text[1024];
	size_t length;

	(void)state;
	length = (size_t)snprintf(request, sizeof(request), "{\"jsonrpc\":\"2.0\",\"id\":\"%0*d\"}",
				  RPC_ID_MAX + 1, 0);
	ask(&peer, request, length, text, sizeof(text));
	assert_non_null(strstr(text, "\"method\\\" with a string"));
	length = (size_t)snprintf(request, sizeof(request),
				  "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":\"%0*d\"}",
				  RPC_ID_MAX + 1, 0);
	ask(&peer, request, length, text, sizeof(text));
	assert_non_null(strstr(text, "with at most 256 bytes"));
	memset(request, '[', 2);
	for (size_t i = 2; i < 2 * RPC_VALUES_MAX; i += 2)
		memcpy(request + i, "1,", 2);
	ask(&peer, request, 2 * RPC_VALUES_MAX, text, sizeof(text));
	assert_non_null(strstr(text, "more than 131072 values"));
	request[0] = ' ';
	ask(&peer, request, 2 * RPC_VALUES_MAX, text, sizeof(text));
	assert_null(strstr(text, "more than 131072 values"));
}

static void kinds_of(struct rpc_call *call, void *ctx)
{
	*(unsigned *)ctx = rpc_words(call, "kinds", words);
	rpc_reply(call, json_object());
}

static void test_words(void **state)
{
	static const struct rpc_method one[] = {{"kinds", "", ROLE_MONITOR, params, NULL, kinds_of},
						{NULL, NULL, ROLE_MONITOR, NULL, NULL, NULL}};
	static const char some[] = REQUEST("\"method\":\"kinds\",\"params\":{\"kinds\":[\"three\","
					   "\"one\"]}"),
			  none[] = REQUEST("\"method\":\"kinds\"");
	struct rpc_peer peer = {.role = ROLE_MONITOR};
	struct world world = {0};
	unsigned found = 0;

	(void)state;
	rpc_handle(one, &found, &peer, some, strlen(some), on_response, &world);
	assert_int_equal(found, 5);
	rpc_handle(one, &found, &peer, none, strlen(none), on_response, &world);
	assert_int_equal(found, 7);
	json_decref(world.response);
}

static void test_later(void **state)
{
	static const char request[] = REQUEST("\"method\":\"hold\"");
	struct rpc_peer peer = {.role = ROLE_MONITOR};
	struct world world = {0};
	struct rpc_call *call;

	(void)state;
	call = rpc_handle(methods, &world, &peer, request, strlen(request), on_response, &world);
	assert_non_null(call);
	assert_int_equal(world.sent, 0);
	rpc_reply(call, json_integer(5));
	assert_int_equal(world.sent, 1);
	assert_int_equal(json_integer_value(json_object_get(world.response, "result")), 5);
	json_decref(world.response);
	world.response = NULL;

	/* The client has gone before the answer came. */
	call = rpc_handle(methods, &world, &peer, request, strlen(request), on_response, &world);
	rpc_abandon(call);
	assert_null(rpc_peer(call));
	rpc_reply(world.held, json_integer(5));
	assert_int_equal(world.sent, 1);
}

/* Bytes that nobody would send on purpose, cut and changed at random. */
static void test_noise(void **state)
{
	static const char good[] =
		REQUEST("\"method\":\"echo\",\"params\":{\"from\":\"10.0.0.0/8\",\"id\":7}");
	struct rpc_peer peer = {.role = ROLE_MONITOR};
	uint64_t seed = 25;
	char text[1024], request[sizeof(good)];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t length = 1 + random_below(&seed, sizeof(good) - 1);

		memcpy(request, good, sizeof(good));
		for (unsigned j = random_below(&seed, 4); j > 0; j--)
			request[random_below(&seed, sizeof(good) - 1)] =
				(char)random_below(&seed, 256);
		/* Either an answer or, for what became a notification, none; "hold" cannot be made. */
		ask(&peer, request, length, text, sizeof(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),     cmocka_unit_test(test_control_may_change),
		cmocka_unit_test(test_long_text), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_words),     cmocka_unit_test(test_later),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("control/rpc", tests, NULL, NULL);
}
