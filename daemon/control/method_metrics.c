// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * metrics: all that can be counted, as families of OpenMetrics. The types are those that Prometheus'
 * older text format has too (no info, no stateset), because node_exporter's textfile collector reads
 * that. No label ever bears a host or another value of which there may be any number.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "health.h"
#include "losses.h"
#include "method_tables.h"
#include "methods.h"
#include "status_parts.h"

static const char *const types[] = {"counter", "gauge", NULL};

static const struct rpc_field sample_fields[] = {
	FIELD("labels", SHAPE_TEXTS, 0, ""),
	FIELD("value", SHAPE_REAL, 0, ""),
	FIELD_END,
};

static const struct rpc_field family_fields[] = {
	FIELD("name", SHAPE_TEXT, 0, "without the _total that samples of a counter bear"),
	FIELD_WORD("type", 0, types, ""),
	FIELD("unit", SHAPE_TEXT, FIELD_NULL, "which the name ends in"),
	FIELD("help", SHAPE_TEXT, 0, ""),
	FIELD_OF("samples", FIELD_LIST, sample_fields, ""),
	FIELD_END,
};

const struct rpc_field metrics_result[] = {
	FIELD_OF("families", FIELD_LIST, family_fields, ""),
	FIELD_END,
};

struct metrics {
	struct control *control;
	struct rpc_call *call;
	bool fresh;
	json_t *checks;             /* as in status */
	json_t *families, *samples; /* the latest family's */
};

/* --- building --- */

/* @name begins behind "edge25_". */
static void family(struct metrics *metrics, const char *type, const char *name, const char *unit,
		   const char *help)
{
	metrics->samples = json_array();
	json_array_append_new(
		metrics->families,
		json_pack("{s:o, s:s, s:o, s:s, s:o}", "name",
			  json_sprintf("edge25_%s%s%s", name, unit ? "_" : "", unit ? unit : ""),
			  "type", type, "unit", string_or_null(unit), "help", help, "samples",
			  metrics->samples));
}

/* Labels and their values follow, then NULL. */
__attribute__((sentinel)) static void sample(struct metrics *metrics, json_t *value, ...)
{
	json_t *labels = json_object();
	const char *label;
	va_list ap;

	va_start(ap, value);
	while ((label = va_arg(ap, const char *)))
		json_object_set_new(labels, label, json_string(va_arg(ap, const char *)));
	va_end(ap);
	json_array_append_new(metrics->samples,
			      json_pack("{s:o, s:o}", "labels", labels, "value", value));
}

