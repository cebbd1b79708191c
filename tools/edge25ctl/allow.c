// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "command.h"
#include "entry.h"
#include "field.h"
#include "params.h"

#define TERMS                                                                           \
	(OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_EXPIRES) | \
	 OPTION_BIT(OPTION_COMMENT) | OPTION_BIT(OPTION_WATCHED) | OPTION_BIT(OPTION_ALWAYS))

/* The options that were given, as parameters of the same names. */
static json_t *parameters(const struct arguments *arguments)
{
	json_t *params = json_object();

	if (params_set(arguments, TERMS, params))
		return params;
	json_decref(params);
	return NULL;
}

/* What the reply says besides: that the entry matches nothing, or is not in the kernel yet. */
static void print_warnings(const json_t *result)
{
	request_warnings(result);
	if (!json_array_size(json_object_get(result, "warnings")) &&
	    json_is_false(json_object_get(result, "applied")))
		text_warning("stored, and not in the kernel yet: edge25ctl status says why");
}

enum exit_code command_allow_add(const struct arguments *arguments, const struct screen *screen)
{
	json_t *params;
	json_t *result;
	enum exit_code code;

	if (!arguments->option[OPTION_FROM] && !arguments->option[OPTION_TO]) {
		text_error("allow add needs --from PREFIX, --to DESTINATION, or both");
		return EXIT_TROUBLE;
	}
	params = parameters(arguments);
	if (!params)
		return EXIT_TROUBLE;
	code = request(arguments, ACCESS_CHANGE, "allow.add", params, &result);
	if (code != EXIT_OK)
		return code;
	if (arguments->option[OPTION_JSON])
		request_print(result, JSON_INDENT(2));
	else
		entry_print(screen, "added", result);
	print_warnings(result);
	json_decref(result);
	return EXIT_OK;
}

/* One id, or several: all of them go, or none. */
static json_t *id_parameters(const struct arguments *arguments)
{
	json_t *ids = json_array(), *params = NULL;

	for (size_t i = 0; i < arguments->operands; i++) {
		char *end;
		long long id;

		errno = 0;
		id = strtoll(arguments->operand[i], &end, 10);
		if (errno || *end || end == arguments->operand[i] || id <= 0) {
			text_error("'%s' is not an id: edge25ctl allow list shows the ids",
				   arguments->operand[i]);
			json_decref(ids);
			return NULL;
		}
		json_array_append_new(ids, json_integer(id));
	}
	if (arguments->operands == 1)
		params = json_pack("{s:O}", "id", json_array_get(ids, 0));
	else
		params = json_pack("{s:O}", "ids", ids);
	json_decref(ids);
	return params;
}

enum exit_code command_allow_del(const struct arguments *arguments, const struct screen *screen)
{
	bool by_id = arguments->operands > 0;
	bool by_ends = arguments->option[OPTION_FROM] || arguments->option[OPTION_TO];
	json_t *params;
	json_t *result;
	const json_t *entry;
	enum exit_code code;
	size_t i;

	if (by_id == by_ends) {
		text_error("allow del needs an ID or several, or the --from and --to of an entry");
		return EXIT_TROUBLE;
	}
	params = by_id ? id_parameters(arguments) : parameters(arguments);
	if (!params)
		return EXIT_TROUBLE;
	code = request(arguments, ACCESS_CHANGE, "allow.del", params, &result);
	if (code != EXIT_OK)
		return code;
	if (arguments->option[OPTION_JSON]) {
		request_print(result, JSON_INDENT(2));
	} else {
		json_array_foreach(json_object_get(result, "removed"), i, entry)
			entry_print(screen, "removed", entry);
	}
	print_warnings(result);
	json_decref(result);
	return EXIT_OK;
}
