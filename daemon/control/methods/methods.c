// SPDX-License-Identifier: GPL-2.0-or-later
/* Every method: what it is for, which socket it needs, what it takes and replies. */
#include "control/methods/methods.h"
#include "control/methods/method_tables.h"

const struct rpc_method methods[] = {
	{"status", "Health, what was counted, hosts with most attempts, entries about to end",
	 ROLE_MONITOR, NULL, status_result, method_status},
	{"allow.add",
	 "Lets port 25 through for a source, a destination or a pair; the reply comes "
	 "when the kernel has it",
	 ROLE_CONTROL, allow_add_params, allow_add_result, method_allow_add},
	{"allow.del", "Removes allow entries; the reply comes when the kernel has forgotten them",
	 ROLE_CONTROL, allow_del_params, allow_del_result, method_allow_del},
	{"allow.import",
	 "Adds a list of entries, or makes it the list: only the differences, all of them or none; a "
	 "longer one than a request holds comes in parts",
	 ROLE_CONTROL, allow_import_params, allow_import_result, method_allow_import},
	{"allow.list", "Allow entries: of the configuration first, then by id", ROLE_MONITOR,
	 allow_list_params, allow_list_result, method_allow_list},
	{"allow.check", "Which entries let all from a source to a destination through",
	 ROLE_MONITOR, allow_check_params, allow_check_result, method_allow_check},
	{"allow.history", "The audit trail: who changed what and when, the newest first",
	 ROLE_MONITOR, allow_history_params, allow_history_result, method_allow_history},
	{"explain", "What would happen to a packet to port 25 now, and why", ROLE_MONITOR,
	 explain_params, explain_result, method_explain},
	{"hosts", "Hosts that tried port 25: which of them, in which order, page by page",
	 ROLE_MONITOR, hosts_params, hosts_result, method_hosts},
	{"host",
	 "One host: its class and why, what it did in the last 5 minutes, hour and day, its "
	 "incidents, and whether it is contained",
	 ROLE_MONITOR, host_params, host_result, method_host},
	{"incidents.list",
	 "Incidents: hosts that are infected, suspect or misconfigured, from the first sign until "
	 "they were quiet for incident-quiet",
	 ROLE_MONITOR, incidents_list_params, incidents_list_result, method_incidents_list},
	{"incidents.show", "One incident", ROLE_MONITOR, incidents_show_params, incident_fields,
	 method_incidents_show},
	{"incidents.close", "Ends an incident before its host was quiet for incident-quiet",
	 ROLE_CONTROL, incidents_show_params, incident_fields, method_incidents_close},
	{"contain",
	 "Cuts a host off from port 25 for a while, established connections too; the reply comes "
	 "when the kernel has it",
	 ROLE_CONTROL, contain_params, contain_result, method_contain},
	{"release",
	 "Ends a containment; what the host did before counts no longer; the reply comes when the "
	 "kernel has it",
	 ROLE_CONTROL, release_params, release_result, method_release},
	{"forget",
	 "Removes a host from everything: the kernel's counts and answers, its record, incidents, past "
	 "containments and lines of event files",
	 ROLE_CONTROL, forget_params, forget_result, method_forget},
	{"ruleset.show",
	 "What the kernel's table has: chains with their rules, sets with the number of their "
	 "elements, counters and limits",
	 ROLE_MONITOR, NULL, ruleset_show_result, method_ruleset_show},
	{"ruleset.verify",
	 "Compares the kernel's table with what it should be, element by element; what differs is "
	 "put back",
	 ROLE_MONITOR, NULL, ruleset_verify_result, method_ruleset_verify},
	{"reload",
	 "Reads the configuration again and says what changed; the reply comes when the kernel "
	 "has it; an error changes nothing",
	 ROLE_CONTROL, reload_params, reload_result, method_reload},
	{"log.reopen", "Opens the event file anew, after it was moved away", ROLE_CONTROL, NULL,
	 log_reopen_result, method_log_reopen},
	{"events.watch",
	 "Sends every event (\"event\"), every change of an incident (\"incident\") and every change "
	 "that a person makes (\"change\") as a notification from now on, or those that are asked for; "
	 "\"events.lost\" tells how many were too many",
	 ROLE_MONITOR, watch_params, watch_result, method_watch},
	{"report",
	 "What was refused by day, incidents, worst hosts, containments, changes by person and allow "
	 "entries that nobody uses, of a week or another time",
	 ROLE_MONITOR, report_params, report_result, method_report},
	{"metrics",
	 "All that is counted, as families of samples (OpenMetrics); no label bears a host",
	 ROLE_MONITOR, NULL, metrics_result, method_metrics},
	{"rpc.discover", "Describes every method (OpenRPC)", ROLE_MONITOR, NULL, discover_result,
	 method_discover},
	{NULL, NULL, ROLE_MONITOR, NULL, NULL, NULL},
};
