/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line to a request, or to what is wrong with it. Pure, and safe in any thread; the time it takes
 * grows with the line, about 20 ms for a mebibyte.
 */
#ifndef EDGE25_CONTROL_RPC_PARSE_H
#define EDGE25_CONTROL_RPC_PARSE_H

#include "control/socket/rpc.h"
#include "control/socket/rpc_params.h"

#define RPC_DEPTH_MAX 16       /* no method takes more than four levels */
#define RPC_VALUES_MAX 131072u /* members and items: each takes a hundred bytes and more */
#define RPC_ID_MAX 256         /* bytes: it is sent back */

struct rpc_parsed {
	json_t *request; /* the caller's; NULL: see the others */
	enum rpc_code code;
	char message[RPC_MESSAGE_MAX];
};

void rpc_parse(const char *text, size_t length, struct rpc_parsed *parsed);

#endif
