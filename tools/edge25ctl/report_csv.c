// SPDX-License-Identifier: GPL-2.0-or-later
/* The report as one table: a record for each thing, and what it is in the first column. */
#include "csv_out.h"
#include "field.h"
#include "report.h"

/* Each kind of record has some of them. New ones come last. */
static const char *const columns[] = {
	"record",   "time",    "until",  "policy",     "class",        "host",
	"name",     "id",      "from",   "to",         "user",         "what",
	"attempts", "refused", "passed", "unanswered", "destinations", "opened",
	"closed",   "open",    "count",  "unused",     "comment",      NULL,
};

/* A record of @kind with some members of @from, by the name of the column: "time", "opened", ... */
static json_t *record_of(const char *kind, const json_t *from, const char *const (*members)[2])
{
	json_t *record = json_pack("{s:s}", "record", kind);

	for (size_t i = 0; members[i][0]; i++)
		json_object_set(record, members[i][0], json_object_get(from, members[i][1]));
	return record;
}

static void add_list(json_t *records, const char *kind, const json_t *list,
		     const char *const (*members)[2])
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *user = field_text(json_object_get(one, "by"), "user");
		json_t *record = record_of(kind, one, members);

		if (*user)
			json_object_set_new(record, "user", json_string(user));
		json_array_append_new(records, record);
	}
}

static void add_incidents(json_t *records, const json_t *incidents)
{
	static const char *const classes[] = {"infected", "suspect", "misconfigured"};
	static const char *const counts[] = {"opened", "closed", "open"};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		json_t *record =
			json_pack("{s:s, s:s}", "record", "incidents", "class", classes[i]);

		for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]); j++)
			json_object_set(record, counts[j],
					json_object_get(json_object_get(incidents, counts[j]),
							classes[i]));
		json_array_append_new(records, record);
	}
}

void report_csv(FILE *out, const json_t *report)
{
	static const char *const whole[][2] = {{"time", "since"}, {"until", "until"}, {NULL, NULL}};
	static const char *const day[][2] = {
		{"time", "day"},        {"policy", "policy"}, {"attempts", "attempts"},
		{"refused", "refused"}, {"passed", "passed"}, {"unanswered", "unanswered"},
		{NULL, NULL},
	};
	static const char *const worst[][2] = {
		{"time", "opened"},
		{"until", "closed"},
		{"policy", "policy"},
		{"class", "class"},
		{"host", "host"},
		{"name", "name"},
		{"id", "id"},
		{"what", "action"},
		{"attempts", "attempts"},
		{"destinations", "destinations"},
		{"comment", "reasons"},
		{NULL, NULL},
	};
	static const char *const contained[][2] = {
		{"time", "time"},       {"until", "until"}, {"host", "host"},
		{"comment", "comment"}, {NULL, NULL},
	};
	static const char *const change[][2] = {
		{"what", "action"}, {"count", "count"}, {NULL, NULL}};
	static const char *const allow[][2] = {
		{"count", "count"}, {"unused", "unused"}, {NULL, NULL}};
	static const char *const entry[][2] = {
		{"time", "added"}, {"until", "expires"}, {"name", "name"},       {"id", "id"},
		{"from", "from"},  {"to", "to"},         {"comment", "comment"}, {NULL, NULL},
	};
	const json_t *entries = json_object_get(report, "allow");
	json_t *records = json_array();

	json_array_append_new(records, record_of("report", report, whole));
	add_list(records, "day", json_object_get(report, "days"), day);
	add_incidents(records, json_object_get(report, "incidents"));
	add_list(records, "worst", json_object_get(report, "worst"), worst);
	add_list(records, "contained", json_object_get(report, "contained"), contained);
	add_list(records, "changes", json_object_get(report, "changes"), change);
	json_array_append_new(records, record_of("allow", entries, allow));
	add_list(records, "unused", json_object_get(entries, "entries"), entry);
	csv_print(out, records, columns, CSV_GUARDED);
	json_decref(records);
}
