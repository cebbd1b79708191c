// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/health/health.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "control/config/times.h"
#include "control/health/health_internal.h"
#include "control/health/losses.h"
#include "control/incidents/responder.h"

#define WORDS_MAX 256

const char *const health_words[] = {
	[HEALTH_OK] = "ok",
	[HEALTH_WARNING] = "warning",
	[HEALTH_PROBLEM] = "problem",
	NULL,
};

const char *const health_names[] = {"enforcing",   "table",   "engine",   "plan",         "queues",
				    "questions",   "control", "database", "disk",         "events",
				    "containment", "reload",  "names",    "destinations", NULL};

void health_check(json_t *checks, const char *name, enum health_state state, const char *fmt, ...)
{
	char text[LOG_LINE_MAX], safe[LOG_LINE_MAX]; /* a path need not be UTF-8 */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(checks, json_pack("{s:s, s:s, s:s}", "name", name, "state",
						health_words[state], "text",
						log_escape(text, safe, sizeof(safe))));
}

/* --- words --- */

/* "12m": about so long. */
static const char *about(int64_t seconds, char text[32])
{
	static const struct {
		int64_t from, unit;
		char word;
	} units[] = {{172800, 86400, 'd'}, {7200, 3600, 'h'}, {120, 60, 'm'}, {0, 1, 's'}};
	size_t i = 0;

	seconds = seconds < 0 ? 0 : seconds;
	while (seconds < units[i].from)
		i++;
	snprintf(text, 32, "%" PRId64 "%c", seconds / units[i].unit, units[i].word);
	return text;
}

static const char *milliseconds(uint64_t count, char text[32])
{
	if (count < 10000)
		snprintf(text, 32, "%" PRIu64 " ms", count);
	else
		snprintf(text, 32, "%" PRIu64 " s", count / 1000);
	return text;
}

/* --- checks --- */

bool health_enforcing(const struct control *control)
{
	const struct config *config = control->config;

	for (size_t i = 0; i < config->range_count; i++)
		if (policy_may_refuse(&config->policies[config->ranges[i].policy]))
			return intent_was_in_force(control->intent);
	return false;
}

static bool has_range(const struct config *config, size_t policy)
{
	for (size_t i = 0; i < config->range_count; i++)
		if (config->ranges[i].policy == policy)
			return true;
	return false;
}

/* A monitor policy looks like protection and is none. */
static void policies(const struct control *control, json_t *checks)
{
	const struct config *config = control->config;
	char idle[WORDS_MAX] = "";
	size_t refusing = 0, used = 0;

	for (size_t i = 0; i < config->policy_count; i++) {
		const struct policy *policy = &config->policies[i];

		if (!has_range(config, i))
			continue;
		if (policy_may_refuse(policy))
			refusing++;
		else if (used < sizeof(idle))
			used += (size_t)snprintf(idle + used, sizeof(idle) - used, "%s%s",
						 used ? ", " : "", policy->name);
	}
	if (!config->range_count)
		health_check(checks, "enforcing", HEALTH_WARNING,
			     "no range is configured: nothing is refused");
	else if (!intent_was_in_force(control->intent))
		health_check(checks, "enforcing", HEALTH_WARNING, "no plan has been in force yet");
	else if (*idle)
		health_check(checks, "enforcing", HEALTH_WARNING,
			     "not by %s: mode monitor counts, and refuses nothing", idle);
	else
		health_check(checks, "enforcing", HEALTH_OK, "%zu polic%s", refusing,
			     refusing == 1 ? "y" : "ies");
}

static void table(const struct control *control, json_t *checks)
{
	const struct comparison *seen = &control->comparison;
	const uint64_t interval = control->config->settings.verify_interval;
	const uint64_t repairs = losses_recent(control, "table-repairs");
	const int64_t now = lag_now() / 1000;
	char ago[32], every[32], after[64] = "";

	if (repairs)
		snprintf(after, sizeof(after), "; put back %" PRIu64 " time%s in the last hour",
			 repairs, repairs == 1 ? "" : "s");
	if (!seen->at && !interval)
		health_check(checks, "table", repairs ? HEALTH_WARNING : HEALTH_OK,
			     "not compared by itself: verify-interval is 0%s", after);
	else if (!seen->at)
		health_check(checks, "table", repairs ? HEALTH_WARNING : HEALTH_OK,
			     "not compared yet (verify-interval %s)%s",
			     about((int64_t)interval, every), after);
	else if (seen->verdict.error)
		health_check(checks, "table", HEALTH_WARNING, "could not be compared %s ago: %s%s",
			     about(now - seen->at, ago), seen->verdict.text, after);
	else if (seen->verdict.differences)
		health_check(checks, "table", HEALTH_PROBLEM,
			     "%" PRIu64
			     " difference%s from the plan %s ago%s: edge25ctl ruleset verify",
			     seen->verdict.differences, seen->verdict.differences == 1 ? "" : "s",
			     about(now - seen->at, ago), after);
	else
		health_check(checks, "table", repairs ? HEALTH_WARNING : HEALTH_OK,
			     "as it should be, compared %s ago%s", about(now - seen->at, ago),
			     after);
}

