// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/addr.h"
#include "control/config/prefix_error.h"
#include "control/socket/rpc_params.h"

#define TEXT_MAX 1024 /* bytes of a comment or a date */

static int bad(char message[RPC_MESSAGE_MAX], const char *name, const char *expected)
{
	snprintf(message, RPC_MESSAGE_MAX, "%s: expected %s", name, expected);
	return -EINVAL;
}

static int check_text(const struct rpc_param *param, const json_t *value,
		      char message[RPC_MESSAGE_MAX])
{
	if (!json_is_string(value))
		return bad(message, param->name, "a string");
	if (json_string_length(value) > TEXT_MAX)
		return bad(message, param->name, "at most 1024 bytes");
	for (const char *p = json_string_value(value); *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return bad(message, param->name, "text without control characters");
	return 0;
}

static int check_id(const struct rpc_param *param, const json_t *value,
		    char message[RPC_MESSAGE_MAX])
{
	if (json_is_integer(value) && json_integer_value(value) > 0)
		return 0;
	return bad(message, param->name, "a number from 1 up");
}

static int check_prefix(const struct rpc_param *param, const json_t *value,
			char message[RPC_MESSAGE_MAX])
{
	char error[PREFIX_ERROR_MAX];
	struct prefix prefix;

	if (!json_is_string(value))
		return bad(message, param->name, "a string with an IPv4 or IPv6 prefix");
	if (prefix_read(json_string_value(value), &prefix, error) == 0)
		return 0;
	snprintf(message, RPC_MESSAGE_MAX, "%s: %s", param->name, error);
	return -EINVAL;
}

static int check_destination(const struct rpc_param *param, const json_t *value,
			     char message[RPC_MESSAGE_MAX])
{
	char error[PREFIX_ERROR_MAX], name[DOMAIN_NAME_MAX];
	struct prefix prefix;

	if (!json_is_string(value))
		return bad(message, param->name, "a string with an IPv4 or IPv6 prefix, or a name");
	if (destination_read(json_string_value(value), &prefix, name, error) == 0)
		return 0;
	snprintf(message, RPC_MESSAGE_MAX, "%s: %s", param->name, error);
	return -EINVAL;
}

static int check_address(const struct rpc_param *param, const json_t *value,
			 char message[RPC_MESSAGE_MAX])
{
	struct addr addr;

	if (!json_is_string(value))
		return bad(message, param->name, "a string with an IPv4 or IPv6 address");
	if (addr_parse(json_string_value(value), &addr) == 0)
		return 0;
	snprintf(message, RPC_MESSAGE_MAX, "%s: %.64s is not an IPv4 or IPv6 address", param->name,
		 json_string_value(value));
	return -EINVAL;
}

static int check_flag(const struct rpc_param *param, const json_t *value,
		      char message[RPC_MESSAGE_MAX])
{
	return json_is_boolean(value) ? 0 : bad(message, param->name, "true or false");
}

static int check_number(const struct rpc_param *param, const json_t *value,
			char message[RPC_MESSAGE_MAX])
{
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return 0;
	return bad(message, param->name, "a number from 0 up");
}

static int check_word(const struct rpc_param *param, const json_t *value,
		      char message[RPC_MESSAGE_MAX])
{
	const char *text = json_string_value(value);
	int n;

	for (const char *const *word = param->words; text && *word; word++)
		if (strcmp(*word, text) == 0)
			return 0;
	n = snprintf(message, RPC_MESSAGE_MAX, "%s: expected one of", param->name);
	for (const char *const *word = param->words; *word; word++)
		n += snprintf(message + n, (size_t)(RPC_MESSAGE_MAX - n), "%s %s",
			      word == param->words ? "" : ",", *word);
	return -EINVAL;
}

static int check_words(const struct rpc_param *param, const json_t *value,
		       char message[RPC_MESSAGE_MAX])
{
	const json_t *word;
	size_t i;

	if (!json_array_size(value))
		return bad(message, param->name, "an array of words, one at least");
	json_array_foreach(value, i, word)
	{
		if (check_word(param, word, message))
			return -EINVAL;
		for (size_t j = 0; j < i; j++)
			if (json_equal(word, json_array_get(value, j)))
				return bad(message, param->name, "each word once");
	}
	return 0;
}

static int check_ids(const struct rpc_param *param, const json_t *value,
		     char message[RPC_MESSAGE_MAX])
{
	const size_t count = json_array_size(value);
	int result = count && count <= RPC_IDS_MAX ? 0 : -EINVAL;

	for (size_t i = 0; i < count && !result; i++)
		result = check_id(param, json_array_get(value, i), message);
	if (result)
		bad(message, param->name, "an array of 1 to 1000 numbers from 1 up");
	return result;
}

static int check_objects(const struct rpc_param *param, const json_t *value,
			 char message[RPC_MESSAGE_MAX])
{
	if (!json_is_array(value))
		return bad(message, param->name, "an array of objects");
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_object(json_array_get(value, i)))
			return bad(message, param->name, "an array of objects");
	return 0;
}

