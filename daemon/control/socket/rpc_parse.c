// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "control/socket/rpc_parse.h"

/* Looked at before the parser recurses and allocates. NULL: neither too deep nor too many. */
static const char *too_much(const char *text, size_t length)
{
	bool string = false;
	unsigned values = 0;
	int depth = 0;

	for (size_t i = 0; i < length; i++) {
		if (string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			string = !string;
		else if (string)
			continue;
		else if (text[i] == '}' || text[i] == ']')
			depth--;
		else if (text[i] == ',')
			values++;
		else if (text[i] == '{' || text[i] == '[')
			values++, depth++;
		if (depth > RPC_DEPTH_MAX)
			return "the request is nested too deep";
		if (values > RPC_VALUES_MAX)
			return "the request has more than 131072 values";
	}
	return NULL;
}

/* NULL: it is a request (or a notification); else what is wrong with it. */
static const char *invalid(const json_t *request)
{
	const char *version = json_string_value(json_object_get(request, "jsonrpc"));
	const json_t *id = json_object_get(request, "id");

	if (json_is_array(request))
		return "batches are not supported: send one request a line";
	if (!json_is_object(request))
		return "expected an object";
	if (!version || strcmp(version, "2.0") != 0)
		return "expected \"jsonrpc\": \"2.0\"";
	if (!json_is_string(json_object_get(request, "method")))
		return "expected \"method\" with a string";
	if (id && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))
		return "expected \"id\" with a string, a number or null";
	if (json_string_length(id) > RPC_ID_MAX)
		return "expected \"id\" with at most 256 bytes";
	return NULL;
}

static void fail(struct rpc_parsed *parsed, enum rpc_code code, const char *message)
{
	parsed->code = code;
	snprintf(parsed->message, sizeof(parsed->message), "%s", message);
}

void rpc_parse(const char *text, size_t length, struct rpc_parsed *parsed)
{
	const char *wrong = too_much(text, length);
	json_error_t error;

	parsed->request = NULL;
	if (wrong) {
		fail(parsed, RPC_INVALID_REQUEST, wrong);
		return;
	}
	parsed->request = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (!parsed->request) {
		parsed->code = RPC_PARSE_ERROR;
		snprintf(parsed->message, sizeof(parsed->message), "not JSON: column %d: %s",
			 error.column, error.text);
		return;
	}
	wrong = invalid(parsed->request);
	if (wrong) {
		json_decref(parsed->request);
		parsed->request = NULL;
		fail(parsed, RPC_INVALID_REQUEST, wrong);
	}
}
