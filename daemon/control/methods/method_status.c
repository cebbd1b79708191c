// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/times.h"
#include "control/events/event_json.h"
#include "control/health/health.h"
#include "control/health/losses.h"
#include "control/health/status_parts.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

#define TOP_HOSTS 10

static const struct rpc_field problem_fields[] = {
	FIELD("name", SHAPE_TEXT, 0, ""),
	FIELD("text", SHAPE_TEXT, 0, "what it is, and what to do"),
	FIELD_END,
};

static const struct rpc_field queue_fields[] = {
	FIELD("number", SHAPE_NUMBER, 0, ""),
	FIELD("held", SHAPE_NUMBER, 0, "packets that wait for an answer now"),
	FIELD("answered", SHAPE_NUMBER, 0, "since the engine started"),
	FIELD("kernel_dropped", SHAPE_NUMBER, 0, "the queue was full"),
	FIELD("user_dropped", SHAPE_NUMBER, 0, "the receive buffer was full"),
	FIELD_END,
};

static const struct rpc_field engine_fields[] = {
	FIELD("connected", SHAPE_FLAG, 0, ""),
	FIELD("pid", SHAPE_NUMBER, FIELD_NULL, ""),
	FIELD("version", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("kernel", SHAPE_TEXT, FIELD_NULL, "release"),
	FIELD("features", SHAPE_TEXT, FIELD_LIST, "of the kernel: native-queue, owner, destroy"),
	FIELD_OF("queues", FIELD_LIST, queue_fields, ""),
	FIELD_END,
};

static const struct rpc_field loss_fields[] = {
	FIELD("name", SHAPE_TEXT, 0, ""),
	FIELD("count", SHAPE_NUMBER, 0, ""),
	FIELD("recent", SHAPE_NUMBER, 0, "of those, within the last hour"),
	FIELD("text", SHAPE_TEXT, 0, "what was lost by which bound"),
	FIELD_END,
};

static const struct rpc_field hosts_fields[] = {
	FIELD("count", SHAPE_NUMBER, 0, "hosts that are known"),
	FIELD("active", SHAPE_NUMBER, 0, "of those, with what they did of late"),
	FIELD("classes", SHAPE_COUNTS, 0, "how many of each class"),
	FIELD("silence", SHAPE_TEXT, 0, "what it does not mean that a host is silent"),
	FIELD_OF("top", FIELD_LIST, host_fields, "the ten with most attempts"),
	FIELD_END,
};

static const struct rpc_field allow_fields[] = {
	FIELD("count", SHAPE_NUMBER, 0, ""),
	FIELD_OF("expiring", FIELD_LIST, entry_fields, "that end within a day"),
	FIELD_END,
};

static const struct rpc_field name_file_fields[] = {
	FIELD("path", SHAPE_TEXT, 0, ""),
	FIELD_WORD("source", 0, incident_name_sources, ""),
	FIELD("entries", SHAPE_NUMBER, 0, ""),
	FIELD("readable", SHAPE_FLAG, 0, ""),
	FIELD_END,
};

static const struct rpc_field names_fields[] = {
	FIELD_OF("files", FIELD_LIST, name_file_fields, ""),
	FIELD("neighbours", SHAPE_NUMBER, FIELD_NULL, "null where they are not asked for"),
	FIELD_END,
};

static const struct rpc_field incidents_fields[] = {
	FIELD("open", SHAPE_NUMBER, 0, ""),
	FIELD("misconfigured", SHAPE_NUMBER, 0, "of those"),
	FIELD("suspect", SHAPE_NUMBER, 0, ""),
	FIELD("infected", SHAPE_NUMBER, 0, ""),
	FIELD_OF("worst", FIELD_LIST, incident_fields, "five, without evidence"),
	FIELD_END,
};

static const struct rpc_field contained_fields[] = {
	FIELD("count", SHAPE_NUMBER, 0, ""),
	FIELD("waiting", SHAPE_NUMBER, 0, "for the engine's word"),
	FIELD_OF("hosts", FIELD_LIST, containment_fields, "twenty of them"),
	FIELD_END,
};

const struct rpc_field status_result[] = {
	FIELD("version", SHAPE_TEXT, 0, "of edge25-control"),
	FIELD("healthy", SHAPE_FLAG, 0, "there are no problems"),
	FIELD("enforcing", SHAPE_FLAG, 0,
	      "some range has a policy that may refuse, and the kernel has it"),
	FIELD_OF("problems", FIELD_LIST, problem_fields, "the checks that found one"),
	FIELD_OF("checks", FIELD_LIST, check_fields, "all that was looked at"),
	FIELD("fresh", SHAPE_FLAG, 0,
	      "the counts were read for this reply; false when the engine is not there or slow"),
	FIELD("uptime", SHAPE_NUMBER, 0, "of edge25-control, seconds"),
	FIELD("now", SHAPE_TIME, 0, ""),
	FIELD_OF("engine", 0, engine_fields, ""),
	FIELD_OF("policies", FIELD_LIST, policy_fields, ""),
	FIELD_OF("totals", 0, totals_fields, ""),
	FIELD("today", SHAPE_TEXT, 0, "the day that it is in this machine's time zone"),
	FIELD_OF("days", FIELD_LIST, day_fields,
		 "today and the six days before, those on which something was counted"),
	FIELD_OF("table", 0, table_fields,
		 "the last comparison of the kernel's table with the plan"),
	FIELD_OF("lag", 0, lag_fields, "how late edge25-control is"),
	FIELD_OF("database", 0, database_fields, ""),
	FIELD_OF("disks", FIELD_LIST, disk_fields, "where edge25-control writes"),
	FIELD_OF("event_file", 0, event_file_fields, ""),
	FIELD_OF("losses", FIELD_LIST, loss_fields, "what bounds made edge25 lose, if anything"),
	FIELD_OF("hosts", 0, hosts_fields, ""),
	FIELD_OF("allow", 0, allow_fields, ""),
	FIELD("counters", SHAPE_COUNTS, 0, "the other counters of the kernel's table"),
	FIELD_OF("names", 0, names_fields, "where machines' names come from"),
	FIELD_OF("incidents", 0, incidents_fields, ""),
	FIELD_OF("contained", 0, contained_fields, ""),
	FIELD("bounds", SHAPE_COUNTS, 0, "of the memory for hosts"),
	FIELD_END,
};

struct status {
	struct control *control;
	struct rpc_call *call;
};

/* --- engine --- */

static json_t *features_json(uint32_t features)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{MESSAGE_NATIVE_QUEUE, "native-queue"},
		{MESSAGE_OWNER, "owner"},
		{MESSAGE_DESTROY, "destroy"},
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (features & names[i].bit)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static json_t *engine_json(const struct control *control)
{
	const struct message_hello *hello = link_hello(control->link);
	const struct message_queue *queue;
	json_t *queues = json_array();

	for (size_t i = 0; (queue = figures_queue_at(control->figures, i)); i++)
		json_array_append_new(queues,
				      json_pack("{s:I, s:I, s:I, s:I, s:I}", "number",
						(json_int_t)queue->number, "held",
						(json_int_t)queue->held, "answered",
						(json_int_t)queue->answered, "kernel_dropped",
						(json_int_t)queue->kernel_dropped, "user_dropped",
						(json_int_t)queue->user_dropped));
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "connected", hello != NULL, "pid",
			 hello ? json_integer(hello->pid) : json_null(), "version",
			 string_or_null(hello ? hello->version : NULL), "kernel",
			 string_or_null(hello ? hello->kernel : NULL), "features",
			 features_json(hello ? hello->features : 0), "queues", queues);
}

