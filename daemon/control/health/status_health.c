// SPDX-License-Identifier: GPL-2.0-or-later
/* What status says, in figures, of what health.c judges. */
#include <stdio.h>

#include "common/log.h"
#include "control/health/disk.h"
#include "control/health/health.h"
#include "control/health/status_parts.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

const struct rpc_field check_fields[] = {
	FIELD("name", SHAPE_TEXT, 0, ""),
	FIELD_WORD("state", 0, health_words,
		   "a warning is over, or is meant so: healthy all the same"),
	FIELD("text", SHAPE_TEXT, 0, "what was found, and what to do"),
	FIELD_END,
};

const struct rpc_field table_fields[] = {
	FIELD("compared", SHAPE_TIME, FIELD_NULL, "null: not since edge25-control started"),
	FIELD("error", SHAPE_TEXT, FIELD_NULL, "why it could not be compared"),
	FIELD("differences", SHAPE_NUMBER, FIELD_NULL, "that were found then, and put back"),
	FIELD("milliseconds", SHAPE_NUMBER, FIELD_NULL, "that it took"),
	FIELD("interval", SHAPE_NUMBER, 0, "seconds between comparisons; 0: only when asked"),
	FIELD_END,
};

const struct rpc_field lag_fields[] = {
	FIELD("loop", SHAPE_NUMBER, 0, "milliseconds that the loop was behind its timer last"),
	FIELD("loop_worst", SHAPE_NUMBER, 0, "and at worst within the last hour"),
	FIELD("event", SHAPE_NUMBER, 0, "milliseconds from the last packet to its event"),
	FIELD("event_worst", SHAPE_NUMBER, 0, "and at worst within the last hour"),
	FIELD_END,
};

const struct rpc_field database_fields[] = {
	FIELD("path", SHAPE_TEXT, 0, ""),
	FIELD("writable", SHAPE_FLAG, 0, "the last attempt to write was no failure"),
	FIELD("bytes", SHAPE_NUMBER, 0, ""),
	FIELD_END,
};

static const char *const uses[] = {"state", "log", NULL};

const struct rpc_field disk_fields[] = {
	FIELD_WORD("use", 0, uses, ""),
	FIELD("path", SHAPE_TEXT, 0, ""),
	FIELD("size", SHAPE_NUMBER, FIELD_NULL,
	      "bytes of its file system; null: it cannot be asked"),
	FIELD("free", SHAPE_NUMBER, FIELD_NULL, "of those, what edge25-control may still write"),
	FIELD_END,
};

const struct rpc_field event_file_fields[] = {
	FIELD("path", SHAPE_TEXT, 0, ""),
	FIELD("bytes", SHAPE_NUMBER, 0, ""),
	FIELD("max", SHAPE_NUMBER, 0, "then a new one begins"),
	FIELD_END,
};

/* A path need not be UTF-8. */
static json_t *path_json(const char *directory, const char *name)
{
	char path[512], safe[LOG_LINE_MAX];

	snprintf(path, sizeof(path), "%s%s", directory, name);
	return json_string(log_escape(path, safe, sizeof(safe)));
}

json_t *status_table(const struct control *control)
{
	const struct comparison *seen = &control->comparison;
	const bool known = seen->at && !seen->verdict.error;

	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o}", "compared", time_or_null(seen->at ? seen->real : 0),
		"error",
		string_or_null(seen->at && seen->verdict.error ? seen->verdict.text : NULL),
		"differences", known ? number_json(seen->verdict.differences) : json_null(),
		"milliseconds", known ? number_json(seen->verdict.duration) : json_null(),
		"interval", number_json(control->config->settings.verify_interval));
}

json_t *status_lag(const struct control *control)
{
	const struct lag *lag = &control->lag;
	const int64_t now = lag_now() / 1000;

	return json_pack("{s:o, s:o, s:o, s:o}", "loop", number_json(lag->loop_ms), "loop_worst",
			 number_json(hour_worst(&lag->loop, now)), "event",
			 number_json(lag->event_ms), "event_worst",
			 number_json(hour_worst(&lag->event, now)));
}

json_t *status_database(const struct control *control)
{
	const char *directory = control->config->settings.state_dir;
	char path[512];

	snprintf(path, sizeof(path), "%s/edge25.db", directory);
	return json_pack("{s:o, s:b, s:o}", "path", path_json(directory, "/edge25.db"), "writable",
			 store_ready(control->store) && !store_problem(control->store), "bytes",
			 number_json(disk_file_size(path)));
}

json_t *status_disks(const struct control *control)
{
	const struct config_settings *settings = &control->config->settings;
	const char *const paths[] = {settings->state_dir, settings->log_dir};
	json_t *list = json_array();

	for (size_t i = 0; uses[i]; i++) {
		const struct disk disk = disk_look(paths[i]);

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:o, s:o}", "use", uses[i], "path",
					path_json(paths[i], ""), "size",
					disk.error ? json_null() : number_json(disk.size), "free",
					disk.error ? json_null() : number_json(disk.free)));
	}
	return list;
}

json_t *status_event_file(const struct control *control)
{
	const struct config_settings *settings = &control->config->settings;

	return json_pack("{s:o, s:o, s:o}", "path", path_json(settings->log_dir, "/events.json"),
			 "bytes", number_json(event_file_size(control->event_file)), "max",
			 number_json(settings->event_file_max));
}
