// SPDX-License-Identifier: GPL-2.0-or-later
#include "methods.h"
#include "control.h"
#include "method_schemas.h"
#include "rpc_params.h"

static const struct rpc_param allow_add_params[] = {
	{"from", RPC_PREFIX, false, "source: the subscriber; any if it is not given", NULL},
	{"to", RPC_PREFIX, false, "destination: the mail server; any if it is not given", NULL},
	{"expires", RPC_EXPIRY, false, "when it ends; never if it is not given", NULL},
	{"comment", RPC_TEXT, false, "why, and for whom; needed unless require-comment = no", NULL},
	{"watched", RPC_FLAG, false, "guard the source rather than let it go free", NULL},
	{"always", RPC_FLAG, false, "let through also what is contained", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_param allow_del_params[] = {
	{"id", RPC_ID, false, "the entry's id; or give from and to as they were added", NULL},
	{"from", RPC_PREFIX, false, "source of the entry", NULL},
	{"to", RPC_PREFIX, false, "destination of the entry", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_param explain_params[] = {
	{"src", RPC_ADDRESS, true, "a subscriber's address", NULL},
	{"dst", RPC_ADDRESS, false, "a mail server's address; any if it is not given", NULL},
	{"interface", RPC_TEXT, false, "by which its packets come in; unknown if it is not given",
	 NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_param reload_params[] = {
	{"dry_run", RPC_FLAG, false, "say what would change, and change nothing", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

#define ENTRY_PROPERTIES                                                                        \
	"\"id\":{\"type\":[\"integer\",\"null\"]},\"name\":" STRING ",\"from\":" STRING_OR_NULL \
	",\"to\":" STRING_OR_NULL ",\"expires\":" TIME_OR_NULL                                  \
	",\"remaining\":{\"type\":[\"integer\",\"null\"]},\"comment\":" STRING                  \
	",\"watched\":" BOOLEAN ",\"always\":" BOOLEAN                                          \
	",\"origin\":{\"enum\":[\"socket\",\"configuration\"]},\"added\":" TIME_OR_NULL         \
	",\"by\":{\"type\":[\"object\",\"null\"],\"properties\":{\"uid\":" NUMBER               \
	",\"user\":" STRING "}}"
#define ENTRY_REQUIRED \
	"\"id\",\"from\",\"to\",\"expires\",\"remaining\",\"comment\",\"watched\",\"always\",\"origin\",\"added\",\"by\""
#define ENTRY                                                                                      \
	"{\"type\":\"object\",\"properties\":{" ENTRY_PROPERTIES "},\"required\":[" ENTRY_REQUIRED \
	"],\"additionalProperties\":false}"
#define ENTRIES "{\"type\":\"array\",\"items\":" ENTRY "}"

static const char allow_add_result[] =
	"{\"type\":\"object\",\"properties\":{" ENTRY_PROPERTIES ",\"applied\":" BOOLEAN
	",\"warnings\":" STRINGS "},\"required\":[" ENTRY_REQUIRED ",\"applied\",\"warnings\"],"
	"\"additionalProperties\":false}";

static const char allow_del_result[] = "{\"type\":\"object\",\"properties\":{\"removed\":" ENTRIES
				       ",\"applied\":" BOOLEAN ",\"warnings\":" STRINGS
				       "},\"required\":[\"removed\",\"applied\",\"warnings\"],"
				       "\"additionalProperties\":false}";

static const char allow_list_result[] = "{\"type\":\"object\",\"properties\":{\"entries\":" ENTRIES
					"},\"required\":[\"entries\"],"
					"\"additionalProperties\":false}";

static const char explain_result[] =
	"{\"type\":\"object\",\"properties\":{\"src\":" STRING ",\"dst\":" STRING_OR_NULL
	",\"range\":" STRING_OR_NULL ",\"prefix\":" STRING_OR_NULL ",\"policy\":" STRING_OR_NULL
	",\"mode\":" STRING_OR_NULL ",\"interface\":" STRING_OR_NULL
	",\"verdict\":{\"enum\":[\"accept\",\"refuse\",\"depends\"]}"
	",\"reason\":" STRING ",\"allow\":{\"oneOf\":[" ENTRY ",{\"type\":\"null\"}]}"
	",\"interfaces\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
	"\"interface\":" STRING ",\"range\":" STRING ",\"prefix\":" STRING_OR_NULL
	",\"policy\":" STRING ",\"mode\":" STRING
	",\"verdict\":{\"enum\":[\"accept\",\"refuse\"]}},"
	"\"required\":[\"interface\",\"range\",\"prefix\",\"policy\",\"mode\",\"verdict\"],"
	"\"additionalProperties\":false}}},"
	"\"required\":[\"src\",\"dst\",\"range\",\"prefix\",\"policy\",\"mode\",\"interface\","
	"\"verdict\",\"reason\",\"allow\",\"interfaces\"],\"additionalProperties\":false}";

#define KEYS                                                             \
	NAMED("\"key\":" STRING ",\"old\":" STRING ",\"new\":" STRING    \
	      ",\"effect\":{\"enum\":[\"now\",\"restart\",\"remove\"]}", \
	      "\"key\",\"old\",\"new\"")
#define SECTIONS(whole, changed)                                                                       \
	"{\"type\":\"object\",\"properties\":{\"added\":" NAMED(                                       \
		"\"name\":" STRING whole,                                                              \
		"\"name\"") ",\"removed\":" NAMED("\"name\":" STRING whole,                            \
						  "\"name\"") ",\"changed\":" NAMED("\"name\":" STRING \
										    ",\"keys\":" KEYS  \
											    changed,   \
										    "\"name\",\"keys\"") "},\"required\":[\"added\",\"removed\",\"changed\"]}"

static const char reload_result[] =
	"{\"type\":\"object\",\"properties\":{\"file\":" STRING ",\"applied\":" BOOLEAN
	",\"dry_run\":" BOOLEAN ",\"changed\":" BOOLEAN
	",\"policies\":" SECTIONS("", "") ",\"ranges\":" SECTIONS(
		",\"policy\":" STRING ",\"prefixes\":" NUMBER ",\"interfaces\":" STRINGS,
		",\"prefixes_added\":" NUMBER ",\"prefixes_removed\":" NUMBER
		",\"interfaces_added\":" STRINGS
		",\"interfaces_removed\":" STRINGS) ",\"allow\":" SECTIONS("",
									   ",\"entries_added\":" NUMBER
									   ",\"entries_removed\":" NUMBER) ",\"settings\":" KEYS
													   ",\"summary\":" STRINGS
													   ",\"warnings\":" STRINGS
													   "},\"required\":[\"file\",\"applied\",\"dry_run\",\"changed\",\"policies\",\"ranges\","
													   "\"allow\",\"settings\",\"summary\",\"warnings\"],\"additionalProperties\":false}";

#define ITEM                                                                                 \
	"\"kind\":{\"enum\":[\"table\",\"chain\",\"rule\",\"set\",\"element\",\"object\"]}," \
	"\"name\":" STRING ",\"number\":" NUMBER

static const char ruleset_show_result[] = "{\"type\":\"object\",\"properties\":{\"items\":" NAMED(
	ITEM ",\"text\":" STRING ",\"elements\":" NUMBER ",\"rules\":" NUMBER ",\"packets\":" NUMBER
	     ",\"bytes\":" NUMBER,
	"\"kind\",\"name\",\"text\"") ",\"matches\":" BOOLEAN
				      "},\"required\":[\"items\",\"matches\"],\"additionalProperties\":false}";

static const char ruleset_verify_result[] =
	"{\"type\":\"object\",\"properties\":{\"matches\":" BOOLEAN ",\"differences\":" NAMED(
		ITEM ",\"problem\":{\"enum\":[\"missing\",\"unexpected\",\"different\"]}"
		     ",\"expected\":" STRING_OR_NULL ",\"found\":" STRING_OR_NULL
		     ",\"text\":" STRING,
		"\"kind\",\"name\",\"problem\",\"text\"") ",\"total\":" NUMBER
							  ",\"compared\":{\"type\":\"object\",\"properties\":{\"chains\":" NUMBER
							  ",\"rules\":" NUMBER ",\"sets\":" NUMBER
							  ",\"objects\":" NUMBER
							  ",\"elements\":" NUMBER
							  "}},\"milliseconds\":" NUMBER
							  ",\"repairing\":" BOOLEAN
							  "},\"required\":[\"matches\",\"differences\",\"total\",\"compared\",\"milliseconds\","
							  "\"repairing\"],\"additionalProperties\":false}";

static const char watch_result[] = "{\"type\":\"object\",\"properties\":{\"watching\":" BOOLEAN
				   "},\"required\":[\"watching\"],"
				   "\"additionalProperties\":false}";

static const char discover_result[] =
	"{\"type\":\"object\",\"properties\":{\"openrpc\":" STRING
	",\"info\":{\"type\":\"object\"},\"methods\":{\"type\":\"array\"}},"
	"\"required\":[\"openrpc\",\"info\",\"methods\"]}";

static const char status_result[] = "{\"type\":\"object\",\"properties\":{\"version\":" STRING ",\"healthy\":" BOOLEAN ",\"enforcing\":" BOOLEAN ",\"problems\":" NAMED(
	"\"name\":" STRING ",\"text\":" STRING,
	"\"name\",\"text\"") ",\"fresh\":" BOOLEAN ",\"uptime\":" NUMBER ",\"now\":" TIME
			     ",\"engine\":{\"type\":\"object\",\"properties\":{\"connected\":" BOOLEAN
			     ",\"pid\":{\"type\":[\"integer\",\"null\"]},\"version\":" STRING_OR_NULL
			     ",\"kernel\":" STRING_OR_NULL ",\"features\":" STRINGS
			     ",\"queues\":" NAMED(
				     "\"number\":" NUMBER ",\"held\":" NUMBER
				     ",\"answered\":" NUMBER ",\"kernel_dropped\":" NUMBER
				     ",\"user_dropped\":" NUMBER,
				     "\"number\",\"held\",\"answered\",\"kernel_dropped\",\"user_dropped\"") "}}"
													     ",\"policies\":" NAMED(
														     "\"name\":" STRING
														     ",\"number\":" NUMBER
														     ",\"mode\":" STRING
														     ",\"deny\":" STRING
														     ",\"host_prefix6\":" NUMBER
														     ",\"when_unanswered\":" STRING
														     ",\"ranges\":" STRINGS
														     ",\"asked\":" NUMBER
														     ",\"answered_refuse\":" NUMBER
														     ",\"answered_pass\":" NUMBER
														     ",\"refused\":" NUMBER
														     ",\"sent\":" NUMBER
														     ",\"passed\":" NUMBER
														     ",\"unanswered\":" NUMBER
														     ",\"lost\":" NUMBER,
														     "\"name\",\"mode\",\"deny\",\"ranges\",\"asked\",\"refused\",\"passed\",\"lost\"") ",\"totals\":{\"type\":\"object\",\"properties\":{\"attempts\":" NUMBER
																									",\"refused\":" NUMBER
																									",\"passed\":" NUMBER
																									",\"unanswered\":" NUMBER
																									",\"submission\":" NUMBER
																									"}},\"losses\":" NAMED("\"name\":" STRING ",\"count\":" NUMBER ",\"text\":" STRING, "\"name\",\"count\",\"text\"") ",\"hosts\":{\"type\":\"object\",\"properties\":{\"count\":" NUMBER ",\"top\":" NAMED(
																										"\"host\":" STRING
																										",\"policy\":" STRING_OR_NULL
																										",\"attempts\":" NUMBER
																										",\"refused\":" NUMBER
																										",\"passed\":" NUMBER
																										",\"destinations\":" NUMBER
																										",\"first_seen\":" TIME_OR_NULL
																										",\"last_seen\":" TIME_OR_NULL
																										",\"interface\":" STRING_OR_NULL
																										",\"mac\":" STRING_OR_NULL,
																										"\"host\",\"attempts\",\"destinations\"") "}}"
																															  ",\"allow\":{\"type\":\"object\",\"properties\":{\"count\":" NUMBER
																															  ",\"expiring\":" ENTRIES
																															  "}},\"counters\":{\"type\":\"object\","
																															  "\"additionalProperties\":" NUMBER
																															  "},\"incidents\":{\"type\":\"object\"},\"contained\":{\"type\":\"object\"},\"bounds\":{\"type\":\"object\","
																															  "\"additionalProperties\":" NUMBER
																															  "}},\"required\":[\"version\",\"healthy\",\"enforcing\","
																															  "\"problems\",\"fresh\",\"uptime\",\"now\",\"engine\",\"policies\",\"totals\",\"losses\","
																															  "\"hosts\",\"incidents\",\"contained\",\"allow\",\"counters\",\"bounds\"]}";

const struct rpc_method methods[] = {
	{"status", "Health, what was counted, hosts with most attempts, entries about to end",
	 ROLE_MONITOR, NULL, status_result, method_status},
	{"allow.add",
	 "Lets port 25 through for a source, a destination or a pair; the reply comes "
	 "when the kernel has it",
	 ROLE_CONTROL, allow_add_params, allow_add_result, method_allow_add},
	{"allow.del", "Removes an allow entry; the reply comes when the kernel has forgotten it",
	 ROLE_CONTROL, allow_del_params, allow_del_result, method_allow_del},
	{"allow.list", "All allow entries: of the configuration first, then by id", ROLE_MONITOR,
	 NULL, allow_list_result, method_allow_list},
	{"explain", "What would happen to a packet to port 25 now, and why", ROLE_MONITOR,
	 explain_params, explain_result, method_explain},
	{"hosts", "Hosts that tried port 25: the worst, the newest, or those with most attempts",
	 ROLE_MONITOR, hosts_params, hosts_result, method_hosts},
	{"host",
	 "One host: its class and why, what it did in the last 5 minutes, hour and day, its "
	 "incidents, and whether it is contained",
	 ROLE_MONITOR, host_params, host_result, method_host},
	{"incidents.list",
	 "Incidents: hosts that are infected, suspect or misconfigured, from the first sign until "
	 "they were quiet for incident-quiet",
	 ROLE_MONITOR, incidents_list_params, incidents_list_result, method_incidents_list},
	{"incidents.show", "One incident", ROLE_MONITOR, incidents_show_params, incident_result,
	 method_incidents_show},
	{"incidents.close", "Ends an incident before its host was quiet for incident-quiet",
	 ROLE_CONTROL, incidents_show_params, incident_result, method_incidents_close},
	{"contain",
	 "Cuts a host off from port 25 for a while, established connections too; the reply comes "
	 "when the kernel has it",
	 ROLE_CONTROL, contain_params, contain_result, method_contain},
	{"release",
	 "Ends a containment; what the host did before counts no longer; the reply comes when the "
	 "kernel has it",
	 ROLE_CONTROL, release_params, release_result, method_release},
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
	{"events.watch",
	 "Sends every event (\"event\") and every change of an incident (\"incident\") as a "
	 "notification from now on; \"events.lost\" tells how many were too many",
	 ROLE_MONITOR, NULL, watch_result, method_watch},
	{"rpc.discover", "Describes every method (OpenRPC)", ROLE_MONITOR, NULL, discover_result,
	 method_discover},
	{NULL, NULL, ROLE_MONITOR, NULL, NULL, NULL},
};

void method_reload(struct rpc_call *call, void *control)
{
	reload_call(((struct control *)control)->reload, call, rpc_flag(call, "dry_run"));
}

void method_watch(struct rpc_call *call, void *control)
{
	(void)control;
	rpc_peer(call)->watching = true;
	rpc_reply(call, json_pack("{s:b}", "watching", 1));
}

static json_t *method_json(const struct rpc_method *method)
{
	json_t *params = json_array();

	for (const struct rpc_param *param = method->params; param && param->name; param++)
		json_array_append_new(params, json_pack("{s:s, s:s, s:b, s:o}", "name", param->name,
							"summary", param->summary, "required",
							param->required, "schema",
							rpc_param_schema(param)));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:s, s:o}}", "name", method->name, "summary",
			 method->summary, "x-role",
			 method->role == ROLE_CONTROL ? "control" : "monitor", "paramStructure",
			 "by-name", "params", params, "result", "name", "result", "schema",
			 json_loads(method->result, 0, NULL));
}

void method_discover(struct rpc_call *call, void *control)
{
	json_t *list = json_array();

	(void)control;
	for (const struct rpc_method *method = rpc_methods(call); method->name; method++)
		json_array_append_new(list, method_json(method));
	rpc_reply(call, json_pack("{s:s, s:{s:s, s:s}, s:o}", "openrpc", "1.2.6", "info", "title",
				  "edge25", "version", EDGE25_VERSION, "methods", list));
}
