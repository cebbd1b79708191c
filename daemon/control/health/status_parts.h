/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of what status replies, for those who say the same in another shape too. */
#ifndef EDGE25_CONTROL_STATUS_PARTS_H
#define EDGE25_CONTROL_STATUS_PARTS_H

#include <jansson.h>

#include "control/control.h"
#include "control/socket/rpc_schema.h"

extern const struct rpc_field policy_fields[], totals_fields[],
	day_fields[]; /* status_policies.c */
extern const struct rpc_field check_fields[], table_fields[], lag_fields[], database_fields[],
	disk_fields[], event_file_fields[]; /* status_health.c */

#define EXPIRING_WITHIN 86400 /* seconds; an entry that ends sooner is about to */

/* Has the kernel counters of a policy? */
bool policy_is_counted(const struct control *control, const struct policy *policy);
/* Is a counter of the kernel one of a policy's that is configured? */
bool is_policy_counter(const struct config *config, const char *name);

json_t *status_policies(const struct control *control);
json_t *status_counters(const struct control *control);
json_t *status_totals(const struct control *control);
json_t *day_json(const struct store_day *day);
json_t *status_days(const struct control *control, int64_t now);

json_t *status_table(const struct control *control);
json_t *status_lag(const struct control *control);
json_t *status_database(const struct control *control);
json_t *status_disks(const struct control *control);
json_t *status_event_file(const struct control *control);

/* Incidents and contained hosts. */
json_t *status_incidents(const struct control *control);
json_t *status_contained(const struct control *control, int64_t now);

#endif
