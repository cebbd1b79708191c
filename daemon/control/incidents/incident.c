// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/times.h"
#include "control/hosts/host_class.h"
#include "control/incidents/incident.h"
#include "control/methods/methods.h"

static const char *const actions[INCIDENT_ACTIONS] = {
	[INCIDENT_NONE] = "none",
	[INCIDENT_WATCHED] = "watched",
	[INCIDENT_REFUSED] = "refused",
	[INCIDENT_CONTAINED] = "contained",
};

static const char *action_word(unsigned action)
{
	return action < INCIDENT_ACTIONS ? actions[action] : NULL;
}

const char *const incident_name_sources[] = {"label", "dnsmasq", "odhcpd", "isc", "kea", NULL};

const char *incident_name_source(const char *word)
{
	for (const char *const *known = incident_name_sources; word && *known; known++)
		if (strcmp(*known, word) == 0)
			return *known;
	return NULL;
}

void incident_reasons(struct incident *incident, json_t *reasons)
{
	char *text = reasons ? json_dumps(reasons, JSON_COMPACT) : NULL;

	json_decref(reasons);
	if (!text)
		return; /* the older ones are better than none */
	free(incident->reasons);
	incident->reasons = text;
}

void incident_release(struct incident *incident)
{
	free(incident->reasons);
	incident->reasons = NULL;
}

/* --- evidence --- */

static json_t *addr_json(const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	return addr->family ? json_string(addr_format(addr, text)) : json_null();
}

json_t *incident_evidence_json(const struct incident *incident)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < incident->evidence_count; i++) {
		const struct incident_evidence *one = &incident->evidence[i];

		json_array_append_new(
			list,
			json_pack("{s:o, s:o, s:i, s:o, s:i, s:b}", "time", time_or_null(one->time),
				  "src_ip", addr_json(&one->source), "src_port", one->source_port,
				  "dest_ip", addr_json(&one->destination), "dest_port",
				  one->destination_port, "answered", one->answered));
	}
	return list;
}

static struct addr addr_member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct addr addr = {0};

	if (text && addr_parse(text, &addr))
		addr = (struct addr){0};
	return addr;
}

void incident_evidence_read(struct incident *incident, const char *text)
{
	json_t *list = json_loads(text, 0, NULL), *one;
	size_t i;

	incident->evidence_count = 0;
	json_array_foreach(list, i, one)
	{
		struct incident_evidence *to = &incident->evidence[incident->evidence_count];
		const char *time = json_string_value(json_object_get(one, "time"));

		if (i == INCIDENT_EVIDENCE_MAX)
			break;
		*to = (struct incident_evidence){
			.source = addr_member(one, "src_ip"),
			.destination = addr_member(one, "dest_ip"),
			.source_port =
				(uint16_t)json_integer_value(json_object_get(one, "src_port")),
			.destination_port =
				(uint16_t)json_integer_value(json_object_get(one, "dest_port")),
			.answered = json_is_true(json_object_get(one, "answered")),
		};
		if (time && date_parse(time, &to->time) == 0)
			incident->evidence_count++;
	}
	json_decref(list);
}

/* --- the whole --- */

const char *incident_mac_text(const struct incident *incident, char text[18])
{
	const uint8_t *m = incident->mac;

	if (!incident->mac_length)
		return NULL;
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return text;
}

static json_t *text_or_null(const char *text)
{
	return string_or_null(text[0] ? text : NULL);
}

static json_t *reasons_json(const struct incident *incident)
{
	json_t *reasons = incident->reasons ? json_loads(incident->reasons, 0, NULL) : NULL;

	if (json_is_array(reasons))
		return reasons;
	json_decref(reasons);
	return json_array();
}

json_t *incident_brief_json(const struct incident *incident)
{
	char host[PREFIX_TEXT_MAX], mac[18];
	json_t *object = json_pack("{s:I, s:I, s:s, s:s, s:s, s:o}", "id", (json_int_t)incident->id,
				   "change", (json_int_t)incident->change, "state",
				   incident->closed ? "closed" : "open", "host",
				   prefix_format(&incident->host, host), "class",
				   host_class_word(incident->class), "reasons",
				   reasons_json(incident));

	if (!object)
		return NULL;
	json_object_set_new(object, "policy", text_or_null(incident->policy));
	json_object_set_new(object, "range", text_or_null(incident->range));
	json_object_set_new(object, "interface", text_or_null(incident->interface));
	json_object_set_new(object, "mac", string_or_null(incident_mac_text(incident, mac)));
	json_object_set_new(object, "name", text_or_null(incident->name));
	json_object_set_new(object, "name_source",
			    string_or_null(incident->name[0] ? incident->name_source : NULL));
	json_object_set_new(object, "verified", json_boolean(incident->verified));
	json_object_set_new(object, "shared", json_boolean(incident->shared));
	json_object_set_new(object, "opened", time_or_null(incident->opened));
	json_object_set_new(object, "closed", time_or_null(incident->closed));
	json_object_set_new(object, "first_seen", time_or_null(incident->first_seen));
	json_object_set_new(object, "last_seen", time_or_null(incident->last_seen));
	/* the kernel's count comes with the next reading: until then, one for each destination */
	json_object_set_new(object, "attempts",
			    json_integer((json_int_t)(incident->attempts ?
							      incident->attempts :
							      incident->destinations)));
	json_object_set_new(object, "destinations",
			    json_integer((json_int_t)incident->destinations));
	json_object_set_new(object, "action", json_string(action_word(incident->action)));
	json_object_set_new(object, "contained_until", time_or_null(incident->contained_until));
	return object;
}

json_t *incident_json(const struct incident *incident)
{
	json_t *object = incident_brief_json(incident);

	if (object)
		json_object_set_new(object, "evidence", incident_evidence_json(incident));
	return object;
}
