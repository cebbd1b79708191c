/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters against their table, and the table as JSON schema. */
#ifndef EDGE25_CONTROL_RPC_PARAMS_H
#define EDGE25_CONTROL_RPC_PARAMS_H

#include "control/socket/rpc.h"

#define RPC_MESSAGE_MAX 1024 /* a path, a line and what is wrong there */

/* 0 or -EINVAL with a message that a person can act on. */
int rpc_params_check(const struct rpc_method *method, const json_t *params,
		     char message[RPC_MESSAGE_MAX]);
/* The type of a parameter for people ("address or prefix"). */
const char *rpc_type_word(enum rpc_type type);
/* The same as a JSON schema. */
json_t *rpc_param_schema(const struct rpc_param *param);

#endif
