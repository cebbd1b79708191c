/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of a control socket: it is answered once, or is a notification; the answer can be written. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "control/socket/rpc.h"
#include "control/socket/rpc_params.h"
#include "fuzz.h"

static const char *const words[] = {"worst", "newest", NULL};
static const struct rpc_param params[] = {
	{"text", RPC_TEXT, false, "", NULL},      {"id", RPC_ID, false, "", NULL},
	{"host", RPC_ADDRESS, false, "", NULL},   {"from", RPC_PREFIX, false, "", NULL},
	{"expires", RPC_EXPIRY, false, "", NULL}, {"for", RPC_DURATION, false, "", NULL},
	{"always", RPC_FLAG, false, "", NULL},    {"limit", RPC_NUMBER, false, "", NULL},
	{"order", RPC_WORD, false, "", words},    {"to", RPC_DESTINATION, false, "", NULL},
	{"since", RPC_PAST, false, "", NULL},     {"kinds", RPC_WORDS, false, "", words},
	{"ids", RPC_IDS, false, "", NULL},        {"entries", RPC_OBJECTS, false, "", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static void method_echo(struct rpc_call *call, void *ctx)
{
	const char *text = rpc_text(call, "text");

	(void)ctx;
	require(!text || strlen(text) <= 1024);
	require(rpc_id(call, "id") >= 0 && rpc_number(call, "limit", 0) >= 0);
	require(rpc_word(call, "order", words, 0) <= 1);
	require(rpc_words(call, "kinds", words) < 4);
	(void)rpc_flag(call, "always");
	rpc_reply(call, json_pack("{s:s?, s:s?, s:s?}", "text", text, "host",
				  rpc_text(call, "host"), "from", rpc_text(call, "from")));
}

static const struct rpc_method methods[] = {
	{"echo", "", ROLE_MONITOR, params, NULL, method_echo},
	{"change", "", ROLE_CONTROL, NULL, NULL, method_echo},
	{NULL, NULL, ROLE_MONITOR, NULL, NULL, NULL},
};

static void on_response(void *arg, int error, char *line, size_t length)
{
	++*(unsigned *)arg;
	require(!error && !line == !length);
	require(!line || memchr(line, '\n', length) == line + length - 1);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rpc_peer peer = {.role = ROLE_MONITOR};
	unsigned answers = 0;

	require(!rpc_handle(methods, NULL, &peer, (const char *)data, size, on_response, &answers));
	require(answers == 1);
	return 0;
}
