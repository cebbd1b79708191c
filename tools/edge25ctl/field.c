// SPDX-License-Identifier: GPL-2.0-or-later
#include "field.h"

#include <time.h>

#include "text.h"

const char *field_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

int64_t field_number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_real(value) ? (int64_t)json_real_value(value) : json_integer_value(value);
}

bool field_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

int64_t field_age(const json_t *object, const char *name, const json_t *reference)
{
	time_t then = text_moment(field_text(object, name));
	time_t now = text_moment(field_text(reference, "now"));

	return then < 0 || now < 0 ? -1 : now < then ? 0 : now - then;
}
