// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv_out.h"
#include "field.h"

#define CONTROL_NAME "control.sock"
#define MONITOR_NAME "monitor.sock"
#define PATH_TEXT_MAX 4096

static const char *socket_path(const struct arguments *arguments)
{
	const char *path = arguments->option[OPTION_SOCKET];

	if (!path)
		path = getenv("EDGE25_SOCKET");
	return path && *path ? path : SOCKET_PRESET;
}

/* monitor.sock in the directory of @path, if that is a control.sock. */
static bool monitor_path(const char *path, char monitor[PATH_TEXT_MAX])
{
	const char *name = strrchr(path, '/');
	size_t before;

	name = name ? name + 1 : path;
	before = (size_t)(name - path);
	if (strcmp(name, CONTROL_NAME) != 0 || before + sizeof(MONITOR_NAME) > PATH_TEXT_MAX)
		return false;
	memcpy(monitor, path, before);
	memcpy(monitor + before, MONITOR_NAME, sizeof(MONITOR_NAME));
	return true;
}

static const char *advice(int error, enum access access)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return ": is edge25d running? (-s SOCKET names another socket)";
	case -EACCES:
		return access == ACCESS_CHANGE ?
			       ": changes need root or the group of that socket (try sudo)" :
			       ": asking needs the group of monitor.sock, monitor-group in "
			       "edge25.conf(5), or root (try sudo)";
	case -ENAMETOOLONG:
		return ": a socket's path has at most 107 bytes";
	case -ETIMEDOUT:
		return ": edge25-control has not answered for 10 s: is it stopped?";
	default:
		return "";
	}
}

enum exit_code request_open(const struct arguments *arguments, enum access access, struct rpc *rpc)
{
	const char *path = socket_path(arguments);
	char monitor[PATH_TEXT_MAX];
	int error = rpc_open(rpc, path);

	if (error == -EACCES && access == ACCESS_READ && monitor_path(path, monitor)) {
		rpc_close(rpc);
		error = rpc_open(rpc, monitor);
	}
	if (access == ACCESS_CHANGE)
		rpc->timeout = RPC_CHANGE_TIMEOUT;
	if (!error)
		return EXIT_OK;
	text_error("cannot connect to %s: %s%s", path, strerror(-error), advice(error, access));
	return EXIT_TROUBLE;
}

enum exit_code request_failed(const struct rpc *rpc, int error)
{
	switch (error) {
	case -ETIMEDOUT:
		text_error("no reply within %d s: edge25-control is overloaded or stopped",
			   rpc->timeout / 1000);
		break;
	case -ECONNRESET:
		text_error("edge25-control closed the connection: see its log");
		break;
	case -EBADMSG:
		text_error("the reply is not JSON-RPC 2.0: is this socket edge25-control's?");
		break;
	case -EMSGSIZE:
		text_error("the reply is longer than %u MiB", RPC_LINE_MAX >> 20);
		break;
	default:
		text_error("connection to edge25-control: %s", strerror(-error));
	}
	return EXIT_TROUBLE;
}

enum exit_code request_call(struct rpc *rpc, const char *method, json_t *params, json_t **result)
{
	json_t *reply;
	const json_t *fault;
	int error = rpc_call(rpc, method, params, &reply);

	json_decref(params);
	*result = NULL;
	if (error)
		return request_failed(rpc, error);
	fault = json_object_get(reply, "error");
	if (json_is_object(fault)) {
		const char *message = field_text(fault, "message");

		text_error("%s", *message ? message : "refused, without a reason");
		json_decref(reply);
		return EXIT_NOT;
	}
	*result = json_incref(json_object_get(reply, "result"));
	json_decref(reply);
	return EXIT_OK;
}

enum exit_code request(const struct arguments *arguments, enum access access, const char *method,
		       json_t *params, json_t **result)
{
	struct rpc rpc;
	enum exit_code code = request_open(arguments, access, &rpc);

	if (code == EXIT_OK)
		code = request_call(&rpc, method, params, result);
	else
		json_decref(params);
	rpc_close(&rpc);
	return code;
}

void request_print(const json_t *document, size_t flags)
{
	json_dumpf(document, stdout, flags | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	putchar('\n');
}

void request_show(const struct arguments *arguments, const struct screen *screen,
		  const json_t *result, request_page *page)
{
	if (arguments->option[OPTION_JSON])
		request_print(result, JSON_INDENT(2));
	else
		page(screen, result);
}

void request_show_list(const struct arguments *arguments, const struct screen *screen,
		       const json_t *result, request_page *page, const char *member,
		       const char *const *columns)
{
	if (arguments->option[OPTION_CSV])
		csv_print(screen->out, json_object_get(result, member), columns, CSV_GUARDED);
	else
		request_show(arguments, screen, result, page);
}

void request_warnings(const json_t *result)
{
	const json_t *warning;
	size_t i;

	json_array_foreach(json_object_get(result, "warnings"), i, warning)
		text_warning("%s", json_string_value(warning) ? json_string_value(warning) : "?");
}

enum exit_code request_change(const struct arguments *arguments, const struct screen *screen,
			      const char *method, json_t *params, request_page *page)
{
	json_t *result;
	enum exit_code code;

	if (!params) {
		text_error("'%s' is not an address", arguments->operand[0]);
		return EXIT_TROUBLE;
	}
	code = request(arguments, ACCESS_CHANGE, method, params, &result);
	if (code != EXIT_OK)
		return code;
	request_show(arguments, screen, result, page);
	request_warnings(result);
	json_decref(result);
	return EXIT_OK;
}
