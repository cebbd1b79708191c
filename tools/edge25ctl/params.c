// SPDX-License-Identifier: GPL-2.0-or-later
#include "params.h"

#include <string.h>

#include "number.h"
#include "text.h"

#define NUMBERS (OPTION_BIT(OPTION_LIMIT) | OPTION_BIT(OPTION_OFFSET))
#define NAME_BYTES 32 /* no option's name is longer */

static bool value_of(const struct arguments *arguments, enum option_id id, json_t **value)
{
	const char *text = arguments->option[id];
	json_int_t number;

	*value = NULL;
	if (!*option_value(id)) {
		*value = json_true();
	} else if (NUMBERS & OPTION_BIT(id) ||
		   (id == OPTION_AFTER && !text[strspn(text, "0123456789")])) {
		/* Behind a change of an incident, or behind a host. */
		if (number_option(arguments, id, 0, &number))
			*value = json_integer(number);
	} else {
		*value = json_string(text);
		if (!*value)
			text_error("%s: '%s' is not UTF-8", option_name(id), text);
	}
	return *value;
}

bool params_set(const struct arguments *arguments, uint64_t mask, json_t *params)
{
	for (enum option_id id = 0; id < OPTIONS; id++) {
		char name[NAME_BYTES];
		json_t *value;

		if (!(mask & OPTION_BIT(id)) || !arguments->option[id])
			continue;
		if (!value_of(arguments, id, &value))
			return false;
		snprintf(name, sizeof(name), "%s", option_name(id) + 2);
		for (char *dash = name; (dash = strchr(dash, '-'));)
			*dash = '_';
		json_object_set_new(params, name, value);
	}
	return true;
}
