/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An incident: what one host did from the first sign until it was quiet for `incident-quiet`. One for
 * each host at a time, however much it does.
 *
 * Hosts that are misconfigured have incidents too: the printer is to be found as well. They are told
 * apart by their class, which follows the host's while the incident is open, with two exceptions: what
 * was infected stays so, and nothing becomes clean but by being quiet.
 */
#ifndef EDGE25_CONTROL_INCIDENT_H
#define EDGE25_CONTROL_INCIDENT_H

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/policy.h"

#define INCIDENT_EVIDENCE_MAX 12 /* attempts that are kept as a sample */
#define INCIDENT_TEXT_MAX 128    /* of a range's or a machine's name, with NUL */

/* What was done to the host's packets, the most that was. */
enum incident_action {
	INCIDENT_NONE,      /* a policy that monitors */
	INCIDENT_WATCHED,   /* one that guards: they passed */
	INCIDENT_REFUSED,   /* one that blocks */
	INCIDENT_CONTAINED, /* it was cut off, until contained_until */
	INCIDENT_ACTIONS
};

/* One attempt of the sample. Destinations as log-destinations lets them be told. */
struct incident_evidence {
	int64_t time;
	struct addr source, destination; /* family 0: not told */
	uint16_t source_port, destination_port;
	bool answered; /* a handshake was completed */
};

/* What is owed: the database has it; the database did not take it, but it was told; with a batch; now. */
enum incident_write { INCIDENT_WRITTEN, INCIDENT_TOLD, INCIDENT_BATCH, INCIDENT_AT_ONCE };

/* Times are seconds since 1970, UTC. */
struct incident {
	int64_t id;     /* 0: not numbered yet, nobody was told */
	int64_t change; /* grows with every change of any incident */
	int64_t opened, closed;
	int64_t first_seen, last_seen;
	int64_t contained_until; /* 0: it was not */
	uint64_t attempts, destinations;
	struct prefix host;
	uint8_t class;  /* enum host_class */
	uint8_t action; /* enum incident_action */
	bool verified, shared;
	uint8_t mac_length; /* 0 or 6 */
	uint8_t mac[6];
	char policy[POLICY_NAME_MAX];
	char range[INCIDENT_TEXT_MAX]; /* "": not known; so the others */
	char interface[IF_NAMESIZE];
	char name[INCIDENT_TEXT_MAX];
	const char *name_source; /* static text, or NULL */
	char *reasons;           /* a JSON array of texts; NULL: none */
	unsigned evidence_count;
	struct incident_evidence evidence[INCIDENT_EVIDENCE_MAX];
	/* of those who keep it: */
	int64_t quiet_ms;       /* CLOCK_BOOTTIME since when it is quiet; may be before the boot */
	uint64_t host_attempts; /* of the host's record, as they were counted here last */
	uint64_t host_destinations;
	bool line_due; /* events.json is to have a line: it was opened, or has another class */
};

/* Takes over @reasons, a JSON array; with its texts as they are. */
void incident_reasons(struct incident *incident, json_t *reasons);
void incident_release(struct incident *incident);

/* "02:00:5e:10:00:01", or NULL where it is not known. */
const char *incident_mac_text(const struct incident *incident, char text[18]);
/* As every method, event and notification shows it. */
json_t *incident_json(const struct incident *incident);
/* The same without evidence. */
json_t *incident_brief_json(const struct incident *incident);
json_t *incident_evidence_json(const struct incident *incident);
/* The reverse, from the database; what cannot be read is left out. */
void incident_evidence_read(struct incident *incident, const char *text);
/* Who may say a name; NULL at the end. */
extern const char *const incident_name_sources[];
/* "label", "dnsmasq", ...: the same text that lives as long as we; NULL for one that is not known. */
const char *incident_name_source(const char *word);

#endif
