// SPDX-License-Identifier: GPL-2.0-or-later
/* What status says of incidents and of contained hosts. */
#include "control/health/status_parts.h"
#include "control/methods/methods.h"

#define WORST 5
#define CONTAINED_SHOWN 20

/* Is @a worse than @b, or as bad and more recent? */
static bool worse(const struct incident *a, const struct incident *b)
{
	return a->class != b->class ? a->class > b->class : a->last_seen > b->last_seen;
}

json_t *status_incidents(const struct control *control)
{
	const struct incident *worst[WORST] = {0}, *one = NULL;
	json_t *list = json_array(), *object;
	size_t found = 0;

	while ((one = incidents_next(control->incidents, one))) {
		size_t at = found;

		if (one->closed || !one->id)
			continue;
		for (; at > 0 && worse(one, worst[at - 1]); at--)
			if (at < WORST)
				worst[at] = worst[at - 1];
		if (at < WORST)
			worst[at] = one;
		found += found < WORST;
	}
	for (size_t i = 0; i < found; i++)
		json_array_append_new(list, incident_brief_json(worst[i]));
	object = json_pack("{s:I, s:o}", "open", (json_int_t)incidents_count(control->incidents),
			   "worst", list);
	for (enum host_class class = CLASS_MISCONFIGURED; class < HOST_CLASSES; class ++)
		json_object_set_new(
			object, host_class_word(class),
			json_integer((json_int_t)incidents_class_count(control->incidents, class)));
	return object;
}

json_t *status_contained(const struct control *control, int64_t now)
{
	const struct contained *one = NULL;
	json_t *list = json_array();

	while ((one = containment_next(control->containment, one)) &&
	       json_array_size(list) < CONTAINED_SHOWN)
		if (contained_now(one))
			json_array_append_new(list, contained_json(one, now));
	return json_pack("{s:I, s:I, s:o}", "count",
			 (json_int_t)containment_count(control->containment), "waiting",
			 (json_int_t)containment_waiting(control->containment), "hosts", list);
}