static void engine(const struct control *control, bool fresh, json_t *checks)
{
	if (!link_connected(control->link)) {
		health_check(
			checks, "engine", HEALTH_PROBLEM,
			"the engine is not connected: the kernel gives each policy's safe answer");
		return;
	}
	if (!fresh)
		health_check(checks, "engine", HEALTH_PROBLEM,
			     "the engine is connected but did not answer within 1 s");
	else
		health_check(checks, "engine", HEALTH_OK, "process %u answers",
			     link_hello(control->link)->pid);
	if (intent_refusal(control->intent))
		health_check(checks, "plan", HEALTH_PROBLEM, "%s", intent_refusal(control->intent));
	else if (!intent_in_force(control->intent))
		health_check(checks, "plan", HEALTH_PROBLEM,
			     "the engine has not put the plan in force yet");
}

static void queues(const struct control *control, json_t *checks)
{
	const uint64_t dropped = losses_recent(control, LOSS_DROPPED);
	const struct message_queue *queue;
	uint64_t held = 0;
	size_t count = 0;

	for (; (queue = figures_queue_at(control->figures, count)); count++)
		held += queue->held;
	if (dropped)
		health_check(checks, "queues", HEALTH_PROBLEM,
			     "%" PRIu64
			     " questions did not fit into the queues in the last hour: more "
			     "queues, or a greater queue-length, help",
			     dropped);
	else if (count)
		health_check(checks, "queues", HEALTH_OK,
			     "%zu, %" PRIu64 " packets held, none dropped", count, held);
}

static void questions(const struct control *control, json_t *checks)
{
	const uint64_t unanswered = losses_recent(control, LOSS_UNANSWERED);

	if (unanswered)
		health_check(checks, "questions", HEALTH_WARNING,
			     "%" PRIu64
			     " packets got the safe answer in the last hour: nobody answered in "
			     "time",
			     unanswered);
	else
		health_check(checks, "questions", HEALTH_OK, "none unanswered in the last hour");
}

static void lag(const struct control *control, json_t *checks)
{
	const struct lag *lag = &control->lag;
	const uint64_t worst = hour_worst(&lag->loop, lag_now() / 1000);
	const uint64_t event = hour_worst(&lag->event, lag_now() / 1000);
	char now[32], most[32], late[32];

	if (lag->loop_ms >= LAG_LATE)
		health_check(
			checks, "control", HEALTH_PROBLEM,
			"the loop is %s late: this machine is overloaded, or a disk does not answer",
			milliseconds(lag->loop_ms, now));
	else
		health_check(
			checks, "control", HEALTH_OK,
			"loop %s late, worst of the last hour %s; events %s after their packets",
			milliseconds(lag->loop_ms, now), milliseconds(worst, most),
			milliseconds(event, late));
}

static void containment(const struct control *control, json_t *checks)
{
	const uint64_t free_hosts = losses_recent(control, LOSS_UNCONTAINED);

	if (responder_refusal(control->responder))
		health_check(checks, "containment", HEALTH_PROBLEM, "%s",
			     responder_refusal(control->responder));
	else if (free_hosts)
		health_check(checks, "containment", HEALTH_PROBLEM,
			     "%" PRIu64
			     " infected hosts were not contained in the last hour: too many are",
			     free_hosts);
}

json_t *health_checks(const struct control *control, bool fresh)
{
	json_t *checks = json_array();
	char name[NAME_PROBLEM_MAX];
	const char *text;

	policies(control, checks);
	table(control, checks);
	engine(control, fresh, checks);
	queues(control, checks);
	questions(control, checks);
	lag(control, checks);
	health_storage(control, checks);
	containment(control, checks);
	if (reload_problem(control->reload))
		health_check(checks, "reload", HEALTH_PROBLEM, "%s",
			     reload_problem(control->reload));
	for (size_t i = 0; name_follower_problem(control->name_follower, i, name); i++)
		health_check(checks, "destinations", HEALTH_PROBLEM, "%s", name);
	for (size_t i = 0; (text = names_problem(control->names, i)); i++)
		if (*text)
			health_check(checks, "names", HEALTH_PROBLEM, "%s", text);
	return checks;
}

json_t *health_problems(const json_t *checks)
{
	json_t *problems = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(checks, i, one)
	{
		const char *state = json_string_value(json_object_get(one, "state"));

		if (strcmp(state, health_words[HEALTH_PROBLEM]) == 0)
			json_array_append_new(problems,
					      json_pack("{s:O, s:O}", "name",
							json_object_get(one, "name"), "text",
							json_object_get(one, "text")));
	}
	return problems;
}
