// SPDX-License-Identifier: GPL-2.0-or-later
#include "status.h"

#include <errno.h>
#include <string.h>

#include "command.h"
#include "entry.h"
#include "field.h"
#include "table.h"

#define LABEL 11 /* columns of a label and the blanks around it */
#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

static void heading(const struct screen *screen, enum style style, const char *text)
{
	fputc('\n', screen->out);
	screen_safe(screen, style, text);
	fputc('\n', screen->out);
}

static void labelled(const struct screen *screen, const char *label, const char *text)
{
	fprintf(screen->out, "  %-*s", LABEL - 2, label);
	screen_wrap(screen, LABEL, LABEL, text);
}

static void print_title(const struct screen *screen, const json_t *status)
{
	const char *kernel = field_text(json_object_get(status, "engine"), "kernel");
	bool healthy = field_true(status, "healthy");
	bool enforcing = field_true(status, "enforcing");
	const char *health = healthy ? "healthy" : "NOT HEALTHY";
	const char *effect = enforcing ? "enforcing" : "NOT ENFORCING";
	char up[TEXT_DURATION_MAX];
	char text[256];
	unsigned column;

	snprintf(text, sizeof(text), "edge25 %s: ", field_text(status, "version"));
	screen_safe(screen, STYLE_BOLD, text);
	column = (unsigned)(strlen(text) + strlen(health) + strlen(effect) + 2 * strlen(", "));
	screen_safe(screen, healthy ? STYLE_GOOD : STYLE_BAD, health);
	fputs(", ", screen->out);
	screen_safe(screen, enforcing ? STYLE_PLAIN : STYLE_WARN, effect);
	snprintf(text, sizeof(text), "up %s%s%s", text_duration(field_number(status, "uptime"), up),
		 *kernel ? ", kernel " : "", kernel);
	fputs(", ", screen->out);
	screen_wrap(screen, 2, column, text);
}

static void print_problems(const struct screen *screen, const json_t *problems)
{
	const json_t *problem;
	size_t i;

	if (!json_array_size(problems))
		return;
	heading(screen, STYLE_BAD, "PROBLEMS");
	json_array_foreach(problems, i, problem)
	{
		const char *name = field_text(problem, "name");
		char text[1024];

		fputs("  ", screen->out);
		snprintf(text, sizeof(text), "%s%s%s", name, *name ? ": " : "",
			 field_text(problem, "text"));
		screen_wrap(screen, 4, 2, text);
	}
}

static void print_engine(const struct screen *screen, const json_t *engine)
{
	int64_t held = 0, answered = 0, dropped = 0;
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX], c[TEXT_NUMBER_MAX];
	const json_t *queues = json_object_get(engine, "queues");
	const json_t *queue;
	char text[256];
	size_t i;

	if (!field_true(engine, "connected")) {
		labelled(screen, "engine", "not connected");
		return;
	}
	json_array_foreach(queues, i, queue)
	{
		held += field_number(queue, "held");
		answered += field_number(queue, "answered");
		dropped +=
			field_number(queue, "kernel_dropped") + field_number(queue, "user_dropped");
	}
	snprintf(text, sizeof(text), "process %lld, %zu queue%s: %s answered, %s held%s%s%s",
		 (long long)field_number(engine, "pid"), json_array_size(queues),
		 json_array_size(queues) == 1 ? "" : "s", text_number(answered, a),
		 text_number(held, b), dropped ? ", " : "", dropped ? text_number(dropped, c) : "",
		 dropped ? " dropped" : "");
	labelled(screen, "engine", text);
}

