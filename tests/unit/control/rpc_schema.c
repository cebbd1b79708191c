// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of fields as JSON schemas. */
#include "../unit.h"

#include <string.h>

#include "control/socket/rpc_schema.h"

static const char *const words[] = {"yes", "no", NULL};

static const struct rpc_field inner[] = {
	FIELD("x", SHAPE_NUMBER, 0, ""),
	FIELD_END,
};

static const struct rpc_field outer[] = {
	FIELD("text", SHAPE_TEXT, FIELD_NULL, "what it says"),
	FIELD("times", SHAPE_TIME, FIELD_LIST | FIELD_OPTIONAL, ""),
	FIELD_WORD("word", FIELD_NULL, words, ""),
	FIELD_OF("object", FIELD_NULL, inner, ""),
	FIELD("counts", SHAPE_COUNTS, 0, ""),
	FIELD_END,
};

static const struct rpc_field joined[] = {
	FIELDS_IF_ANY(outer),
	FIELD("text", SHAPE_TEXT, 0, ""),
	FIELDS_OF(inner),
	FIELD_END,
};

static void assert_schema(const struct rpc_field *fields, const char *expected)
{
	json_t *schema = rpc_fields_schema(fields), *wanted = json_loads(expected, 0, NULL);
	char *text = json_dumps(schema, JSON_COMPACT | JSON_SORT_KEYS);

	assert_non_null(wanted);
	if (!json_equal(schema, wanted))
		fail_msg("%s", text);
	free(text);
	json_decref(schema);
	json_decref(wanted);
}

static void test_shapes(void **state)
{
	(void)state;
	assert_schema(outer,
		      "{\"type\":\"object\",\"additionalProperties\":false,"
		      "\"required\":[\"text\",\"word\",\"object\",\"counts\"],\"properties\":{"
		      "\"text\":{\"type\":[\"string\",\"null\"],\"description\":\"what it says\"},"
		      "\"times\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
		      "\"format\":\"date-time\"}},"
		      "\"word\":{\"enum\":[\"yes\",\"no\",null]},"
		      "\"object\":{\"type\":[\"object\",\"null\"],\"additionalProperties\":false,"
		      "\"required\":[\"x\"],\"properties\":{\"x\":{\"type\":\"integer\"}}},"
		      "\"counts\":{\"type\":\"object\","
		      "\"additionalProperties\":{\"type\":\"integer\"}}}}");
}

/* Of a table that is taken in, fields may be missing; one that stands here besides is needed. */
static void test_tables_in_tables(void **state)
{
	json_t *schema = rpc_fields_schema(joined), *required;

	(void)state;
	required = json_object_get(schema, "required");
	assert_int_equal(json_array_size(required), 2);
	assert_string_equal(json_string_value(json_array_get(required, 0)), "text");
	assert_string_equal(json_string_value(json_array_get(required, 1)), "x");
	assert_int_equal(json_object_size(json_object_get(schema, "properties")), 6);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_tables_in_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
