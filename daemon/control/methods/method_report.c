// SPDX-License-Identifier: GPL-2.0-or-later
/* report: what somebody reads once a week. */
#include <stdlib.h>
#include <string.h>

#include "control/health/status_parts.h"
#include "control/methods/filters.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/store/database_turn.h"
#include "control/store/store_incidents.h"
#include "control/store/store_report.h"

#define SINCE_PRESET (7 * 86400)
#define DAYS_MAX 6400 /* rows: 16 policies on each of 400 days */
#define WORST 10
#define CONTAINED_SHOWN 20
#define UNUSED_SHOWN 20

const struct rpc_param report_params[] = {
	{"since", RPC_PAST, false, "from when on; 7 days ago if it is not given", NULL},
	{"until", RPC_PAST, false, "until when; now if it is not given", NULL},
	{NULL, RPC_TEXT, false, NULL, NULL},
};

static const struct rpc_field classes_fields[] = {
	FIELD("misconfigured", SHAPE_NUMBER, 0, ""),
	FIELD("suspect", SHAPE_NUMBER, 0, ""),
	FIELD("infected", SHAPE_NUMBER, 0, ""),
	FIELD_END,
};

static const struct rpc_field incidents_fields[] = {
	FIELD_OF("opened", 0, classes_fields, "in that time, by the class that they have now"),
	FIELD_OF("closed", 0, classes_fields, "in that time, by the class that they had at last"),
	FIELD_OF("open", 0, classes_fields, "now"),
	FIELD_END,
};

static const struct rpc_field contained_fields[] = {
	FIELD("time", SHAPE_TIME, 0, ""),
	FIELD("host", SHAPE_TEXT, 0, ""),
	FIELD("until", SHAPE_TIME, FIELD_NULL, ""),
	FIELD("automatic", SHAPE_FLAG, 0, "edge25 did it by itself"),
	FIELD("comment", SHAPE_TEXT, 0, ""),
	FIELD_OF("by", FIELD_NULL, by_fields, "null: edge25"),
	FIELD_END,
};

static const struct rpc_field unused_fields[] = {
	FIELD("count", SHAPE_NUMBER, 0, "entries that are there, and were before that time"),
	FIELD("unused", SHAPE_NUMBER, 0, "of those, that never let anything through"),
	FIELD_OF("entries", FIELD_LIST, entry_fields, "twenty of these, the oldest"),
	FIELD_END,
};

static const struct rpc_field change_fields[] = {
	FIELD("action", SHAPE_TEXT, 0, "as in the audit trail: add, del, expire, contain ..."),
	FIELD_OF("by", FIELD_NULL, by_fields, "null: edge25"),
	FIELD("count", SHAPE_NUMBER, 0, ""),
	FIELD_END,
};

const struct rpc_field report_result[] = {
	FIELD("since", SHAPE_TIME, 0, ""),
	FIELD("until", SHAPE_TIME, 0, ""),
	FIELD_OF("days", FIELD_LIST, day_fields,
		 "the days that are in that time, also in part; the oldest first"),
	FIELD_OF("incidents", 0, incidents_fields, ""),
	FIELD_OF("worst", FIELD_LIST, incident_fields,
		 "ten incidents of that time, without evidence: the highest class first, then most "
		 "attempts"),
	FIELD_OF("contained", FIELD_LIST, contained_fields, "twenty, the newest first"),
	FIELD_OF("changes", FIELD_LIST, change_fields, "how often who did what"),
	FIELD_OF("allow", 0, unused_fields, ""),
	FIELD("complete", SHAPE_FLAG, 0,
	      "false: the audit trail has more than 20000 lines of that time, and the newest count"),
	FIELD_END,
};

struct report {
	struct control *control;
	int64_t since, until, now;
	json_t *list; /* that is being filled */
	uint64_t lines;
};

/* --- days --- */

/* What the database has, or what is known since, of the last days. */
static void add_day(void *ctx, const struct store_day *stored)
{
	const struct report *report = ctx;
	const struct store_day *day;

	for (size_t i = 0; (day = days_at(report->control->days, i)); i++)
		if (!strcmp(day->day, stored->day) && !strcmp(day->policy, stored->policy))
			stored = day;
	json_array_append_new(report->list, day_json(stored));
}

static bool listed(const json_t *list, const struct store_day *day)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i,
			   one) if (!strcmp(json_string_value(json_object_get(one, "day")),
					    day->day) &&
				    !strcmp(json_string_value(json_object_get(one, "policy")),
					    day->policy)) return true;
	return false;
}

/* What is not in the database yet is of today, but for a clock that was set. */
static json_t *days_json(struct report *report)
{
	char from[DAY_TEXT_MAX], to[DAY_TEXT_MAX];
	const struct store_day *day;

	report->list = json_array();
	days_text(report->since, 0, from);
	days_text(report->until - 1, 0, to);
	if (store_days_read(report->control->store, from, to, DAYS_MAX, add_day, report))
		return report->list;
	for (size_t i = 0; (day = days_at(report->control->days, i)); i++)
		if (strcmp(day->day, from) >= 0 && strcmp(day->day, to) <= 0 &&
		    !listed(report->list, day))
			json_array_append_new(report->list, day_json(day));
	return report->list;
}

