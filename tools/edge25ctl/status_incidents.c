// SPDX-License-Identifier: GPL-2.0-or-later
#include "contain.h"
#include "field.h"
#include "incident.h"
#include "status.h"

/* "2 infected, 1 suspect, 4 misconfigured", without those that are none. */
void status_classes(const json_t *counts, char *text, size_t size)
{
	static const char *const classes[] = {"infected", "suspect", "misconfigured"};
	char number[TEXT_NUMBER_MAX];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const int64_t count = field_number(counts, classes[i]);

		if (count && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s %s",
						 used ? ", " : "", text_number(count, number),
						 classes[i]);
	}
}

static int print_open(const struct screen *screen, const json_t *incidents)
{
	const json_t *worst = json_object_get(incidents, "worst");
	char classes[128], text[256];

	if (!json_array_size(worst))
		return 0;
	status_classes(incidents, classes, sizeof(classes));
	snprintf(text, sizeof(text), "INCIDENTS open: %s%s", classes,
		 (size_t)field_number(incidents, "open") > json_array_size(worst) ? "; the worst:" :
										    "");
	status_heading(screen, field_number(incidents, "infected") ? STYLE_BAD : STYLE_WARN, text);
	incident_table(screen, worst, 2);
	return 0;
}

static int print_contained(const struct screen *screen, const json_t *contained)
{
	const int64_t count = field_number(contained, "count");
	const int64_t waiting = field_number(contained, "waiting");
	char number[TEXT_NUMBER_MAX], other[TEXT_NUMBER_MAX], text[128];

	if (!count)
		return 0;
	snprintf(text, sizeof(text), "CONTAINED: %s cut off from port 25%s%s%s",
		 text_number(count, number), waiting ? ", " : "",
		 waiting ? text_number(waiting, other) : "",
		 waiting ? " of which wait for the engine" : "");
	status_heading(screen, waiting ? STYLE_WARN : STYLE_BOLD, text);
	return contained_table(screen, json_object_get(contained, "hosts"), 2);
}

int status_incidents_print(const struct screen *screen, const json_t *status)
{
	int error = print_open(screen, json_object_get(status, "incidents"));

	return error ? error : print_contained(screen, json_object_get(status, "contained"));
}
