// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/socket/rpc.h"
#include "control/socket/rpc_params.h"
#include "control/socket/rpc_parse.h"

struct rpc_call {
	const struct rpc_method *methods;
	struct rpc_peer *peer; /* NULL: abandoned */
	rpc_sender *send;
	void *arg;
	json_t *request;
	json_t *id;  /* NULL: a notification */
	bool inside; /* rpc_handle() has not returned yet */
	bool ended;
};

static json_t *response(json_t *id, const char *member, json_t *value)
{
	return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, member, value);
}

json_t *rpc_error(enum rpc_code code, const char *message)
{
	return json_pack("{s:s, s:n, s:{s:i, s:s}}", "jsonrpc", "2.0", "id", "error", "code",
			 (int)code, "message", message);
}

static void call_free(struct rpc_call *call)
{
	json_decref(call->request);
	json_decref(call->id);
	free(call);
}

/* Takes over @line; NULL: no memory, unless there is no id and so no response. */
static void end_line(struct rpc_call *call, char *line, size_t length)
{
	call->ended = true;
	if (call->peer)
		call->send(call->arg, line || !call->id ? 0 : -ENOMEM, line, length);
	else
		free(line);
	if (!call->inside)
		call_free(call);
}

static void end(struct rpc_call *call, json_t *out)
{
	char *line = out && call->peer ? json_dumps(out, JSON_COMPACT) : NULL;
	size_t length = line ? strlen(line) : 0;

	if (line)
		line[length++] = '\n'; /* in place of the NUL */
	json_decref(out);
	end_line(call, line, length);
}

void rpc_abandon(struct rpc_call *call)
{
	if (call)
		call->peer = NULL;
}

void rpc_reply(struct rpc_call *call, json_t *result)
{
	json_t *out = NULL;

	if (!result) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	if (call->id)
		out = response(call->id, "result", result);
	else
		json_decref(result);
	end(call, out);
}

char *rpc_write(json_t *result)
{
	char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;

	json_decref(result);
	return text;
}

void rpc_reply_written(struct rpc_call *call, const char *result)
{
	char *id = call->id ? json_dumps(call->id, JSON_ENCODE_ANY) : NULL, *line = NULL;
	int length = 0;

	if (!result) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	if (id)
		length = asprintf(&line, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}\n", id,
				  result);
	free(id);
	end_line(call, length > 0 ? line : NULL, length > 0 ? (size_t)length : 0);
}

/* A request so broken that it has no id gets its error with a null one. */
static void fail(struct rpc_call *call, enum rpc_code code, const char *message)
{
	json_t *error = json_pack("{s:i, s:s}", "code", (int)code, "message", message);
	char safe[4 * RPC_MESSAGE_MAX];

	/* Text that was cut in the middle of a character is no JSON string. */
	if (!error)
		error = json_pack("{s:i, s:s}", "code", (int)code, "message",
				  log_escape(message, safe, sizeof(safe)));
	end(call, response(call->id, "error", error));
}

void rpc_fail(struct rpc_call *call, enum rpc_code code, const char *fmt, ...)
{
	char message[RPC_MESSAGE_MAX];
	va_list ap;

	if (!call->id) {
		end(call, NULL);
		return;
	}
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	fail(call, code, message);
}

void rpc_fail_with(struct rpc_call *call, enum rpc_code code, const char *message, json_t *data)
{
	end(call, call->id ? response(call->id, "error",
				      json_pack("{s:i, s:s, s:o}", "code", (int)code, "message",
						message, "data", data)) :
			     NULL);
}

const char *rpc_text(const struct rpc_call *call, const char *name)
{
	return json_string_value(json_object_get(json_object_get(call->request, "params"), name));
}

int64_t rpc_id(const struct rpc_call *call, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(call->request, "params"), name));
}

int64_t rpc_number(const struct rpc_call *call, const char *name, int64_t preset)
{
	const json_t *value = json_object_get(json_object_get(call->request, "params"), name);

	return value ? json_integer_value(value) : preset;
}

int rpc_word(const struct rpc_call *call, const char *name, const char *const *words, int preset)
{
	const char *text = rpc_text(call, name);

	for (int i = 0; text && words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return preset;
}

unsigned rpc_words(const struct rpc_call *call, const char *name, const char *const *words)
{
	const json_t *list = json_object_get(json_object_get(call->request, "params"), name),
		     *value;
	unsigned found = 0;
	size_t i;

	if (!list) {
		for (i = 0; words[i]; i++)
			found |= 1u << i;
		return found;
	}
	json_array_foreach(list, i, value)
	{
		for (unsigned j = 0; words[j]; j++)
			if (strcmp(words[j], json_string_value(value)) == 0)
				found |= 1u << j;
	}
	return found;
}

bool rpc_flag(const struct rpc_call *call, const char *name)
{
	return json_is_true(json_object_get(json_object_get(call->request, "params"), name));
}

const json_t *rpc_params(const struct rpc_call *call)
{
	return json_object_get(call->request, "params");
}

struct rpc_peer *rpc_peer(const struct rpc_call *call)
{
	return call->peer;
}

const struct rpc_method *rpc_methods(const struct rpc_call *call)
{
	return call->methods;
}

static void dispatch(struct rpc_call *call, void *ctx)
{
	const char *name = json_string_value(json_object_get(call->request, "method"));
	const json_t *params = json_object_get(call->request, "params");
	const struct rpc_method *method = call->methods;
	char message[RPC_MESSAGE_MAX];

	while (method->name && strcmp(method->name, name) != 0)
		method++;
	if (!method->name)
		rpc_fail(call, RPC_METHOD_NOT_FOUND,
			 "there is no method %.64s; rpc.discover lists all", name);
	else if (call->peer->role < method->role)
		rpc_fail(call, RPC_NOT_PERMITTED,
			 "%s is not permitted on monitor.sock: use control.sock", method->name);
	else if (rpc_params_check(method, params, message))
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", message);
	else
		method->handler(call, ctx);
}

struct rpc_call *rpc_answer(const struct rpc_method *methods, void *ctx, struct rpc_peer *peer,
			    struct rpc_parsed *parsed, rpc_sender *send, void *arg)
{
	struct rpc_call *call = calloc(1, sizeof(*call));

	if (!call) {
		json_decref(parsed->request);
		send(arg, -ENOMEM, NULL, 0);
		return NULL;
	}
	*call = (struct rpc_call){.methods = methods,
				  .peer = peer,
				  .send = send,
				  .arg = arg,
				  .request = parsed->request,
				  .inside = true};
	if (call->request) {
		call->id = json_incref(json_object_get(call->request, "id"));
		dispatch(call, ctx);
	} else {
		call->id = json_null();
		fail(call, parsed->code, parsed->message);
	}
	call->inside = false;
	if (!call->ended)
		return call;
	call_free(call);
	return NULL;
}

struct rpc_call *rpc_handle(const struct rpc_method *methods, void *ctx, struct rpc_peer *peer,
			    const char *text, size_t length, rpc_sender *send, void *arg)
{
	struct rpc_parsed parsed;

	rpc_parse(text, length, &parsed);
	return rpc_answer(methods, ctx, peer, &parsed, send, arg);
}
