/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an incident says of its host: from the tracker, the configuration and the names. */
#ifndef EDGE25_CONTROL_INCIDENT_FACTS_H
#define EDGE25_CONTROL_INCIDENT_FACTS_H

#include "control/control.h"
#include "control/incidents/incidents.h"

/* A new one, opened for @host: since when, and what it did in the last day. */
void incident_begin(const struct control *control, struct incident *incident,
		    const struct host *host, struct allow_clock now);
/* What the host did since; true: something of it is new. */
bool incident_refresh(const struct control *control, struct incident *incident,
		      const struct host *host, struct allow_clock now);
/* Why @host has its class, in words. */
json_t *incident_host_reasons(const struct control *control, const struct host *host);
/* The range of a source whose packets come in by @interface (NULL: not known); NULL: none that is sure. */
const struct config_range *incident_range(const struct config *config, const struct addr *source,
					  const char *interface);
/* Destinations of a host's sample, as log-destinations lets them be told; returns how many. */
unsigned incident_sample(const struct control *control, const struct host *host,
			 struct incident_evidence sample[INCIDENT_EVIDENCE_MAX]);

#endif