/* --- hosts and entries --- */

static json_t *hosts_json(const struct control *control)
{
	const struct host *top[TOP_HOSTS];
	size_t count = tracker_top(control->tracker, top, TOP_HOSTS);
	json_t *list = json_array(), *classes = json_object();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, host_json(control, top[i]));
	for (enum host_class class = CLASS_CLEAN; class < HOST_CLASSES; class ++)
		json_object_set_new(classes, host_class_word(class),
				    number_json(tracker_class_count(control->tracker, class)));
	return json_pack("{s:o, s:o, s:o, s:s, s:o}", "count",
			 number_json(tracker_count(control->tracker)), "active",
			 number_json(tracker_active_count(control->tracker)), "classes", classes,
			 "silence", host_class_silence, "top", list);
}

static json_t *bounds_json(const struct config_settings *settings)
{
	return json_pack("{s:I, s:I, s:i, s:i}", "max_hosts", (json_int_t)settings->max_hosts,
			 "max_active", (json_int_t)settings->max_active, "host_bytes",
			 TRACKER_HOST_BYTES, "active_bytes", TRACKER_ACTIVE_BYTES);
}

static json_t *allow_json(const struct control *control, int64_t now)
{
	json_t *expiring = json_array();
	uint64_t count = 0;

	for (size_t i = 0; i < allowlist_count(control->allowlist); i++) {
		const struct allow_entry *entry = allowlist_at(control->allowlist, i);

		if (entry->expires && entry->expires <= now)
			continue;
		count++;
		if (entry->expires && entry->expires - now <= EXPIRING_WITHIN)
			json_array_append_new(expiring, entry_json(control->allowlist, entry, now));
	}
	return json_pack("{s:o, s:o}", "count", number_json(count), "expiring", expiring);
}

/* --- the whole --- */

static json_t *status_json(const struct control *control, bool fresh)
{
	const struct allow_clock clock = intent_clock();
	json_t *checks, *problems;
	char today[DAY_TEXT_MAX];

	losses_note(control);
	checks = health_checks(control, fresh);
	problems = health_problems(checks);
	return json_pack(
		"{s:s, s:b, s:b, s:o, s:o, s:b, s:I, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o,"
		" s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"version", EDGE25_VERSION, "healthy", json_array_size(problems) == 0, "enforcing",
		health_enforcing(control), "problems", problems, "checks", checks, "fresh", fresh,
		"uptime", (json_int_t)(((int64_t)clock.boot_ms - control->started) / 1000), "now",
		time_or_null(clock.real), "engine", engine_json(control), "policies",
		status_policies(control), "totals", status_totals(control), "today",
		days_text(clock.real, 0, today), "days", status_days(control, clock.real), "table",
		status_table(control), "lag", status_lag(control), "database",
		status_database(control), "disks", status_disks(control), "event_file",
		status_event_file(control), "losses", losses_json(control), "hosts",
		hosts_json(control), "allow", allow_json(control, clock.real), "counters",
		status_counters(control), "names", names_status(control->names), "incidents",
		status_incidents(control), "contained", status_contained(control, clock.real),
		"bounds", bounds_json(&control->config->settings));
}

static void on_reading(void *arg, bool fresh)
{
	struct status *status = arg;
	struct control *control = status->control;
	const uint64_t round = reading_round(control->reading);

	if (!control->status || control->status_round != round) {
		names_look(control->names);
		free(control->status);
		control->status = rpc_write(status_json(control, fresh));
		control->status_round = round;
	}
	rpc_reply_written(status->call, control->status);
	free(status);
}

void method_status(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	struct status *status = calloc(1, sizeof(*status));

	if (!status) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	status->control = control;
	status->call = call;
	reading_ask(control->reading, on_reading, status);
}
