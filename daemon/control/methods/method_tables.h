/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each method takes and replies: tables that stand beside its handler. */
#ifndef EDGE25_CONTROL_METHOD_TABLES_H
#define EDGE25_CONTROL_METHOD_TABLES_H

#include "common/policy.h"
#include "control/hosts/host_class.h"
#include "control/socket/rpc.h"

/* Of incidents: a clean host has none. */
#define incident_class_words (&class_words[CLASS_MISCONFIGURED])
/* Words, NULL at the end. */
#define mode_words (&policy_mode_words[MODE_BLOCK])
#define deny_words (&policy_deny_words[DENY_DROP])
#define safe_words (&policy_safe_words[SAFE_REFUSE])

/* Who asked for a change. */
extern const struct rpc_field by_fields[];
/* Kinds of objects that several methods reply. */
extern const struct rpc_field entry_fields[];                       /* entry_json.c */
extern const struct rpc_field host_fields[];                        /* method_hosts.c */
extern const struct rpc_field incident_fields[], evidence_fields[]; /* method_incidents.c */
extern const struct rpc_field containment_fields[];                 /* method_contain.c */
/* Their names for people. */
extern const struct rpc_kind rpc_kinds[];
/* What events.watch brings: the parameters of notifications, by their names. */
extern const struct rpc_kind rpc_notifications[]; /* notifications.c */

extern const struct rpc_field status_result[];
extern const struct rpc_param allow_add_params[], allow_del_params[], allow_import_params[],
	allow_list_params[], allow_check_params[], allow_history_params[];
extern const struct rpc_field allow_add_result[], allow_del_result[], allow_import_result[],
	allow_list_result[], allow_check_result[], allow_history_result[];
extern const struct rpc_param explain_params[];
extern const struct rpc_field explain_result[];
extern const struct rpc_param hosts_params[], host_params[];
extern const struct rpc_field hosts_result[], host_result[];
extern const struct rpc_param incidents_list_params[], incidents_show_params[];
extern const struct rpc_field incidents_list_result[];
extern const struct rpc_param contain_params[], release_params[];
extern const struct rpc_field contain_result[], release_result[];
extern const struct rpc_param forget_params[];
extern const struct rpc_field forget_result[];
extern const struct rpc_field ruleset_show_result[], ruleset_verify_result[];
extern const struct rpc_param reload_params[];
extern const struct rpc_field reload_result[];
extern const struct rpc_param watch_params[];
extern const struct rpc_field log_reopen_result[];
extern const struct rpc_field watch_result[];
extern const struct rpc_field metrics_result[];
extern const struct rpc_param report_params[];
extern const struct rpc_field report_result[];
extern const struct rpc_field discover_result[];

#endif
