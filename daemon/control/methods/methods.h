/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The methods of the control socket. Their context is struct control. */
#ifndef EDGE25_CONTROL_METHODS_H
#define EDGE25_CONTROL_METHODS_H

#include "control/control.h"
#include "control/socket/rpc.h"

extern const struct rpc_method methods[];

void method_status(struct rpc_call *call, void *control);
void method_allow_add(struct rpc_call *call, void *control);
void method_allow_del(struct rpc_call *call, void *control);
void method_allow_check(struct rpc_call *call, void *control);
void method_allow_import(struct rpc_call *call, void *control);
void method_allow_history(struct rpc_call *call, void *control);
void method_allow_list(struct rpc_call *call, void *control);
void method_ruleset_show(struct rpc_call *call, void *control);
void method_ruleset_verify(struct rpc_call *call, void *control);
void method_explain(struct rpc_call *call, void *control);
void method_reload(struct rpc_call *call, void *control);
void method_watch(struct rpc_call *call, void *control);
void method_incidents_list(struct rpc_call *call, void *control);
void method_incidents_show(struct rpc_call *call, void *control);
void method_incidents_close(struct rpc_call *call, void *control);
void method_hosts(struct rpc_call *call, void *control);
void method_host(struct rpc_call *call, void *control);
void method_contain(struct rpc_call *call, void *control);
void method_release(struct rpc_call *call, void *control);
void method_report(struct rpc_call *call, void *control);
void method_metrics(struct rpc_call *call, void *control);
void method_forget(struct rpc_call *call, void *control);
void method_log_reopen(struct rpc_call *call, void *control);
void method_discover(struct rpc_call *call, void *control);

/* An entry as every method shows it. */
json_t *entry_json(const struct allowlist *list, const struct allow_entry *entry, int64_t now);
/* A host in short. */
json_t *host_json(const struct control *control, const struct host *host);
/* A containment likewise. */
json_t *contained_json(const struct contained *contained, int64_t now);
json_t *number_json(uint64_t value);
/* A string, or null for NULL. */
json_t *string_or_null(const char *text);
/* One end of an entry, or null for any. */
json_t *side_or_null(const struct prefix *side);
/* RFC 3339, or null for 0. */
json_t *time_or_null(int64_t seconds);

#endif
