// SPDX-License-Identifier: GPL-2.0-or-later
/* What status says of policies: what they do, what was counted for them, and on which day. */
#include <stdio.h>
#include <string.h>

#include "control/health/status_parts.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

const struct rpc_field policy_fields[] = {
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

const struct rpc_field totals_fields[] = {
	FIELD("attempts", SHAPE_NUMBER, 0, "over all policies, as the others"),
	FIELD("refused", SHAPE_NUMBER, 0, ""),
	FIELD("passed", SHAPE_NUMBER, 0, ""),
	FIELD("unanswered", SHAPE_NUMBER, 0, ""),
	FIELD("submission", SHAPE_NUMBER, 0, "openings to 465 and 587"),
	FIELD_END,
};

const struct rpc_field day_fields[] = {
	FIELD("day", SHAPE_TEXT, 0, "from midnight to midnight of this machine's time zone"),
	FIELD("policy", SHAPE_TEXT, 0, ""),
	FIELD("attempts", SHAPE_NUMBER, 0, "refused and passed"),
	FIELD("refused", SHAPE_NUMBER, 0, ""),
	FIELD("passed", SHAPE_NUMBER, 0, ""),
	FIELD("unanswered", SHAPE_NUMBER, 0, "among those"),
	FIELD_END,
};

static json_t *range_names(const struct config *config, size_t policy)
{
	json_t *names = json_array();

	for (size_t i = 0; i < config->range_count; i++)
		if (config->ranges[i].policy == policy)
			json_array_append_new(names, json_string(config->ranges[i].name));
	return names;
}

/* What the kernel counts for each policy ("refused": refused_home). */
static const char *const policy_counters[] = {
	"asked",  "answered_refuse", "answered_pass", "refused", "sent",
	"passed", "unanswered",      "paced",         "overrun", "untrue",
	"split",  "tunnelled",       "contained",     NULL};

bool policy_is_counted(const struct control *control, const struct policy *policy)
{
	char name[sizeof(((struct figure *)NULL)->name)];
	const struct figure *figure;

	snprintf(name, sizeof(name), "asked_%s", policy->name);
	for (size_t i = 0; (figure = figures_counter_at(control->figures, i)); i++)
		if (strcmp(figure->name, name) == 0)
			return true;
	return false;
}

json_t *status_policies(const struct control *control)
{
	const struct config *config = control->config;
	json_t *list = json_array();

	for (size_t i = 0; i < config->numbered_count; i++) {
		const struct policy *policy = &config->policies[i];
		json_t *object;

		/* the policy of watched entries is not there before the first of them is */
		if (i >= config->policy_count && !policy_is_counted(control, policy))
			continue;
		object = json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:o}", "name", policy->name,
				   "number", policy->number, "mode", policy_mode_word(policy->mode),
				   "deny", policy_deny_word(policy->deny), "host_prefix6",
				   policy->host_prefix6, "when_unanswered",
				   policy_safe_word(policy->unanswered), "ranges",
				   range_names(config, i));
		if (policy->mode == MODE_GUARD) {
			json_object_set_new(object, "burst", number_json(policy->burst));
			json_object_set_new(object, "burst_time", number_json(policy->burst_time));
		}
		for (size_t j = 0; policy_counters[j]; j++)
			json_object_set_new(object, policy_counters[j],
					    number_json(figures_of(control->figures,
								   policy_counters[j],
								   policy->name)));
		json_object_set_new(object, "lost",
				    number_json(figures_lost(control->figures, policy->name)));
		json_array_append_new(list, object);
	}
	return list;
}

bool is_policy_counter(const struct config *config, const char *name)
{
	for (size_t i = 0; policy_counters[i]; i++) {
		size_t length = strlen(policy_counters[i]);

		if (strncmp(name, policy_counters[i], length) != 0 || name[length] != '_')
			continue;
		if (config_policy_find(config, name + length + 1))
			return true;
	}
	return false;
}

/* Every counter that no policy above shows: nothing is hidden. */
json_t *status_counters(const struct control *control)
{
	const struct figure *figure;
	json_t *object = json_object();

	for (size_t i = 0; (figure = figures_counter_at(control->figures, i)); i++)
		if (!is_policy_counter(control->config, figure->name))
			json_object_set_new(object, figure->name, number_json(figure->total));
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

json_t *status_totals(const struct control *control)
{
	uint64_t refused = total(control, "refused"), passed = total(control, "passed");

	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "attempts", number_json(refused + passed),
			 "refused", number_json(refused), "passed", number_json(passed),
			 "unanswered", number_json(total(control, "unanswered")), "submission",
			 number_json(figures_get(control->figures, "submission")));
}

json_t *day_json(const struct store_day *day)
{
	const uint64_t refused = day->count[DAY_REFUSED], passed = day->count[DAY_PASSED];

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "day", day->day, "policy", day->policy,
			 "attempts", number_json(refused + passed), "refused", number_json(refused),
			 "passed", number_json(passed), "unanswered",
			 number_json(day->count[DAY_UNANSWERED]));
}

/* The newest day first, then by policy. */
static int day_order(const struct store_day *a, const struct store_day *b)
{
	const int order = strcmp(b->day, a->day);

	return order ? order : strcmp(a->policy, b->policy);
}

json_t *status_days(const struct control *control, int64_t now)
{
	const struct store_day *days[DAYS_ROWS_MAX], *day;
	char first[DAY_TEXT_MAX], last[DAY_TEXT_MAX];
	json_t *list = json_array();
	size_t count = 0;

	days_text(now, DAYS_SHOWN - 1, first);
	days_text(now, 0, last);
	for (size_t i = 0; (day = days_at(control->days, i)); i++) {
		size_t at = count;

		if (strcmp(day->day, first) < 0 || strcmp(day->day, last) > 0)
			continue;
		for (; at > 0 && day_order(day, days[at - 1]) < 0; at--)
			days[at] = days[at - 1];
		days[at] = day;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, day_json(days[i]));
	return list;
}
