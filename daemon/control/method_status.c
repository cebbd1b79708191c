// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"
#include "health.h"
#include "methods.h"
#include "times.h"

#define TOP_HOSTS 10
#define EXPIRING_WITHIN 86400

struct status {
	struct control *control;
	struct rpc_call *call;
};

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

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

/* --- policies --- */

static json_t *range_names(const struct config *config, size_t policy)
{
	json_t *names = json_array();

	for (size_t i = 0; i < config->range_count; i++)
		if (config->ranges[i].policy == policy)
			json_array_append_new(names, json_string(config->ranges[i].name));
	return names;
}

/* What the kernel counts for each policy, and what it is called here. */
static const char *const policy_counters[] = {
	"asked",  "answered_refuse", "answered_pass", "refused", "sent",
	"passed", "unanswered",      "paced",         "overrun", "untrue",
	"split",  "tunnelled",       "contained"};
#define POLICY_COUNTERS (sizeof(policy_counters) / sizeof(policy_counters[0]))

static bool is_counted(const struct control *control, const struct policy *policy)
{
	char name[sizeof(((struct figure *)NULL)->name)];
	const struct figure *figure;

	snprintf(name, sizeof(name), "asked_%s", policy->name);
	for (size_t i = 0; (figure = figures_counter_at(control->figures, i)); i++)
		if (strcmp(figure->name, name) == 0)
			return true;
	return false;
}

static json_t *policies_json(const struct control *control)
{
	const struct config *config = control->config;
	json_t *list = json_array();

	for (size_t i = 0; i < config->numbered_count; i++) {
		const struct policy *policy = &config->policies[i];
		json_t *object;

		/* the policy of watched entries is not there before the first of them is */
		if (i >= config->policy_count && !is_counted(control, policy))
			continue;
		object = json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:o}", "name", policy->name,
				   "number", policy->number, "mode", policy_mode_word(policy->mode),
				   "deny", policy_deny_word(policy->deny), "host_prefix6",
				   policy->host_prefix6, "when_unanswered",
				   policy_safe_word(policy->unanswered), "ranges",
				   range_names(config, i));
		if (policy->mode == MODE_GUARD) {
			json_object_set_new(object, "burst", number(policy->burst));
			json_object_set_new(object, "burst_time", number(policy->burst_time));
		}
		for (size_t j = 0; j < POLICY_COUNTERS; j++)
			json_object_set_new(object, policy_counters[j],
					    number(figures_of(control->figures, policy_counters[j],
							      policy->name)));
		json_object_set_new(object, "lost",
				    number(figures_lost(control->figures, policy->name)));
		json_array_append_new(list, object);
	}
	return list;
}

static bool is_policy_counter(const struct config *config, const char *name)
{
	for (size_t i = 0; i < POLICY_COUNTERS; i++) {
		size_t length = strlen(policy_counters[i]);

		if (strncmp(name, policy_counters[i], length) != 0 || name[length] != '_')
			continue;
		for (size_t j = 0; j < config->numbered_count; j++)
			if (strcmp(name + length + 1, config->policies[j].name) == 0)
				return true;
	}
	return false;
}

/* Every counter that no policy above shows: nothing is hidden. */
static json_t *counters_json(const struct control *control)
{
	const struct figure *figure;
	json_t *object = json_object();

	for (size_t i = 0; (figure = figures_counter_at(control->figures, i)); i++)
		if (!is_policy_counter(control->config, figure->name))
			json_object_set_new(object, figure->name, number(figure->total));
	return object;
}

/* Over all policies, also those of an earlier configuration that the kernel still counts for. */
static uint64_t total(const struct control *control, const char *what)
{
	const size_t length = strlen(what);
	const struct figure *figure;
	uint64_t sum = 0;

	for (size_t i = 0; (figure = figures_counter_at(control->figures, i)); i++)
		if (strncmp(figure->name, what, length) == 0 && figure->name[length] == '_')
			sum += figure->total;
	return sum;
}

static json_t *totals_json(const struct control *control)
{
	uint64_t refused = total(control, "refused"), passed = total(control, "passed");

	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "attempts", number(refused + passed),
			 "refused", number(refused), "passed", number(passed), "unanswered",
			 number(total(control, "unanswered")), "submission",
			 number(figures_get(control->figures, "submission")));
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
				    number(tracker_class_count(control->tracker, class)));
	return json_pack("{s:o, s:o, s:o, s:s, s:o}", "count",
			 number(tracker_count(control->tracker)), "active",
			 number(tracker_active_count(control->tracker)), "classes", classes,
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
			json_array_append_new(expiring, entry_json(entry, now));
	}
	return json_pack("{s:o, s:o}", "count", number(count), "expiring", expiring);
}

/* --- the whole --- */

/* Is there a range that port 25 may be refused for? */
static bool enforcing(const struct control *control)
{
	const struct config *config = control->config;

	for (size_t i = 0; i < config->range_count; i++)
		if (policy_may_refuse(&config->policies[config->ranges[i].policy]))
			return intent_was_in_force(control->intent);
	return false;
}

static json_t *status_json(const struct control *control, bool fresh)
{
	const struct allow_clock clock = intent_clock();
	json_t *problems = health_problems(control, fresh);

	return json_pack("{s:s, s:b, s:b, s:o, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:o,"
			 " s:o, s:o, s:o, s:o, s:o, s:o}",
			 "version", EDGE25_VERSION, "healthy", json_array_size(problems) == 0,
			 "enforcing", enforcing(control), "problems", problems, "fresh", fresh,
			 "uptime", (json_int_t)(((int64_t)clock.boot_ms - control->started) / 1000),
			 "now", time_or_null(clock.real), "engine", engine_json(control),
			 "policies", policies_json(control), "totals", totals_json(control),
			 "losses", health_losses(control), "hosts", hosts_json(control), "allow",
			 allow_json(control, clock.real), "counters", counters_json(control),
			 "names", names_status(control->names), "incidents",
			 status_incidents(control), "contained",
			 status_contained(control, clock.real), "bounds",
			 bounds_json(&control->config->settings));
}

static void on_reading(void *arg, bool fresh)
{
	struct status *status = arg;

	names_look(status->control->names);
	rpc_reply(status->call, status_json(status->control, fresh));
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
