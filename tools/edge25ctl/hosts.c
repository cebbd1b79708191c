// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"
#include "field.h"
#include "params.h"
#include "rows.h"

static const struct column columns[] = {
	{.title = "HOST", .shrink = 18},
	{.title = "CLASS"},
	{.title = "NAME", .shrink = 8, .drop = 1, .optional = true},
	{.title = "POLICY", .shrink = 8, .drop = 5},
	{.title = "ATTEMPTS", .right = true},
	{.title = "SERVERS", .right = true, .drop = 2},
	{.title = "LAST SEEN", .drop = 3},
	{.title = "CONTAINED", .optional = true, .drop = 1},
	{.title = "FIRST SEEN", .drop = 6},
	{.title = "MAC", .drop = 4},
	{.title = NULL},
};

static void add_host(struct table *table, const json_t *host)
{
	table_add(table, field_text(host, "host"));
	table_add(table, field_text(host, "class"));
	table_add(table, field_text(host, "name"));
	table_add(table, field_text(host, "policy"));
	table_add_number(table, field_number(host, "attempts"));
	table_add_number(table, field_number(host, "destinations"));
	table_add(table, field_text(host, "last_seen"));
	table_add(table, field_true(host, "contained") ? "yes" : "");
	table_add(table, field_text(host, "first_seen"));
	table_add(table, field_text(host, "mac"));
}

static void hosts_print(const struct screen *screen, const json_t *result)
{
	const json_t *hosts = json_object_get(result, "hosts");
	const long long total = field_number(result, "total");
	const size_t shown = json_array_size(hosts);

	if (!total)
		fputs("No such hosts.\n", screen->out);
	else
		rows_print(screen, columns, add_host, hosts, 0);
	if (total > (long long)shown)
		fprintf(screen->out, "%zu of %lld; --limit and --offset show others\n", shown,
			total);
}

/* All that the reply has of each. */
static const char *const hosts_csv[] = {
	"host",      "class",      "name",      "name_source", "host_name",
	"policy",    "attempts",   "refused",   "passed",      "destinations",
	"questions", "first_seen", "last_seen", "interface",   "mac",
	"verified",  "shared",     "contained", NULL,
};

enum exit_code command_hosts(const struct arguments *arguments, const struct screen *screen)
{
	const bool newest = arguments->option[OPTION_NEWEST];
	json_t *params = params_list(arguments), *result;
	enum exit_code code;

	if (newest && arguments->option[OPTION_ORDER]) {
		text_error("--newest and --order: give one of them");
		json_decref(params);
		return EXIT_TROUBLE;
	}
	if (newest)
		json_object_set_new(params, "order", json_string("newest"));
	if (!params_set(arguments, HOSTS_FILTERS, params)) {
		json_decref(params);
		return EXIT_TROUBLE;
	}
	code = request(arguments, ACCESS_READ, "hosts", params, &result);
	if (code != EXIT_OK)
		return code;
	request_show_list(arguments, screen, result, hosts_print, "hosts", hosts_csv);
	if (arguments->option[OPTION_CSV] &&
	    field_number(result, "total") >
		    (int64_t)json_array_size(json_object_get(result, "hosts")))
		text_warning("%zu of %lld: --order host and --after lead through all",
			     json_array_size(json_object_get(result, "hosts")),
			     (long long)field_number(result, "total"));
	json_decref(result);
	return EXIT_OK;
}
