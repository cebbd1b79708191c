/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between method_metrics.c and its parts, metrics_*.c. Nobody else includes it. */
#ifndef EDGE25_CONTROL_METRICS_INTERNAL_H
#define EDGE25_CONTROL_METRICS_INTERNAL_H

#include "control/control.h"
#include "control/socket/rpc.h"

struct metrics {
	struct control *control;
	struct rpc_call *call;
	bool fresh;
	json_t *checks;             /* as in status */
	json_t *families, *samples; /* the latest family's */
};

/* Begins a family, whose samples follow. @name begins behind "edge25_"; @unit, or NULL, ends it. */
void metrics_family(struct metrics *metrics, const char *type, const char *name, const char *unit,
		    const char *help);
/* Labels and their values follow, then NULL. */
__attribute__((sentinel)) void metrics_sample(struct metrics *metrics, json_t *value, ...);
json_t *metrics_whole(uint64_t value);
/* A gauge that stands alone. */
void metrics_gauge(struct metrics *metrics, const char *name, const char *unit, const char *help,
		   json_t *value);

/* metrics_health.c: what runs, what status looks at, how late it is, where it writes. */
void metrics_health(struct metrics *metrics);
/* metrics_packets.c: what the kernel and the queues count, and what was lost. */
void metrics_packets(struct metrics *metrics);
/* metrics_hosts.c: hosts, incidents, entries, and how far bounds are. */
void metrics_hosts(struct metrics *metrics);

#endif