static void print_totals(const struct screen *screen, const json_t *totals)
{
	char a[TEXT_NUMBER_MAX], b[TEXT_NUMBER_MAX], c[TEXT_NUMBER_MAX], d[TEXT_NUMBER_MAX];
	int64_t unanswered = field_number(totals, "unanswered");
	char text[256];

	snprintf(text, sizeof(text), "%s attempts: %s refused, %s passed%s%s%s",
		 text_number(field_number(totals, "attempts"), a),
		 text_number(field_number(totals, "refused"), b),
		 text_number(field_number(totals, "passed"), c), unanswered ? "; " : "",
		 unanswered ? text_number(unanswered, d) : "", unanswered ? " unanswered" : "");
	labelled(screen, "port 25", text);
	snprintf(text, sizeof(text), "%s submissions (ports 465 and 587), never touched",
		 text_number(field_number(totals, "submission"), a));
	labelled(screen, "mail", text);
}

/* The names in an array of them, "dsl, cable". */
static const char *join(const json_t *names, char *text, size_t size)
{
	const json_t *name;
	size_t used = 0;
	size_t i;

	text[0] = '\0';
	json_array_foreach(names, i, name)
	{
		int length = snprintf(text + used, size - used, "%s%s", i ? ", " : "",
				      json_is_string(name) ? json_string_value(name) : "?");

		if (length < 0 || used + (size_t)length >= size)
			break;
		used += (size_t)length;
	}
	return text;
}

static int print_policies(const struct screen *screen, const json_t *policies)
{
	static const struct column columns[] = {
		{.title = "POLICY", .shrink = 8},
		{.title = "MODE"},
		{.title = "DENY", .drop = 2},
		{.title = "RANGES", .shrink = 20, .drop = 1},
		{.title = "ASKED", .right = true, .drop = 5},
		{.title = "REFUSED", .right = true},
		{.title = "REJECTS SENT", .right = true, .drop = 6},
		{.title = "PASSED", .right = true},
		{.title = "UNANSWERED", .right = true, .drop = 3},
		{.title = "LOST", .right = true, .drop = 4},
	};
	struct table *table;
	const json_t *policy;
	char ranges[512];
	size_t i;
	int error;

	if (!json_array_size(policies))
		return 0;
	heading(screen, STYLE_BOLD, "POLICIES");
	table = table_new(columns, COUNT(columns), screen->utf8);
	json_array_foreach(policies, i, policy)
	{
		table_add(table, field_text(policy, "name"));
		table_add(table, field_text(policy, "mode"));
		table_add(table, field_text(policy, "deny"));
		table_add(table, join(json_object_get(policy, "ranges"), ranges, sizeof(ranges)));
		table_add_number(table, field_number(policy, "asked"));
		table_add_number(table, field_number(policy, "refused"));
		table_add_number(table, field_number(policy, "sent"));
		table_add_number(table, field_number(policy, "passed"));
		table_add_number(table, field_number(policy, "unanswered"));
		table_add_number(table, field_number(policy, "lost"));
	}
	error = table_print(table, screen, 2);
	table_free(table);
	return error;
}

/* Said in words for each: a monitor policy looks like protection and is none. */
static void print_not_enforcing(const struct screen *screen, const json_t *policies)
{
	const json_t *policy;
	size_t i;

	json_array_foreach(policies, i, policy)
	{
		char text[256];

		if (strcmp(field_text(policy, "mode"), "monitor") != 0)
			continue;
		fputs("  ", screen->out);
		screen_safe(screen, STYLE_WARN, "not enforcing");
		snprintf(
			text, sizeof(text),
			"%s (mode monitor lets everything pass and counts what block would refuse)",
			field_text(policy, "name"));
		fputs(": ", screen->out);
		screen_wrap(screen, 4, 17, text);
	}
}

/* What guard policies refused without anybody's being contained. */
static void print_bursts(const struct screen *screen, const json_t *policies)
{
	const json_t *policy;
	size_t i;

	json_array_foreach(policies, i, policy)
	{
		int64_t count = field_number(policy, "answered_refuse");
		char number[TEXT_NUMBER_MAX], time[TEXT_DURATION_MAX], text[256];

		if (!count || strcmp(field_text(policy, "mode"), "guard") != 0)
			continue;
		snprintf(text, sizeof(text),
			 "%s: %s openings refused when asked about (burst: %lld new servers in %s)",
			 field_text(policy, "name"), text_number(count, number),
			 (long long)field_number(policy, "burst"),
			 text_duration(field_number(policy, "burst_time"), time));
		fputs("  ", screen->out);
		screen_wrap(screen, 4, 2, text);
	}
}

