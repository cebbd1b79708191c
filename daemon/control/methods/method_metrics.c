// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * metrics: all that can be counted, as families of OpenMetrics. The types are those that Prometheus'
 * older text format has too (no info, no stateset), because node_exporter's textfile collector reads
 * that. No label ever bears a host or another value of which there may be any number.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "control/health/health.h"
#include "control/health/losses.h"
#include "control/health/metrics_internal.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

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

/* --- building --- */

void metrics_family(struct metrics *metrics, const char *type, const char *name, const char *unit,
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

void metrics_sample(struct metrics *metrics, json_t *value, ...)
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

json_t *metrics_whole(uint64_t value)
{
	return json_integer((json_int_t)value);
}

void metrics_gauge(struct metrics *metrics, const char *name, const char *unit, const char *help,
		   json_t *value)
{
	metrics_family(metrics, "gauge", name, unit, help);
	metrics_sample(metrics, value, NULL);
}

/* --- the whole --- */

static void on_reading(void *arg, bool fresh)
{
	struct metrics *metrics = arg;

	metrics->fresh = fresh;
	losses_note(metrics->control);
	metrics->checks = health_checks(metrics->control, fresh);
	metrics->families = json_array();
	metrics_health(metrics);
	metrics_packets(metrics);
	metrics_hosts(metrics);
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
