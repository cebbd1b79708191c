// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/events/event_json.h"
#include "control/events/reporter.h"
#include "control/hosts/tracker_config.h"

#define SECOND UINT64_C(1000000000)
#define HOUR (3600 * SECOND)

#define PLACES 64 /* where sources that cannot be true came from; the quietest makes room */

struct place {
	uint64_t hour; /* since 1970, that the lines were written in */
	uint64_t last;
	uint32_t interface;
	uint32_t lines;
	uint8_t mac[6];
};

struct reporter {
	struct place places[PLACES];
	struct tracker *tracker;
	struct event_file *file;
	struct names *names;
	const struct config *config;
	reporter_sink *sink;
	void *ctx;
	uint64_t second; /* since 1970, that @lines were written in */
	uint64_t lines;
	uint64_t dropped;
};

struct reporter *reporter_new(struct tracker *tracker, struct event_file *file, struct names *names,
			      const struct config *config, reporter_sink *sink, void *ctx)
{
	struct reporter *reporter = calloc(1, sizeof(*reporter));

	if (!reporter)
		return NULL;
	reporter->tracker = tracker;
	reporter->file = file;
	reporter->names = names;
	reporter->config = config;
	reporter->sink = sink;
	reporter->ctx = ctx;
	tracker_configure(tracker, config);
	return reporter;
}

void reporter_free(struct reporter *reporter)
{
	free(reporter);
}

void reporter_configure(struct reporter *reporter, const struct config *config)
{
	reporter->config = config;
	tracker_configure(reporter->tracker, config);
}

/* May one more line be written in this second? */
static bool rate_allows(struct reporter *reporter, uint64_t now)
{
	if (now / SECOND != reporter->second) {
		reporter->second = now / SECOND;
		reporter->lines = 0;
	}
	if (reporter->lines >= reporter->config->settings.events_per_second)
		return false;
	reporter->lines++;
	return true;
}

static unsigned destinations(const struct reporter *reporter)
{
	return (unsigned)reporter->config->settings.log_destinations;
}

/* A line that the file does not take still reaches those who watch. */
static void put(struct reporter *reporter, json_t *event)
{
	if (!event)
		return;
	event_file_write(reporter->file, event);
	reporter->sink(reporter->ctx, event);
	json_decref(event);
}

static bool host_allows(const struct reporter *reporter, struct host_lines *lines, uint64_t now)
{
	if (!lines) /* no room to know more than that it is new */
		return true;
	if (now / HOUR != lines->hour) {
		lines->hour = now / HOUR;
		lines->hour_lines = 0;
	}
	return lines->hour_lines < reporter->config->settings.events_per_host;
}

static void wrote(const struct reporter *reporter, struct host *host, uint64_t attempts,
		  uint64_t in_all)
{
	struct host_lines *lines = host_lines(reporter->tracker, host);

	host->untold -= (int32_t)attempts;
	if (!lines)
		return;
	lines->last_attempts = in_all;
	lines->written_destinations = host_destinations(reporter->tracker, host);
}

/* Was the host refused since its last summary? */
static bool was_refused(const struct host *host, struct host_lines *lines)
{
	uint64_t before = lines ? lines->last_refused : 0;

	if (lines)
		lines->last_refused = host->refused;
	return host->refused > before;
}

static const uint8_t *event_mac(const struct message_event *event)
{
	return event->mac_length == sizeof(event->mac) ? event->mac : NULL;
}

static struct place *place_of(struct reporter *reporter, const struct message_event *event)
{
	struct place *oldest = reporter->places;

