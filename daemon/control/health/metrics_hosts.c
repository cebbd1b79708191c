// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/health/metrics_internal.h"
#include "control/health/status_parts.h"

static void hosts(struct metrics *metrics)
{
	const struct control *control = metrics->control;

	metrics_family(metrics, "gauge", "hosts", NULL,
		       "Hosts that are known, by what they are taken for");
	for (enum host_class class = CLASS_CLEAN; class < HOST_CLASSES; class ++)
		metrics_sample(metrics, metrics_whole(tracker_class_count(control->tracker, class)),
			       "class", host_class_word(class), NULL);
	metrics_family(metrics, "gauge", "incidents_open", NULL, "Incidents that are open");
	for (enum host_class class = CLASS_MISCONFIGURED; class < HOST_CLASSES; class ++)
		metrics_sample(metrics,
			       metrics_whole(incidents_class_count(control->incidents, class)),
			       "class", host_class_word(class), NULL);
	metrics_gauge(metrics, "contained_hosts", NULL, "Hosts that are cut off from port 25",
		      metrics_whole(containment_count(control->containment)));
	metrics_gauge(metrics, "contained_hosts_waiting", NULL,
		      "Of those, that wait for the engine",
		      metrics_whole(containment_waiting(control->containment)));
}

static void entries(struct metrics *metrics)
{
	const struct allowlist *list = metrics->control->allowlist;
	const int64_t now = intent_clock().real;
	uint64_t configured = 0, added = 0, ending = 0, unused = 0;

	for (size_t i = 0; i < allowlist_count(list); i++) {
		const struct allow_entry *entry = allowlist_at(list, i);

		if (entry->expires && entry->expires <= now)
			continue;
		*(i < allowlist_configured(list) ? &configured : &added) += 1;
		ending += entry->expires && entry->expires - now <= EXPIRING_WITHIN;
		unused += !entry->hits;
	}
	metrics_family(metrics, "gauge", "allow_entries", NULL,
		       "Allow entries, by where they come from");
	metrics_sample(metrics, metrics_whole(configured), "origin", "configuration", NULL);
	metrics_sample(metrics, metrics_whole(added), "origin", "socket", NULL);
	metrics_gauge(metrics, "allow_entries_expiring", NULL, "Those that end within a day",
		      metrics_whole(ending));
	metrics_gauge(metrics, "allow_entries_unused", NULL,
		      "Those that nothing was ever let through for", metrics_whole(unused));
}

/* What has a bound of its own, how far it is, and how far it may go. */
static void bounds(struct metrics *metrics)
{
	const struct control *control = metrics->control;
	const struct config_settings *settings = &control->config->settings;
	const struct {
		const char *name;
		uint64_t used, limit;
	} all[] = {
		{"max-hosts", tracker_count(control->tracker), settings->max_hosts},
		{"max-active", tracker_active_count(control->tracker), settings->max_active},
		{"open-incidents", incidents_count(control->incidents), settings->max_active / 2},
		{"contained-hosts", containment_count(control->containment), CONTAINED_MAX},
		{"allow-entries",
		 allowlist_count(control->allowlist) - allowlist_configured(control->allowlist),
		 ALLOWLIST_MAX},
		{"event-file-max", event_file_size(control->event_file), settings->event_file_max},
	};

	metrics_family(metrics, "gauge", "bound_used", NULL,
		       "How much of a bound is used; bytes of a file");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		metrics_sample(metrics, metrics_whole(all[i].used), "bound", all[i].name, NULL);
	metrics_family(metrics, "gauge", "bound_limit", NULL, "The bound");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		metrics_sample(metrics, metrics_whole(all[i].limit), "bound", all[i].name, NULL);
}

void metrics_hosts(struct metrics *metrics)
{
	hosts(metrics);
	entries(metrics);
	bounds(metrics);
}