/* --- incidents --- */

static json_t *classes_json(const uint64_t counts[HOST_CLASSES])
{
	json_t *object = json_object();

	for (enum host_class class = CLASS_MISCONFIGURED; class < HOST_CLASSES; class ++)
		json_object_set_new(object, host_class_word(class), number_json(counts[class]));
	return object;
}

static json_t *incidents_json(const struct report *report)
{
	const struct control *control = report->control;
	uint64_t open[HOST_CLASSES] = {0};
	struct store_report_incidents counts;

	store_report_incidents(control->store, report->since, report->until, &counts);
	for (enum host_class class = CLASS_MISCONFIGURED; class < HOST_CLASSES; class ++)
		open[class] = incidents_class_count(control->incidents, class);
	return json_pack("{s:o, s:o, s:o}", "opened", classes_json(counts.opened), "closed",
			 classes_json(counts.closed), "open", classes_json(open));
}

static int add_stored(void *ctx, struct incident *incident)
{
	json_array_append_new(ctx, incident_brief_json(incident));
	incident_release(incident);
	return 0;
}

static json_t *worst_json(const struct report *report)
{
	const struct control *control = report->control;
	json_t *list = json_array();
	int64_t ids[WORST];
	size_t count;

	store_report_worst(control->store, report->since, report->until, WORST, ids, &count);
	for (size_t i = 0; i < count; i++) {
		const struct incident *incident = incidents_by_id(control->incidents, ids[i]);

		if (incident)
			json_array_append_new(list, incident_brief_json(incident));
		else
			store_incidents_find(control->store, ids[i], add_stored, list);
	}
	return list;
}

/* --- changes --- */

/* Nobody has no name. */
static json_t *by_json(const char *user, uint32_t uid)
{
	return *user ? json_pack("{s:I, s:s}", "uid", (json_int_t)uid, "user", user) : json_null();
}

static void add_contained(void *ctx, const struct store_report_contained *one)
{
	json_array_append_new(ctx, json_pack("{s:o, s:s, s:o, s:b, s:s, s:o}", "time",
					     time_or_null(one->time), "host", one->host, "until",
					     time_or_null(one->until), "automatic", one->automatic,
					     "comment", one->comment, "by",
					     by_json(one->user, one->uid)));
}

static json_t *contained_list(const struct report *report)
{
	json_t *list = json_array();

	store_report_contained(report->control->store, report->since, report->until,
			       CONTAINED_SHOWN, add_contained, list);
	return list;
}

static void add_change(void *ctx, const struct store_report_change *change)
{
	struct report *report = ctx;

	report->lines += change->count;
	json_array_append_new(report->list, json_pack("{s:s, s:o, s:o}", "action", change->action,
						      "by", by_json(change->user, change->uid),
						      "count", number_json(change->count)));
}

static json_t *changes_list(struct report *report)
{
	report->list = json_array();
	store_report_changes(report->control->store, report->since, report->until, add_change,
			     report);
	return report->list;
}

static json_t *unused_json(const struct report *report)
{
	const struct allowlist *list = report->control->allowlist;
	json_t *entries = json_array();
	uint64_t count = 0, unused = 0;

	for (size_t i = 0; i < allowlist_count(list); i++) {
		const struct allow_entry *entry = allowlist_at(list, i);

		if (entry->added >= report->since ||
		    (entry->expires && entry->expires <= report->now))
			continue;
		count++;
		if (entry->hits)
			continue;
		if (unused++ < UNUSED_SHOWN)
			json_array_append_new(entries, entry_json(list, entry, report->now));
	}
	return json_pack("{s:o, s:o, s:o}", "count", number_json(count), "unused",
			 number_json(unused), "entries", entries);
}

/* --- the whole --- */

static json_t *report_json(struct report *report)
{
	json_t *changes = changes_list(report);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "since",
			 time_or_null(report->since), "until", time_or_null(report->until), "days",
			 days_json(report), "incidents", incidents_json(report), "worst",
			 worst_json(report), "contained", contained_list(report), "changes",
			 changes, "allow", unused_json(report), "complete",
			 report->lines < STORE_REPORT_AUDIT);
}

void method_report(struct rpc_call *call, void *ctx)
{
	struct control *control = ctx;
	struct report report = {.control = control, .now = intent_clock().real};

	if (database_turn(control, method_report, call))
		return;
	if (!filter_past(call, "since", report.now, &report.since) ||
	    !filter_past(call, "until", report.now, &report.until))
		return;
	if (!report.until)
		report.until = report.now + 1;
	if (!report.since)
		report.since = report.until - SINCE_PRESET;
	if (report.since >= report.until)
		rpc_fail(call, RPC_INVALID_PARAMS, "since: expected a time before until");
	else if (!store_ready(control->store))
		rpc_fail(call, RPC_DATABASE, "the database cannot be read: %s",
			 store_problem(control->store) ? store_problem(control->store) : "");
	else
		rpc_reply(call, report_json(&report));
}
