/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command's request to control, with all that can go wrong said on stderr. */
#ifndef EDGE25CTL_REQUEST_H
#define EDGE25CTL_REQUEST_H

#include <jansson.h>

#include "arguments.h"
#include "text.h"
#include "tools/common/rpc.h"

enum exit_code { EXIT_OK = 0, EXIT_NOT = 1, EXIT_TROUBLE = 2 };

#define SOCKET_PRESET "/run/edge25/control.sock"

enum access { ACCESS_READ, ACCESS_CHANGE };

/*
 * Connects to the socket of the command line, of EDGE25_SOCKET, or the preset; for ACCESS_READ to
 * monitor.sock beside a control.sock that is not permitted. rpc_close() in any case.
 */
enum exit_code request_open(const struct arguments *arguments, enum access access, struct rpc *rpc);

/* One request on an open connection; consumes @params. EXIT_OK: *result is the caller's. */
enum exit_code request_call(struct rpc *rpc, const char *method, json_t *params, json_t **result);

/* Opens, calls, closes. */
enum exit_code request(const struct arguments *arguments, enum access access, const char *method,
		       json_t *params, json_t **result);

/* Says what went wrong with the connection. */
enum exit_code request_failed(const struct rpc *rpc, int error);

/* One document, for --json: ASCII, so that it is safe on a terminal too. */
void request_print(const json_t *document, size_t flags);

/* A result as the command line asks for it: that document, or a page of text. */
typedef void request_page(const struct screen *screen, const json_t *result);
void request_show(const struct arguments *arguments, const struct screen *screen,
		  const json_t *result, request_page *page);

/* The same for a list: with --csv the objects of @member, their @columns as csv_print() takes them. */
void request_show_list(const struct arguments *arguments, const struct screen *screen,
		       const json_t *result, request_page *page, const char *member,
		       const char *const *columns);

/* What a result warns of, on stderr. */
void request_warnings(const json_t *result);

/*
 * Asks for a change, shows the result and what it warns of. Consumes @params; NULL: the first operand
 * is an address that cannot be put into them.
 */
enum exit_code request_change(const struct arguments *arguments, const struct screen *screen,
			      const char *method, json_t *params, request_page *page);

#endif
