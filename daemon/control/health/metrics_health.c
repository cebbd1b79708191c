// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "control/health/disk.h"
#include "control/health/health.h"
#include "control/health/metrics_internal.h"
#include "control/health/status_parts.h"

static json_t *seconds(uint64_t milliseconds)
{
	return json_real((double)milliseconds / 1000);
}

static void about(struct metrics *metrics)
{
	const struct control *control = metrics->control;
	const struct message_hello *hello = link_hello(control->link);
	const struct allow_clock now = intent_clock();

	metrics_gauge(metrics, "up", NULL,
		      "1: edge25-control answers; edge25ctl writes 0 where it does not",
		      metrics_whole(1));
	metrics_family(metrics, "gauge", "build_info", NULL,
		       "Always 1; what runs is in the labels");
	metrics_sample(metrics, metrics_whole(1), "version", EDGE25_VERSION, "engine",
		       hello ? hello->version : "", "kernel", hello ? hello->kernel : "", NULL);
	metrics_gauge(metrics, "start_time", "seconds", "When edge25-control started, since 1970",
		      metrics_whole((uint64_t)(now.real -
					       ((int64_t)now.boot_ms - control->started) / 1000)));
	metrics_gauge(metrics, "engine_connected", NULL, "1: edge25-engine is there",
		      metrics_whole(link_connected(control->link)));
	metrics_gauge(metrics, "counters_fresh", NULL,
		      "1: the kernel's counters were read for this", metrics_whole(metrics->fresh));
}

/* Several checks of a name are one: the worst of them. */
static int state_of(const json_t *checks, const char *name)
{
	const json_t *one;
	int worst = HEALTH_OK;
	size_t i;

	json_array_foreach(checks, i, one)
	{
		const char *word = json_string_value(json_object_get(one, "state"));

		if (strcmp(json_string_value(json_object_get(one, "name")), name) != 0)
			continue;
		for (int state = HEALTH_OK; state <= HEALTH_PROBLEM; state++)
			if (strcmp(word, health_words[state]) == 0 && state > worst)
				worst = state;
	}
	return worst;
}

static void checks(struct metrics *metrics)
{
	json_t *problems = health_problems(metrics->checks);

	metrics_gauge(metrics, "healthy", NULL, "1: status finds no problem",
		      metrics_whole(json_array_size(problems) == 0));
	json_decref(problems);
	metrics_gauge(metrics, "enforcing", NULL,
		      "1: some policy refuses; 0: all of them only monitor",
		      metrics_whole(health_enforcing(metrics->control)));
	metrics_family(metrics, "gauge", "check_state", NULL,
		       "What status looks at: 0 ok, 1 a warning, 2 a problem");
	for (const char *const *name = health_names; *name; name++)
		metrics_sample(metrics, metrics_whole((uint64_t)state_of(metrics->checks, *name)),
			       "check", *name, NULL);
}

static void table(struct metrics *metrics)
{
	const struct comparison *seen = &metrics->control->comparison;

	metrics_family(metrics, "gauge", "table_compared_time", "seconds",
		       "When the kernel's table was last compared with the plan, since 1970");
	if (seen->at && !seen->verdict.error)
		metrics_sample(metrics, metrics_whole((uint64_t)seen->real), NULL);
	metrics_family(metrics, "gauge", "table_differences", NULL, "What that comparison found");
	if (seen->at && !seen->verdict.error)
		metrics_sample(metrics, metrics_whole(seen->verdict.differences), NULL);
}

static void lateness(struct metrics *metrics)
{
	const struct lag *lag = &metrics->control->lag;
	const int64_t now = lag_now() / 1000;

	metrics_gauge(metrics, "loop_late", "seconds",
		      "How far edge25-control's loop is behind its timer", seconds(lag->loop_ms));
	metrics_gauge(metrics, "loop_late_worst", "seconds",
		      "The same at worst within the last hour",
		      seconds(hour_worst(&lag->loop, now)));
	metrics_gauge(metrics, "event_late", "seconds",
		      "From the last packet that was told of to its event", seconds(lag->event_ms));
	metrics_gauge(metrics, "event_late_worst", "seconds",
		      "The same at worst within the last hour",
		      seconds(hour_worst(&lag->event, now)));
}

static void reload(struct metrics *metrics)
{
	bool good;
	const int64_t last = reload_last(metrics->control->reload, &good);

	metrics_gauge(metrics, "last_reload_successful", NULL,
		      "1: the configuration is that of the files", metrics_whole(good));
	metrics_gauge(metrics, "last_reload_time", "seconds",
		      "When the configuration was last read, since 1970",
		      metrics_whole((uint64_t)last));
}

static void storage(struct metrics *metrics)
{
	const struct config_settings *settings = &metrics->control->config->settings;
	const char *const uses[] = {"state", "log"};
	const struct disk disks[] = {disk_look(settings->state_dir), disk_look(settings->log_dir)};
	json_t *database = status_database(metrics->control);

	metrics_gauge(metrics, "database_writable", NULL,
		      "1: the last attempt to write was no failure",
		      metrics_whole(json_is_true(json_object_get(database, "writable"))));
	metrics_gauge(metrics, "database_size", "bytes", "Of edge25.db",
		      json_incref(json_object_get(database, "bytes")));
	json_decref(database);
	metrics_family(
		metrics, "gauge", "disk_free", "bytes",
		"What edge25-control may still write to where it keeps its state, and its log");
	for (size_t i = 0; i < 2; i++)
		if (!disks[i].error)
			metrics_sample(metrics, metrics_whole(disks[i].free), "directory", uses[i],
				       NULL);
	metrics_family(metrics, "gauge", "disk_size", "bytes", "Of those file systems");
	for (size_t i = 0; i < 2; i++)
		if (!disks[i].error)
			metrics_sample(metrics, metrics_whole(disks[i].size), "directory", uses[i],
				       NULL);
}

void metrics_health(struct metrics *metrics)
{
	about(metrics);
	checks(metrics);
	table(metrics);
	lateness(metrics);
	reload(metrics);
	storage(metrics);
}
