/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON schemas that results are put together from, as string literals; and the tables of the methods' files. */
#ifndef EDGE25_CONTROL_METHOD_SCHEMAS_H
#define EDGE25_CONTROL_METHOD_SCHEMAS_H

#include "rpc.h"

#define STRINGS "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"
#define NUMBER "{\"type\":\"integer\"}"
#define STRING "{\"type\":\"string\"}"
#define STRING_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define TIME_OR_NULL "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define BOOLEAN "{\"type\":\"boolean\"}"

#define NAMED(properties, required)                                                      \
	"{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" properties \
	"},\"required\":[" required "]}}"
#define NUMBER_OR_NULL "{\"type\":[\"integer\",\"null\"]}"

#define CONTAINED_PROPERTIES                                                              \
	"\"host\":" STRING ",\"since\":" TIME ",\"until\":" TIME ",\"remaining\":" NUMBER \
	",\"times\":" NUMBER ",\"automatic\":" BOOLEAN ",\"policy\":" STRING_OR_NULL      \
	",\"comment\":" STRING ",\"applied\":" BOOLEAN                                    \
	",\"by\":{\"type\":[\"object\",\"null\"],\"properties\":{\"uid\":" NUMBER         \
	",\"user\":" STRING "}}"
#define CONTAINED_REQUIRED                                                               \
	"\"host\",\"since\",\"until\",\"remaining\",\"times\",\"automatic\",\"policy\"," \
	"\"comment\",\"applied\",\"by\""
#define CONTAINED                                                    \
	"{\"type\":\"object\",\"properties\":{" CONTAINED_PROPERTIES \
	"},\"required\":[" CONTAINED_REQUIRED "],\"additionalProperties\":false}"

/* method_hosts.c */
extern const struct rpc_param hosts_params[], host_params[];
extern const char hosts_result[], host_result[];

/* method_contain.c */
extern const struct rpc_param contain_params[], release_params[];
extern const char contain_result[], release_result[];

/* method_incidents.c */
extern const struct rpc_param incidents_list_params[], incidents_show_params[];
extern const char incidents_list_result[], incident_result[];

#endif