	for (size_t i = 0; i < PLACES; i++) {
		struct place *place = &reporter->places[i];

		if (place->last && place->interface == event->interface &&
		    memcmp(place->mac, event->mac, sizeof(place->mac)) == 0)
			return place;
		if (place->last < oldest->last)
			oldest = place;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->interface = event->interface;
	memcpy(oldest->mac, event->mac, sizeof(oldest->mac));
	return oldest;
}

/* Not held against the address it names: what bounds the lines is where it came from. */
static void untrue_event(struct reporter *reporter, const struct message_event *event, uint64_t now)
{
	const struct addr nobody = {0}; /* the MAC address alone tells who it may be */
	struct place *place = place_of(reporter, event);
	struct names_found found;

	if (place->hour != now / HOUR) {
		place->hour = now / HOUR;
		place->lines = 0;
	}
	place->last = now;
	if (place->lines >= reporter->config->settings.events_per_host)
		return;
	if (!rate_allows(reporter, now)) {
		reporter->dropped++;
		return;
	}
	place->lines++;
	names_find(reporter->names, &nobody, event_mac(event), now, &found);
	put(reporter, event_json_untrue(event, config_policy(reporter->config, event->policy),
					&found, destinations(reporter)));
}

static struct tracker_source source_of_event(const struct config *config,
					     const struct message_event *event)
{
	const struct policy *policy = config_policy(config, event->policy);
	char name[IF_NAMESIZE];
	const struct config_trust trust =
		config_trust(config, &event->source,
			     event->interface ? if_indextoname(event->interface, name) : NULL);

	return (struct tracker_source){
		.policy = event->policy,
		.length6 = policy ? policy->host_prefix6 : POLICY_HOST_PREFIX6_MAX,
		.verified = trust.verified,
		.shared = trust.shared,
		.watched = policy && policy == config->watched,
	};
}

void reporter_event(struct reporter *reporter, const struct message_event *event, uint64_t now)
{
	const struct policy *policy = config_policy(reporter->config, event->policy);
	const struct tracker_source source = source_of_event(reporter->config, event);
	struct names_found found;
	struct host_lines *lines;
	struct host *host;
	bool fresh;

	if (!addr_size(event->source.family))
		return;
	if (event->kind == MESSAGE_UNTRUE) {
		untrue_event(reporter, event, now);
		return;
	}
	host = tracker_event(reporter->tracker, event, &source, &fresh);
	if (!host || !fresh)
		return;
	lines = host_lines(reporter->tracker, host);
	if (!host_allows(reporter, lines, now))
		return;
	if (!rate_allows(reporter, now)) {
		reporter->dropped++;
		return;
	}
	if (lines)
		lines->hour_lines++;
	wrote(reporter, host, 1, host_tries(reporter->tracker, host));
	names_find(reporter->names, &event->source, event_mac(event), now, &found);
	put(reporter, event_json_attempt(event, reporter->tracker, host, policy, &found,
					 destinations(reporter)));
}

/*
 * A tally may be read before its packets are told of: then lines have told of all of them, and the last
 * line still has an older sum.
 */
static bool all_told(struct reporter *reporter, const struct host *host)
{
	const struct host_lines *lines = host_lines(reporter->tracker, host);

	return host->untold <= 0 && (!lines || host_attempts(host) <= lines->last_attempts);
}

bool reporter_summaries(struct reporter *reporter, uint64_t now)
{
	struct tracker *tracker = reporter->tracker;

	for (struct host *host = tracker_next(tracker, NULL); host;
	     host = tracker_next(tracker, host)) {
		struct host_lines *lines = host_lines(tracker, host);
		struct event_period period = {0};
		struct names_found found;

		if (all_told(reporter, host))
			continue;
		if (!rate_allows(reporter, now))
			return true;
		if (host->untold > 0)
			period.attempts = (uint32_t)host->untold;
		if (lines)
			period.destinations =
				host_destinations(tracker, host) - lines->written_destinations;
		period.refused = was_refused(host, lines);
		host_names(reporter->names, tracker, host, now, &found);
		put(reporter,
		    event_json_summary(tracker, host, config_policy(reporter->config, host->policy),
				       period, now, &found, destinations(reporter)));
		wrote(reporter, host, period.attempts, host_attempts(host));
	}
	return false;
}

void reporter_incident(struct reporter *reporter, const struct incident *incident, uint64_t now)
{
	if (rate_allows(reporter, now))
		put(reporter, event_json_incident(incident, now));
	else
		reporter->dropped++;
}

uint64_t reporter_dropped(const struct reporter *reporter)
{
	return reporter->dropped;
}