static json_t *whole(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *milliseconds(uint64_t value)
{
	return json_real((double)value / 1000);
}

/* A gauge that stands alone. */
static void gauge(struct metrics *metrics, const char *name, const char *unit, const char *help,
		  json_t *value)
{
	family(metrics, "gauge", name, unit, help);
	sample(metrics, value, NULL);
}

/* --- health --- */

static void about(struct metrics *metrics)
{
	const struct control *control = metrics->control;
	const struct message_hello *hello = link_hello(control->link);
	const struct allow_clock now = intent_clock();

	gauge(metrics, "up", NULL,
	      "1: edge25-control answers; edge25ctl writes 0 where it does not", whole(1));
	family(metrics, "gauge", "build_info", NULL, "Always 1; what runs is in the labels");
	sample(metrics, whole(1), "version", EDGE25_VERSION, "engine", hello ? hello->version : "",
	       "kernel", hello ? hello->kernel : "", NULL);
	gauge(metrics, "start_time", "seconds", "When edge25-control started, since 1970",
	      whole((uint64_t)(now.real - ((int64_t)now.boot_ms - control->started) / 1000)));
	gauge(metrics, "engine_connected", NULL, "1: edge25-engine is there",
	      whole(link_connected(control->link)));
	gauge(metrics, "counters_fresh", NULL, "1: the kernel's counters were read for this",
	      whole(metrics->fresh));
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

static void health(struct metrics *metrics)
{
	json_t *problems = health_problems(metrics->checks);

	gauge(metrics, "healthy", NULL, "1: status finds no problem",
	      whole(json_array_size(problems) == 0));
	json_decref(problems);
	gauge(metrics, "enforcing", NULL, "1: some policy refuses; 0: all of them only monitor",
	      whole(health_enforcing(metrics->control)));
	family(metrics, "gauge", "check_state", NULL,
	       "What status looks at: 0 ok, 1 a warning, 2 a problem");
	for (const char *const *name = health_names; *name; name++)
		sample(metrics, whole((uint64_t)state_of(metrics->checks, *name)), "check", *name,
		       NULL);
}

static void table(struct metrics *metrics)
{
	const struct comparison *seen = &metrics->control->comparison;

	family(metrics, "gauge", "table_compared_time", "seconds",
	       "When the kernel's table was last compared with the plan, since 1970");
	if (seen->at && !seen->verdict.error)
		sample(metrics, whole((uint64_t)seen->real), NULL);
	family(metrics, "gauge", "table_differences", NULL, "What that comparison found");
	if (seen->at && !seen->verdict.error)
		sample(metrics, whole(seen->verdict.differences), NULL);
}

static void lateness(struct metrics *metrics)
{
	const struct lag *lag = &metrics->control->lag;
	const int64_t now = lag_now() / 1000;

	gauge(metrics, "loop_late", "seconds", "How far edge25-control's loop is behind its timer",
	      milliseconds(lag->loop_ms));
	gauge(metrics, "loop_late_worst", "seconds", "The same at worst within the last hour",
	      milliseconds(hour_worst(&lag->loop, now)));
	gauge(metrics, "event_late", "seconds",
	      "From the last packet that was told of to its event", milliseconds(lag->event_ms));
	gauge(metrics, "event_late_worst", "seconds", "The same at worst within the last hour",
	      milliseconds(hour_worst(&lag->event, now)));
}

static void reload(struct metrics *metrics)
{
	bool good;
	const int64_t last = reload_last(metrics->control->reload, &good);

	gauge(metrics, "last_reload_successful", NULL, "1: the configuration is that of the files",
	      whole(good));
	gauge(metrics, "last_reload_time", "seconds",
	      "When the configuration was last read, since 1970", whole((uint64_t)last));
}

static void storage(struct metrics *metrics)
{
	const struct config_settings *settings = &metrics->control->config->settings;
	const char *const uses[] = {"state", "log"};
	const struct disk disks[] = {disk_look(settings->state_dir), disk_look(settings->log_dir)};
	json_t *database = status_database(metrics->control);

	gauge(metrics, "database_writable", NULL, "1: the last attempt to write was no failure",
	      whole(json_is_true(json_object_get(database, "writable"))));
	gauge(metrics, "database_size", "bytes", "Of edge25.db",
	      json_incref(json_object_get(database, "bytes")));
	json_decref(database);
	family(metrics, "gauge", "disk_free", "bytes",
	       "What edge25-control may still write to where it keeps its state, and its log");
	for (size_t i = 0; i < 2; i++)
		if (!disks[i].error)
			sample(metrics, whole(disks[i].free), "directory", uses[i], NULL);
	family(metrics, "gauge", "disk_size", "bytes", "Of those file systems");
	for (size_t i = 0; i < 2; i++)
		if (!disks[i].error)
			sample(metrics, whole(disks[i].size), "directory", uses[i], NULL);
}

/* --- packets --- */

static const struct {
	const char *counter, *help;
} counted[] = {
	{"asked", "Questions to the engine"},
	{"answered_refuse", "Questions that the engine answered with refuse"},
	{"answered_pass", "Questions that the engine answered with pass"},
	{"refused", "Packets dropped or rejected"},
	{"sent", "Of those refused, answered with a reset or an unreachable"},
	{"passed", "Openings let through"},
	{"unanswered", "Packets given the safe answer, for nobody answered"},
	{"paced", "Packets given the safe answer, for their source asked too much"},
	{"overrun", "Packets given the safe answer, for all together asked too much"},
	{"untrue", "Packets from sources that no route leads back to"},
	{"split", "IPv6 first fragments without a port"},
	{"tunnelled", "Packets of tunnels"},
	{"contained", "Packets refused for their host is contained"},
};

/* @index from 0 up; NULL behind the last. Those of watched entries when there are some. */
static const struct policy *policy_at(const struct metrics *metrics, size_t *index)
{
	const struct config *config = metrics->control->config;

	for (; *index < config->numbered_count; ++*index)
		if (*index < config->policy_count ||
		    policy_is_counted(metrics->control, &config->policies[*index]))
			return &config->policies[*index];
	return NULL;
}

static void policies(struct metrics *metrics)
{
	const struct figures *figures = metrics->control->figures;
	const struct policy *policy;

	family(metrics, "gauge", "policy_info", NULL,
	       "Always 1; what a policy does is in the labels");
	for (size_t i = 0; (policy = policy_at(metrics, &i)); i++)
		sample(metrics, whole(1), "policy", policy->name, "mode",
		       policy_mode_word(policy->mode), "deny", policy_deny_word(policy->deny),
		       "when_unanswered", policy_safe_word(policy->unanswered), NULL);
	for (size_t kind = 0; kind < sizeof(counted) / sizeof(counted[0]); kind++) {
		char name[64];

		snprintf(name, sizeof(name), "policy_%s", counted[kind].counter);
		family(metrics, "counter", name, "packets", counted[kind].help);
		for (size_t i = 0; (policy = policy_at(metrics, &i)); i++)
			sample(metrics,
			       whole(figures_of(figures, counted[kind].counter, policy->name)),
			       "policy", policy->name, NULL);
	}
	family(metrics, "counter", "policy_lost", "packets",
	       "Asked about, and never answered in any way");
	for (size_t i = 0; (policy = policy_at(metrics, &i)); i++)
		sample(metrics, whole(figures_lost(figures, policy->name)), "policy", policy->name,
		       NULL);
}

static void kernel(struct metrics *metrics)
{
	const struct control *control = metrics->control;
	const struct figure *figure;

	family(metrics, "counter", "submission_openings", NULL,
	       "Openings of ports 465 and 587, which are never touched");
	sample(metrics, whole(figures_get(control->figures, "submission")), NULL);
	family(metrics, "counter", "table", "packets",
	       "The other counters of the kernel's table, by their name");
	for (size_t i = 0; (figure = figures_counter_at(control->figures, i)); i++)
		if (!is_policy_counter(control->config, figure->name))
			sample(metrics, whole(figure->total), "counter", figure->name, NULL);
}

static const char *queue_text(const struct message_queue *queue, char text[16])
{
	snprintf(text, 16, "%u", queue->number);
	return text;
}

static void queues(struct metrics *metrics)
{
	const struct figures *figures = metrics->control->figures;
	const struct message_queue *queue;
	char text[16];

	family(metrics, "gauge", "queue_held", "packets", "That wait for an answer now");
	for (size_t i = 0; (queue = figures_queue_at(figures, i)); i++)
		sample(metrics, whole(queue->held), "queue", queue_text(queue, text), NULL);
	family(metrics, "counter", "queue_answered", "packets", "By the engine that runs");
	for (size_t i = 0; (queue = figures_queue_at(figures, i)); i++)
		sample(metrics, whole(queue->answered), "queue", queue_text(queue, text), NULL);
	family(metrics, "counter", "queue_dropped", "packets",
	       "That did not fit into the kernel's queue, or into the receive buffer");
	for (size_t i = 0; (queue = figures_queue_at(figures, i)); i++) {
		sample(metrics, whole(queue->kernel_dropped), "queue", queue_text(queue, text),
		       "by", "queue", NULL);
		sample(metrics, whole(queue->user_dropped), "queue", queue_text(queue, text), "by",
		       "buffer", NULL);
	}
}

static void add_loss(void *ctx, const char *name, uint64_t count, const char *text)
{
	(void)text;
	sample(ctx, whole(count), "loss", name, NULL);
}

static void losses(struct metrics *metrics)
{
	family(metrics, "counter", "losses", NULL,
	       "What bounds and troubles made edge25 lose; edge25ctl says what each is");
	losses_all(metrics->control, add_loss, metrics);
}

/* --- hosts, incidents, entries --- */

static void hosts(struct metrics *metrics)
{
	const struct control *control = metrics->control;

	family(metrics, "gauge", "hosts", NULL, "Hosts that are known, by what they are taken for");
	for (enum host_class class = CLASS_CLEAN; class < HOST_CLASSES; class ++)
		sample(metrics, whole(tracker_class_count(control->tracker, class)), "class",
		       host_class_word(class), NULL);
	family(metrics, "gauge", "incidents_open", NULL, "Incidents that are open");
	for (enum host_class class = CLASS_MISCONFIGURED; class < HOST_CLASSES; class ++)
		sample(metrics, whole(incidents_class_count(control->incidents, class)), "class",
		       host_class_word(class), NULL);
	gauge(metrics, "contained_hosts", NULL, "Hosts that are cut off from port 25",
	      whole(containment_count(control->containment)));
	gauge(metrics, "contained_hosts_waiting", NULL, "Of those, that wait for the engine",
	      whole(containment_waiting(control->containment)));
}

static void entries(struct metrics *metrics)
{
	const struct allowlist *list = metrics->control->allowlist;
	const int64_t now = intent_clock().real;
	uint64_t configured = 0, added = 0, ending = 0, unused = 0;

	for (size_t i = 0; i < allowlist_count(list); i++) {
		const struct allow_entry *entry = allowlist_at(list, i);

		if (entry->expires && entry->expires <= now)
			continue;
		*(i < allowlist_configured(list) ? &configured : &added) += 1;
		ending += entry->expires && entry->expires - now <= EXPIRING_WITHIN;
		unused += !entry->hits;
	}
	family(metrics, "gauge", "allow_entries", NULL, "Allow entries, by where they come from");
	sample(metrics, whole(configured), "origin", "configuration", NULL);
	sample(metrics, whole(added), "origin", "socket", NULL);
	gauge(metrics, "allow_entries_expiring", NULL, "Those that end within a day",
	      whole(ending));
	gauge(metrics, "allow_entries_unused", NULL, "Those that nothing was ever let through for",
	      whole(unused));
}

/* What has a bound of its own, how far it is, and how far it may go. */
static void bounds(struct metrics *metrics)
{
	const struct control *control = metrics->control;
	const struct config_settings *settings = &control->config->settings;
	const struct {
		const char *name;
		uint64_t used, limit;
	} all[] = {
		{"max-hosts", tracker_count(control->tracker), settings->max_hosts},
		{"max-active", tracker_active_count(control->tracker), settings->max_active},
		{"open-incidents", incidents_count(control->incidents), settings->max_active / 2},
		{"contained-hosts", containment_count(control->containment), CONTAINED_MAX},
		{"allow-entries",
		 allowlist_count(control->allowlist) - allowlist_configured(control->allowlist),
		 ALLOWLIST_MAX},
		{"event-file-max", event_file_size(control->event_file), settings->event_file_max},
	};

	family(metrics, "gauge", "bound_used", NULL,
	       "How much of a bound is used; bytes of a file");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sample(metrics, whole(all[i].used), "bound", all[i].name, NULL);
	family(metrics, "gauge", "bound_limit", NULL, "The bound");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sample(metrics, whole(all[i].limit), "bound", all[i].name, NULL);
}

/* --- the whole --- */

static void on_reading(void *arg, bool fresh)
{
	static void (*const parts[])(
		struct metrics *) = {about,  health, table,  lateness, reload,  storage, policies,
				     kernel, queues, losses, hosts,    entries, bounds};
	struct metrics *metrics = arg;

	metrics->fresh = fresh;
	losses_note(metrics->control);
	metrics->checks = health_checks(metrics->control, fresh);
	metrics->families = json_array();
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		parts[i](metrics);
	rpc_reply(metrics->call, json_pack("{s:o}", "families", metrics->families));
	json_decref(metrics->checks);
	free(metrics);
}

void method_metrics(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	metrics->control = control;
	metrics->call = call;
	reading_ask(control->reading, on_reading, metrics);
}
