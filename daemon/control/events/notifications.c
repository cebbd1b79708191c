// SPDX-License-Identifier: GPL-2.0-or-later
/* What those who watch are told, as tables: rpc.discover describes it. */
#include "control/methods/method_tables.h"

static const char *const event_types[] = {"alert", NULL};
static const char *const event_actions[] = {"blocked", "allowed", NULL};

/* Of attempts and summaries; the lines of incidents have the incident's fields instead. */
static const struct rpc_field metadata_fields[] = {
	FIELDS_IF_ANY(incident_fields),
	FIELD_WORD("class", FIELD_OPTIONAL, class_words, "of the host"),
	FIELD_WORD("mode", FIELD_OPTIONAL | FIELD_NULL, mode_words, "of the policy"),
	FIELD("incident", SHAPE_NUMBER, FIELD_OPTIONAL, "its id"),
	FIELD("host_name", SHAPE_TEXT, FIELD_OPTIONAL, "what it calls itself, beside a label"),
	FIELD("would_be", SHAPE_TEXT, FIELD_OPTIONAL, "what block had done"),
	FIELD("reason", SHAPE_TEXT, FIELD_OPTIONAL, "where the mode alone does not say it"),
	FIELD("summary", SHAPE_FLAG, FIELD_OPTIONAL, "of a period"),
	FIELD("refused", SHAPE_NUMBER, FIELD_OPTIONAL, ""),
	FIELD("passed", SHAPE_NUMBER, FIELD_OPTIONAL, ""),
	FIELD("period_attempts", SHAPE_NUMBER, FIELD_OPTIONAL, ""),
	FIELD("period_destinations", SHAPE_NUMBER, FIELD_OPTIONAL, ""),
	FIELD("first_seen", SHAPE_TEXT, FIELD_OPTIONAL | FIELD_NULL, ""),
	FIELD_END,
};

static const struct rpc_field alert_fields[] = {
	FIELD_WORD("action", 0, event_actions, ""),
	FIELD("gid", SHAPE_NUMBER, 0, ""),
	FIELD("signature_id", SHAPE_NUMBER, 0, ""),
	FIELD("rev", SHAPE_NUMBER, 0, ""),
	FIELD("signature", SHAPE_TEXT, 0, ""),
	FIELD("category", SHAPE_TEXT, 0, ""),
	FIELD("severity", SHAPE_NUMBER, 0, "1, infected, to 3, an old mail setting"),
	FIELD_OF("metadata", 0, metadata_fields, ""),
	FIELD_END,
};

static const struct rpc_field event_fields[] = {
	FIELD("timestamp", SHAPE_TEXT, 0, "2026-12-01T12:00:00.123456+0000, as Suricata writes it"),
	FIELD_WORD("event_type", 0, event_types, ""),
	FIELD("src_ip", SHAPE_TEXT, 0, ""),
	FIELD("src_port", SHAPE_NUMBER, 0, ""),
	FIELD("dest_ip", SHAPE_TEXT, FIELD_OPTIONAL, "as log-destinations lets it be told"),
	FIELD("dest_port", SHAPE_NUMBER, 0, ""),
	FIELD("proto", SHAPE_TEXT, 0, ""),
	FIELD("in_iface", SHAPE_TEXT, FIELD_OPTIONAL, ""),
	FIELD_OF("alert", 0, alert_fields, ""),
	FIELD_END,
};

static const struct rpc_field change_fields[] = {
	FIELD("time", SHAPE_TIME, 0, ""),
	FIELD("method", SHAPE_TEXT, 0, "that changed something"),
	FIELD("text", SHAPE_TEXT, 0, "what, for people"),
	FIELD_OF("by", FIELD_NULL, by_fields, "null: a signal"),
	FIELD_END,
};

static const struct rpc_field lost_fields[] = {
	FIELD("count", SHAPE_NUMBER, 0, "notifications that this client was too slow for"),
	FIELD_END,
};

const struct rpc_kind rpc_notifications[] = {
	{"event", "A line of events.json", event_fields},
	{"incident", "An incident that was opened, or changed its class, action or state",
	 incident_fields},
	{"change", "What somebody changed", change_fields},
	{"events.lost", "What was not told", lost_fields},
	{NULL, NULL, NULL},
};