/* What policies refused, or watched, besides attempts on port 25 that are a host's own. */
static void print_aside(const struct screen *screen, const json_t *policies)
{
	static const struct {
		const char *field, *words;
	} kinds[] = {
		{"untrue", "from sources that no route leads back to"},
		{"split", "IPv6 first fragments without a port"},
		{"tunnelled", "packets of tunnels"},
		{"contained", "packets refused for their host is contained"},
	};
	const json_t *policy;
	size_t i;

	json_array_foreach(policies, i, policy)
	{
		for (size_t kind = 0; kind < COUNT(kinds); kind++) {
			int64_t count = field_number(policy, kinds[kind].field);
			char number[TEXT_NUMBER_MAX], text[256];

			if (!count)
				continue;
			snprintf(text, sizeof(text), "%s: %s %s", field_text(policy, "name"),
				 text_number(count, number), kinds[kind].words);
			fputs("  ", screen->out);
			screen_wrap(screen, 4, 2, text);
		}
	}
}

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
		heading(screen, STYLE_BOLD, "HOSTS: none has tried port 25");
		print_silence(screen, hosts);
		return 0;
	}
	status_classes(json_object_get(hosts, "classes"), classes, sizeof(classes));
	snprintf(text, sizeof(text), "HOSTS that tried port 25: %s, %s",
		 text_number(field_number(hosts, "count"), number),
		 *classes ? classes : "most attempts first");
	heading(screen, STYLE_BOLD, text);
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
	heading(screen, STYLE_BOLD, text);
	return json_array_size(expiring) ? entry_table(screen, expiring, 2) : 0;
}

static void print_losses(const struct screen *screen, const json_t *losses)
{
	const json_t *loss;
	bool any = false;
	size_t i;

	json_array_foreach(losses, i, loss)
	{
		int64_t count = field_number(loss, "count");
		char number[TEXT_NUMBER_MAX];
		char text[1024];

		if (!count)
			continue;
		if (!any)
			heading(screen, STYLE_WARN, "LOST");
		any = true;
		fputs("  ", screen->out);
		snprintf(text, sizeof(text), "%s %s%s%s", field_text(loss, "name"),
			 text_number(count, number), *field_text(loss, "text") ? ": " : "",
			 field_text(loss, "text"));
		screen_wrap(screen, 4, 2, text);
	}
}

int status_print(const struct screen *screen, const json_t *status)
{
	const json_t *policies = json_object_get(status, "policies");
	int error;

	print_title(screen, status);
	print_problems(screen, json_object_get(status, "problems"));
	fputc('\n', screen->out);
	print_engine(screen, json_object_get(status, "engine"));
	print_totals(screen, json_object_get(status, "totals"));
	if (json_is_false(json_object_get(status, "fresh")))
		labelled(screen, "counters", "not read lately: the figures below are old");
	error = print_policies(screen, policies);
	if (error)
		return error;
	print_not_enforcing(screen, policies);
	print_bursts(screen, policies);
	print_aside(screen, policies);
	error = status_incidents_print(screen, status);
	if (!error)
		error = print_hosts(screen, status);
	if (!error)
		error = print_allow(screen, json_object_get(status, "allow"));
	print_losses(screen, json_object_get(status, "losses"));
	return error;
}

enum exit_code command_status(const struct arguments *arguments, const struct screen *screen)
{
	json_t *status;
	enum exit_code code = request(arguments, ACCESS_READ, "status", NULL, &status);

	if (code != EXIT_OK)
		return code;
	code = field_true(status, "healthy") ? EXIT_OK : EXIT_NOT;
	if (arguments->option[OPTION_JSON]) {
		request_print(status, JSON_INDENT(2));
	} else if (status_print(screen, status)) {
		text_error("no memory");
		code = EXIT_TROUBLE;
	}
	json_decref(status);
	return code;
}
