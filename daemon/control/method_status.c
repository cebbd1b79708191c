// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"
#include "health.h"
#include "method_tables.h"
#include "methods.h"
#include "times.h"

#define TOP_HOSTS 10
#define EXPIRING_WITHIN 86400

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

static const struct rpc_field policy_fields[] = {
	FIELD("name", SHAPE_TEXT, 0, ""),
	FIELD("number", SHAPE_NUMBER, 0, "in marks and rules"),
	FIELD_WORD("mode", 0, mode_words, ""),
	FIELD_WORD("deny", 0, deny_words, ""),
	FIELD("host_prefix6", SHAPE_NUMBER, 0, ""),
	FIELD_WORD("when_unanswered", 0, safe_words, ""),
	FIELD("ranges", SHAPE_TEXT, FIELD_LIST, ""),
	FIELD("burst", SHAPE_NUMBER, FIELD_OPTIONAL, "of a policy that guards"),
	FIELD("burst_time", SHAPE_NUMBER, FIELD_OPTIONAL, "likewise, seconds"),
	FIELD("asked", SHAPE_NUMBER, 0,
	      "questions to the engine; here and below packets since control began to count"),
	FIELD("answered_refuse", SHAPE_NUMBER, 0, ""),
	FIELD("answered_pass", SHAPE_NUMBER, 0, ""),
	FIELD("refused", SHAPE_NUMBER, 0, "dropped or rejected"),
	FIELD("sent", SHAPE_NUMBER, 0, "of those, with a reset or unreachable"),
	FIELD("passed", SHAPE_NUMBER, 0, ""),
	FIELD("unanswered", SHAPE_NUMBER, 0, "given the safe answer, for nobody answered"),
	FIELD("paced", SHAPE_NUMBER, 0, "given the safe answer, for their source asked too much"),
	FIELD("overrun", SHAPE_NUMBER, 0, "given the safe answer, for all together asked too much"),
	FIELD("untrue", SHAPE_NUMBER, 0,
	      "from sources that no route leads back to; among refused or passed, but no host's"),
	FIELD("split", SHAPE_NUMBER, 0,
	      "IPv6 first fragments without a port; not among the attempts"),
	FIELD("tunnelled", SHAPE_NUMBER, 0, "not among the attempts"),
	FIELD("contained", SHAPE_NUMBER, 0, "from contained hosts; among refused"),
	FIELD("lost", SHAPE_NUMBER, 0, "asked, and not answered in any way"),
	FIELD_END,
};

static const struct rpc_field totals_fields[] = {
	FIELD("attempts", SHAPE_NUMBER, 0, "over all policies, as the others"),
	FIELD("refused", SHAPE_NUMBER, 0, ""),
	FIELD("passed", SHAPE_NUMBER, 0, ""),
	FIELD("unanswered", SHAPE_NUMBER, 0, ""),
	FIELD("submission", SHAPE_NUMBER, 0, "openings to 465 and 587"),
	FIELD_END,
};

static const struct rpc_field loss_fields[] = {
	FIELD("name", SHAPE_TEXT, 0, ""),
	FIELD("count", SHAPE_NUMBER, 0, ""),
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
	FIELD_OF("problems", FIELD_LIST, problem_fields, ""),
	FIELD("fresh", SHAPE_FLAG, 0,
	      "the counts were read for this reply; false when the engine is not there or slow"),
	FIELD("uptime", SHAPE_NUMBER, 0, "of edge25-control, seconds"),
	FIELD("now", SHAPE_TIME, 0, ""),
	FIELD_OF("engine", 0, engine_fields, ""),
	FIELD_OF("policies", FIELD_LIST, policy_fields, ""),
	FIELD_OF("totals", 0, totals_fields, ""),
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
			json_array_append_new(expiring, entry_json(control->allowlist, entry, now));
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
