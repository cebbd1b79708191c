// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "control/events/watch_filter.h"
#include "control/methods/filters.h"

const char *const watch_kind_words[] = {
	[WATCH_EVENT] = "event", [WATCH_INCIDENT] = "incident", [WATCH_CHANGE] = "change", NULL};

static const char *text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* events.json: the host where it is known, else the source of the packet. */
static void event_facts(const json_t *event, struct watch_facts *facts, const char **host)
{
	const json_t *alert = json_object_get(event, "alert");
	const json_t *data = json_object_get(alert, "metadata");
	const char *action = text(alert, "action");

	*host = text(data, "host") ? text(data, "host") : text(event, "src_ip");
	facts->policy = text(data, "policy");
	facts->class = text(data, "class");
	facts->verdict = action && strcmp(action, "blocked") == 0 ? WATCH_REFUSED : WATCH_PASSED;
}

static void incident_facts(const json_t *incident, struct watch_facts *facts, const char **host)
{
	const char *action = text(incident, "action");
	const bool refused = action &&
			     (strcmp(action, "refused") == 0 || strcmp(action, "contained") == 0);

	*host = text(incident, "host");
	facts->policy = text(incident, "policy");
	facts->class = text(incident, "class");
	facts->verdict = refused ? WATCH_REFUSED : WATCH_PASSED;
}

struct watch_facts watch_facts(enum watch_kind kind, const json_t *params)
{
	struct watch_facts facts = {.kind = kind};
	const char *host = NULL;

	if (kind == WATCH_EVENT)
		event_facts(params, &facts, &host);
	else if (kind == WATCH_INCIDENT)
		incident_facts(params, &facts, &host);
	if (!host || prefix_parse(host, &facts.host))
		facts.host = (struct prefix){0};
	return facts;
}

static bool same_text(const char *wanted, const char *found)
{
	return found && strcmp(wanted, found) == 0;
}

bool watch_wants(const struct watch_filter *filter, const struct watch_facts *facts)
{
	return filter->kinds & 1u << facts->kind && filter_touches(&facts->host, &filter->host) &&
	       (!*filter->policy || same_text(filter->policy, facts->policy)) &&
	       (!filter->class || same_text(filter->class, facts->class)) &&
	       (!filter->verdict || filter->verdict == facts->verdict);
}
