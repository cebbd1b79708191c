// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "command.h"
#include "field.h"
#include "incident.h"
#include "list.h"
#include "rows.h"

static const struct column columns[] = {
	{.title = "HOST", .shrink = 18, .whole = true},
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

static bool has_more(const json_t *result)
{
	return field_number(result, "total") >
	       (int64_t)json_array_size(json_object_get(result, "hosts"));
}

static int64_t seen(const json_t *host, const char *name)
{
	return text_moment(field_text(host, name));
}

/* As control sorts; what is equal stays by address. */
static void set_keys(const json_t *host, const char *order, int64_t keys[LIST_KEYS])
{
	const int64_t attempts = field_number(host, "attempts");

	if (!strcmp(order, "worst")) {
		keys[0] = class_rank(field_text(host, "class"));
		keys[1] = attempts;
		keys[2] = seen(host, "last_seen");
	} else if (!strcmp(order, "newest")) {
		keys[0] = seen(host, "last_seen");
	} else if (!strcmp(order, "attempts")) {
		keys[0] = attempts;
		keys[1] = seen(host, "last_seen");
	} else if (!strcmp(order, "destinations")) {
		keys[0] = field_number(host, "destinations");
		keys[1] = attempts;
	} else if (!strcmp(order, "first-seen")) {
		keys[0] = seen(host, "first_seen");
	}
}

enum exit_code command_hosts(const struct arguments *arguments, const struct screen *screen)
{
	static const struct list list = {.method = "hosts",
					 .member = "hosts",
					 .preset = "worst",
					 .order = "host",
					 .cursor = "host",
					 .id = "host",
					 .settled = true,
					 .options = HOSTS_FILTERS,
					 .more = has_more,
					 .keys = set_keys,
					 .columns = hosts_csv,
					 .page = hosts_print};
	const bool newest = arguments->option[OPTION_NEWEST];

	if (newest && arguments->option[OPTION_ORDER]) {
		text_error("--newest and --order: give one of them");
		return EXIT_TROUBLE;
	}
	return list_run(arguments, screen, &list,
			newest ? json_pack("{s:s}", "order", "newest") : json_object());
}
