/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON-RPC 2.0 (jsonrpc.org/specification), apart from any socket: a line comes in, a response goes
 * out, now or later. Parameters are named; batches are refused in words.
 */
#ifndef EDGE25_CONTROL_RPC_H
#define EDGE25_CONTROL_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/events/watch_filter.h"

#include "control/socket/rpc_schema.h"

#define RPC_REQUEST_MAX (1u << 20) /* bytes of one line, with its end */
#define RPC_IDS_MAX 1000

enum rpc_code {
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_METHOD_NOT_FOUND = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL_ERROR = -32603,
	RPC_NOT_PERMITTED = -32001,
	RPC_BUSY = -32002, /* too many connections */
	RPC_EXISTS = -32010,
	RPC_NOT_FOUND = -32011,
	RPC_DATABASE = -32012,
	RPC_ENGINE = -32013,
	RPC_FULL = -32014,
	RPC_CONFIGURED = -32015, /* the configuration says so, the socket cannot change it */
	RPC_BAD_CONFIGURATION = -32016,
	RPC_CONTAINED = -32017, /* the host is, and would have to be released first */
	RPC_LOG = -32018,       /* the event file cannot be opened */
};

enum rpc_role { ROLE_MONITOR = 1, ROLE_CONTROL };

/* Who is on the other side. */
struct rpc_peer {
	enum rpc_role role;
	uint32_t uid;
	char user[33];
	struct watch_filter watch; /* set by events.watch */
	void *kept;                /* by a method, until the connection ends; or NULL */
	void (*release)(void *kept);
};

enum rpc_type {
	RPC_TEXT,
	RPC_ID,
	RPC_ADDRESS,
	RPC_PREFIX,
	RPC_DESTINATION, /* a prefix or a name */
	RPC_EXPIRY,
	RPC_DURATION,
	RPC_PAST, /* a moment: a date, or a duration counted back from now */
	RPC_FLAG,
	RPC_NUMBER, /* from 0 up */
	RPC_WORD,   /* one of words */
	RPC_WORDS,  /* an array of some of them */
	RPC_IDS,    /* an array of ids, one to RPC_IDS_MAX */
	RPC_OBJECTS /* an array of objects, which the handler looks at */
};

struct rpc_param {
	const char *name;
	enum rpc_type type;
	bool required;
	const char *summary;
	const char *const *words; /* of RPC_WORD and RPC_WORDS; ends with NULL */
};

struct rpc_call;

struct rpc_method {
	const char *name;
	const char *summary;
	enum rpc_role role;             /* the least that is needed */
	const struct rpc_param *params; /* ends with a name that is NULL; NULL: none */
	const struct rpc_field *result; /* an object of these */
	void (*handler)(struct rpc_call *call, void *ctx);
};

/*
 * @line: the response, @length bytes with a newline at the end; free() it. NULL: none is due (@error 0),
 * or there was no memory for it (-ENOMEM): the client is to be cut off then, or it would wait. Called once
 * for each rpc_handle().
 */
typedef void rpc_sender(void *arg, int error, char *line, size_t length);

/*
 * One request. Until @send was called the caller may rpc_abandon() the call, which NULL means is no
 * longer there. @methods ends with a name that is NULL; @ctx goes to the handler.
 */
struct rpc_call *rpc_handle(const struct rpc_method *methods, void *ctx, struct rpc_peer *peer,
			    const char *text, size_t length, rpc_sender *send, void *arg);
/* The same for one that was parsed (rpc_parse.h), and takes over its request. */
struct rpc_parsed;
struct rpc_call *rpc_answer(const struct rpc_method *methods, void *ctx, struct rpc_peer *peer,
			    struct rpc_parsed *parsed, rpc_sender *send, void *arg);
/* Nobody wants the response any more. */
void rpc_abandon(struct rpc_call *call);

/* --- for handlers --- */

/* Ends the call; takes over @result. */
void rpc_reply(struct rpc_call *call, json_t *result);
/*
 * The same with a result that rpc_write() wrote before, because many ask for the same: to write one takes
 * the most of the time that a large answer takes.
 */
void rpc_reply_written(struct rpc_call *call, const char *result);
/* Takes over @result; free() what it returns. NULL: no memory, as rpc_reply_written() takes it, too. */
char *rpc_write(json_t *result);
__attribute__((format(printf, 3, 4))) void rpc_fail(struct rpc_call *call, enum rpc_code code,
						    const char *fmt, ...);
/* With words of any length, and what a program may want to know; takes over @data. */
void rpc_fail_with(struct rpc_call *call, enum rpc_code code, const char *message, json_t *data);
/* A parameter that was checked against its type, or NULL. */
const char *rpc_text(const struct rpc_call *call, const char *name);
/* The same for RPC_ID; 0: not given. */
int64_t rpc_id(const struct rpc_call *call, const char *name);
/* RPC_NUMBER; @preset: not given. */
int64_t rpc_number(const struct rpc_call *call, const char *name, int64_t preset);
/* RPC_WORD: its place in @words, which are the parameter's; @preset: not given. */
int rpc_word(const struct rpc_call *call, const char *name, const char *const *words, int preset);
/* RPC_WORDS: 1 << the place of each in @words; all of them: not given. */
unsigned rpc_words(const struct rpc_call *call, const char *name, const char *const *words);
/* RPC_FLAG; false: not given. */
bool rpc_flag(const struct rpc_call *call, const char *name);
/* All of them: an object, or NULL. */
const json_t *rpc_params(const struct rpc_call *call);
/* NULL when the call was abandoned. */
struct rpc_peer *rpc_peer(const struct rpc_call *call);
const struct rpc_method *rpc_methods(const struct rpc_call *call);

/* An error response with a null id, for what is no request yet. */
json_t *rpc_error(enum rpc_code code, const char *message);

#endif
