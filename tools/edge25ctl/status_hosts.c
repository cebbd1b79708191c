// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the status page: the hosts with most attempts, and the allow entries that end soon. */
#include "entry.h"
#include "field.h"
#include "status.h"
#include "table.h"

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

static void add_ago(struct table *table, const json_t *host, const char *name, const json_t *status)
{
	int64_t age = field_age(host, name, status);
	char duration[TEXT_DURATION_MAX];
	char text[TEXT_DURATION_MAX + 8];

	if (age < 0) {
		table_add(table, field_text(host, name));
		return;
	}
	snprintf(text, sizeof(text), "%s ago", text_duration(age, duration));
	table_add(table, text);
}

/* What it does not mean that a host is not listed. */
static void print_silence(const struct screen *screen, const json_t *hosts)
{
	const char *text = field_text(hosts, "silence");

	if (!*text)
		return;
	fputs("  ", screen->out);
	screen_wrap(screen, 2, 2, text);
}

static int print_hosts(const struct screen *screen, const json_t *status)
{
	static const struct column columns[] = {
		{.title = "HOST"},
		{.title = "CLASS", .optional = true},
		{.title = "NAME", .shrink = 16, .optional = true},
		{.title = "POLICY", .shrink = 8, .drop = 3},
		{.title = "ATTEMPTS", .right = true},
		{.title = "REFUSED", .right = true, .drop = 2},
		{.title = "PASSED", .right = true, .drop = 4},
		{.title = "DESTINATIONS", .right = true},
		{.title = "LAST SEEN", .right = true, .drop = 1},
		{.title = "FIRST SEEN", .right = true, .drop = 5},
		{.title = "INTERFACE", .drop = 6},
		{.title = "MAC", .drop = 7},
	};
	const json_t *hosts = json_object_get(status, "hosts");
	const json_t *top = json_object_get(hosts, "top");
	struct table *table;
	const json_t *host;
	char text[256], classes[128];
	char number[TEXT_NUMBER_MAX];
	size_t i;
	int error;

	if (!json_array_size(top)) {
		status_heading(screen, STYLE_BOLD, "HOSTS: none has tried port 25");
		print_silence(screen, hosts);
		return 0;
	}
	status_classes(json_object_get(hosts, "classes"), classes, sizeof(classes));
	snprintf(text, sizeof(text), "HOSTS that tried port 25: %s, %s",
		 text_number(field_number(hosts, "count"), number),
		 *classes ? classes : "most attempts first");
	status_heading(screen, STYLE_BOLD, text);
	table = table_new(columns, COUNT(columns), screen->utf8);
	json_array_foreach(top, i, host)
	{
		table_add(table, field_text(host, "host"));
		table_add(table, field_text(host, "class"));
		table_add(table, field_text(host, "name"));
		table_add(table, field_text(host, "policy"));
		table_add_number(table, field_number(host, "attempts"));
		table_add_number(table, field_number(host, "refused"));
		table_add_number(table, field_number(host, "passed"));
		table_add_number(table, field_number(host, "destinations"));
		add_ago(table, host, "last_seen", status);
		add_ago(table, host, "first_seen", status);
		table_add(table, field_text(host, "interface"));
		table_add(table, field_text(host, "mac"));
	}
	error = table_print(table, screen, 2);
	table_free(table);
	print_silence(screen, hosts);
	return error;
}

static int print_allow(const struct screen *screen, const json_t *allow)
{
	const json_t *expiring = json_object_get(allow, "expiring");
	char text[64 + TEXT_NUMBER_MAX];
	char number[TEXT_NUMBER_MAX];
	int64_t count = field_number(allow, "count");

	snprintf(text, sizeof(text), "ALLOWED: %s %s%s", text_number(count, number),
		 count == 1 ? "entry" : "entries",
		 json_array_size(expiring) ? ", about to expire:" : "");
	status_heading(screen, STYLE_BOLD, text);
	return json_array_size(expiring) ? entry_table(screen, expiring, 2) : 0;
}

int status_hosts_print(const struct screen *screen, const json_t *status)
{
	int error = print_hosts(screen, status);

	return error ? error : print_allow(screen, json_object_get(status, "allow"));
}