/* By enum rpc_type. */
static const struct {
	int (*check)(const struct rpc_param *param, const json_t *value,
		     char message[RPC_MESSAGE_MAX]);
	const char *word;
	const char *schema;
} types[] = {
	[RPC_TEXT] = {check_text, "text", "{\"type\":\"string\",\"maxLength\":1024}"},
	[RPC_ID] = {check_id, "number from 1 up", "{\"type\":\"integer\",\"minimum\":1}"},
	[RPC_ADDRESS] = {check_address, "address",
			 "{\"type\":\"string\",\"description\":\"IPv4 or IPv6 address\"}"},
	[RPC_PREFIX] = {check_prefix, "address or prefix",
			"{\"type\":\"string\",\"description\":"
			"\"IPv4 or IPv6 address, or prefix without host bits\"}"},
	[RPC_DESTINATION] = {check_destination, "address, prefix or name",
			     "{\"type\":\"string\",\"description\":"
			     "\"IPv4 or IPv6 address, prefix without host bits, or name\"}"},
	/* Judged by the handler, which knows the time. */
	[RPC_EXPIRY] = {check_text, "duration or time",
			"{\"type\":\"string\",\"description\":"
			"\"duration (2h, 7d) or RFC 3339 date\"}"},
	[RPC_DURATION] = {check_text, "duration",
			  "{\"type\":\"string\",\"description\":\"duration (10m, 2h, 7d)\"}"},
	[RPC_PAST] = {check_text, "duration back from now, or time",
		      "{\"type\":\"string\",\"description\":"
		      "\"duration counted back from now (24h, 7d) or RFC 3339 date\"}"},
	[RPC_FLAG] = {check_flag, "true or false", "{\"type\":\"boolean\"}"},
	[RPC_NUMBER] = {check_number, "number", "{\"type\":\"integer\",\"minimum\":0}"},
	[RPC_WORD] = {check_word, "word", "{\"type\":\"string\"}"},
	[RPC_WORDS] = {check_words, "array of words",
		       "{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true}"},
	[RPC_IDS] = {check_ids, "array: number from 1 up",
		     "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":1},"
		     "\"minItems\":1,\"maxItems\":1000}"},
	[RPC_OBJECTS] = {check_objects, "array: object",
			 "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"},
};

const char *rpc_type_word(enum rpc_type type)
{
	return types[type].word;
}

json_t *rpc_param_schema(const struct rpc_param *param)
{
	json_t *schema = json_loads(types[param->type].schema, 0, NULL), *words;

	if (!param->words)
		return schema;
	words = json_array();
	for (const char *const *word = param->words; *word; word++)
		json_array_append_new(words, json_string(*word));
	if (param->type == RPC_WORDS)
		json_object_set_new(schema, "items", json_pack("{s:o}", "enum", words));
	else
		json_object_set_new(schema, "enum", words);
	return schema;
}

static const struct rpc_param *find(const struct rpc_method *method, const char *name)
{
	for (const struct rpc_param *param = method->params; param && param->name; param++)
		if (strcmp(param->name, name) == 0)
			return param;
	return NULL;
}

static int unknown(const struct rpc_method *method, const char *name, char message[RPC_MESSAGE_MAX])
{
	int n = snprintf(message, RPC_MESSAGE_MAX, "%s has no parameter %.64s; it takes ",
			 method->name, name);

	if (!method->params)
		snprintf(message + n, (size_t)(RPC_MESSAGE_MAX - n), "none");
	for (const struct rpc_param *param = method->params; param && param->name; param++)
		n += snprintf(message + n, (size_t)(RPC_MESSAGE_MAX - n), "%s%s",
			      param == method->params ? "" : ", ", param->name);
	return -EINVAL;
}

int rpc_params_check(const struct rpc_method *method, const json_t *params,
		     char message[RPC_MESSAGE_MAX])
{
	const char *name;
	json_t *value;

	if (params && !json_is_object(params)) {
		snprintf(message, RPC_MESSAGE_MAX,
			 "params: expected an object: parameters are named");
		return -EINVAL;
	}
	json_object_foreach((json_t *)params, name, value)
	{
		const struct rpc_param *param = find(method, name);

		if (!param)
			return unknown(method, name, message);
		if (types[param->type].check(param, value, message))
			return -EINVAL;
	}
	for (const struct rpc_param *param = method->params; param && param->name; param++) {
		if (!param->required || json_object_get(params, param->name))
			continue;
		snprintf(message, RPC_MESSAGE_MAX, "%s is missing: %s needs it", param->name,
			 method->name);
		return -EINVAL;
	}
	return 0;
}
