// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/socket/rpc_schema.h"

static json_t *words_json(const struct rpc_field *field)
{
	json_t *words = json_array();

	for (const char *const *word = field->words; *word; word++)
		json_array_append_new(words, json_string(*word));
	if (field->flags & FIELD_NULL && !(field->flags & FIELD_LIST))
		json_array_append_new(words, json_null());
	return words;
}

/* Of one value, whether or not it is in an array. */
static json_t *shape_schema(const struct rpc_field *field)
{
	switch (field->shape) {
	case SHAPE_NUMBER:
		return json_pack("{s:s}", "type", "integer");
	case SHAPE_REAL:
		return json_pack("{s:s}", "type", "number");
	case SHAPE_FLAG:
		return json_pack("{s:s}", "type", "boolean");
	case SHAPE_TIME:
		return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
	case SHAPE_WORD:
		return json_pack("{s:o}", "enum", words_json(field));
	case SHAPE_OBJECT:
		return rpc_fields_schema(field->fields);
	case SHAPE_COUNTS:
		return json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type",
				 "integer");
	case SHAPE_TEXTS:
		return json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type",
				 "string");
	case SHAPE_ANY:
		return json_pack("{s:s}", "type", "object");
	default:
		return json_pack("{s:s}", "type", "string");
	}
}

static json_t *field_schema(const struct rpc_field *field)
{
	json_t *schema = shape_schema(field), *type;

	if (field->flags & FIELD_LIST)
		schema = json_pack("{s:s, s:o}", "type", "array", "items", schema);
	type = json_object_get(schema, "type");
	if (field->flags & FIELD_NULL && type)
		json_object_set_new(schema, "type", json_pack("[O, s]", type, "null"));
	if (*field->summary)
		json_object_set_new(schema, "description", json_string(field->summary));
	return schema;
}

static void add_fields(const struct rpc_field *field, unsigned flags, json_t *properties,
		       json_t *required)
{
	for (; field->name; field++) {
		if (field->shape == SHAPE_FIELDS) {
			add_fields(field->fields, flags | field->flags, properties, required);
			continue;
		}
		json_object_set_new(properties, field->name, field_schema(field));
		if (!((flags | field->flags) & FIELD_OPTIONAL))
			json_array_append_new(required, json_string(field->name));
	}
}

json_t *rpc_fields_schema(const struct rpc_field *fields)
{
	json_t *properties = json_object(), *required = json_array();

	add_fields(fields, 0, properties, required);
	return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
			 "required", required, "additionalProperties", 0);
}
