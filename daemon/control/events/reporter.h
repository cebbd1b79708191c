/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which events become lines: the first attempts of a host, one by one up to a number an hour; all
 * that is more as a summary now and then; never more lines a second than the configuration says.
 */
#ifndef EDGE25_CONTROL_REPORTER_H
#define EDGE25_CONTROL_REPORTER_H

#include <jansson.h>
#include <stdbool.h>

#include "control/config/config.h"
#include "control/events/event_file.h"
#include "control/hosts/tracker.h"
#include "control/incidents/incident.h"
#include "control/names/names.h"

struct reporter;

/* Told of each line that was written; takes no reference that it does not make itself. */
typedef void reporter_sink(void *ctx, json_t *event);

/* @names: whose machines they are; NULL: nobody says. */
struct reporter *reporter_new(struct tracker *tracker, struct event_file *file, struct names *names,
			      const struct config *config, reporter_sink *sink, void *ctx);
void reporter_free(struct reporter *reporter);
void reporter_configure(struct reporter *reporter, const struct config *config);
/* @now: CLOCK_REALTIME, ns. */
void reporter_event(struct reporter *reporter, const struct message_event *event, uint64_t now);
/*
 * A line for each host with attempts that no line has told of; call it after a fresh reading.
 * True: the bound on lines a second left some for the next second.
 */
bool reporter_summaries(struct reporter *reporter, uint64_t now);
/* A line for an incident that was opened, or is of another class now. */
void reporter_incident(struct reporter *reporter, const struct incident *incident, uint64_t now);
/* First attempts and incidents that got no line of their own because of the bound on lines a second. */
uint64_t reporter_dropped(const struct reporter *reporter);

#endif
