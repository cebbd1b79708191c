/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry as somebody asks for it: checked, in words. */
#ifndef EDGE25_CONTROL_ALLOW_TERMS_H
#define EDGE25_CONTROL_ALLOW_TERMS_H

#include "control/allow/allow_entry.h"
#include "control/config/config.h"
#include "control/config/domain_name.h"
#include "control/socket/rpc.h"
#include "control/socket/rpc_params.h"

/* What an entry may have, for tables of parameters. */
#define ALLOW_TERMS                                                                                                          \
	{"from", RPC_PREFIX, false, "source: the subscriber; any if it is not given", NULL},                                 \
		{"to", RPC_DESTINATION, false,                                                                               \
		 "destination: the mail server, or a name, which is followed as its records change; any if it is not given", \
		 NULL},                                                                                                      \
		{"expires", RPC_EXPIRY, false, "when it ends; never if it is not given", NULL},                              \
		{"comment", RPC_TEXT, false,                                                                                 \
		 "why, and for whom; needed unless require-comment = no", NULL},                                             \
		{"watched", RPC_FLAG, false, "guard the source rather than let it go free", NULL},                           \
	{                                                                                                                    \
		"always", RPC_FLAG, false, "let through also what is contained", NULL                                        \
	}

/*
 * Fills in @entry, whose comment stays @terms' and whose name is in @name: an object that was checked against these. 0; -EINVAL
 * with what is wrong; -ETIME: it would have ended already (with words too, the rest was not looked at).
 */
int allow_terms_read(const json_t *terms, const struct config *config, int64_t now,
		     struct allow_entry *entry, char name[DOMAIN_NAME_MAX],
		     char error[RPC_MESSAGE_MAX]);
/* Source and destination alone: "from" and "to". */
int allow_sides_read(const json_t *terms, struct allow_entry *entry, char name[DOMAIN_NAME_MAX],
		     char error[RPC_MESSAGE_MAX]);

#endif
