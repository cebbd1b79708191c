// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <unistd.h>

#include "allow_file.h"
#include "command.h"
#include "field.h"

#define PLACE_MAX 512

/* What is wrong with which lines, as the reply has it. */
static enum exit_code refused(const struct allow_file *file, const json_t *fault)
{
	const json_t *data = json_object_get(fault, "data"), *error;
	const json_t *errors = json_object_get(data, "errors");
	char place[PLACE_MAX];
	size_t i;

	json_array_foreach(errors, i, error) text_error(
		"%s: %s", allow_file_place(file, field_number(error, "line"), place, sizeof(place)),
		field_text(error, "message"));
	if (field_number(data, "more"))
		text_error("and %lld other lines are wrong", (long long)field_number(data, "more"));
	text_error("%s",
		   json_array_size(errors) ? "nothing was changed" : field_text(fault, "message"));
	return EXIT_NOT;
}

/* Consumes @params; *result is the caller's. */
static enum exit_code send_part(struct rpc *rpc, const struct allow_file *file, json_t *params,
				json_t **result)
{
	json_t *reply;
	const json_t *fault;
	enum exit_code code = EXIT_OK;
	int error = rpc_call(rpc, "allow.import", params, &reply);

	json_decref(params);
	if (error)
		return request_failed(rpc, error);
	fault = json_object_get(reply, "error");
	if (json_is_object(fault))
		code = refused(file, fault);
	else
		*result = json_incref(json_object_get(reply, "result"));
	json_decref(reply);
	return code;
}

/* On a terminal, how far it is. */
static void progress(int64_t staged, bool end)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, end ? "\r\033[K" : "\r%lld entries sent", (long long)staged);
}

static enum exit_code send_all(struct rpc *rpc, struct allow_file *file,
			       const struct arguments *arguments, json_t **result)
{
	enum exit_code code = EXIT_OK;
	int64_t staged = 0;
	bool more = true;

	while (more && code == EXIT_OK) {
		json_t *part = allow_file_part(file, &more), *params;

		json_decref(*result);
		*result = NULL;
		params = part ? json_pack("{s:o, s:I, s:b}", "entries", part, "staged",
					  (json_int_t)staged, "more", more) :
				NULL;
		if (!params) {
			text_error("no memory: nothing was changed");
			return EXIT_TROUBLE;
		}
		if (!more && arguments->option[OPTION_REPLACE])
			json_object_set_new(params, "replace", json_true());
		if (!more && arguments->option[OPTION_DRY_RUN])
			json_object_set_new(params, "dry_run", json_true());
		code = send_part(rpc, file, params, result);
		staged = field_number(*result, "staged");
		progress(staged, !more || code != EXIT_OK);
	}
	return code;
}

static void print(const struct screen *screen, const json_t *result)
{
	static const char *const names[] = {"added", "removed", "changed", "unchanged"};
	const bool dry_run = field_true(result, "dry_run");
	char number[TEXT_NUMBER_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		fprintf(screen->out, "%s%s %s",
			i       ? ", " :
			dry_run ? "would be: " :
				  "",
			text_number(field_number(result, names[i]), number), names[i]);
	fputc('\n', screen->out);
}

enum exit_code command_allow_import(const struct arguments *arguments, const struct screen *screen)
{
	struct allow_file *file = allow_file_open(arguments->operand[0]);
	json_t *result = NULL;
	enum exit_code code;
	struct rpc rpc;

	if (!file)
		return EXIT_NOT;
	code = request_open(arguments, ACCESS_CHANGE, &rpc);
	if (code == EXIT_OK)
		code = send_all(&rpc, file, arguments, &result);
	rpc_close(&rpc);
	allow_file_close(file);
	if (code == EXIT_OK) {
		request_show(arguments, screen, result, print);
		request_warnings(result);
	}
	json_decref(result);
	return code;
}
