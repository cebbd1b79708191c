/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What edge25ctl can do: a row of the table in main.c each. */
#ifndef EDGE25CTL_COMMAND_H
#define EDGE25CTL_COMMAND_H

#include "arguments.h"
#include "request.h"
#include "text.h"

/* Options that become parameters of their names. */
#define LIST_FILTERS                                                                        \
	(OPTION_BIT(OPTION_CLASS) | OPTION_BIT(OPTION_POLICY) | OPTION_BIT(OPTION_PREFIX) | \
	 OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_ORDER) | OPTION_BIT(OPTION_AFTER) |   \
	 OPTION_BIT(OPTION_LIMIT))
#define HOSTS_FILTERS                                                        \
	(LIST_FILTERS | OPTION_BIT(OPTION_RANGE) | OPTION_BIT(OPTION_NAME) | \
	 OPTION_BIT(OPTION_INTERFACE) | OPTION_BIT(OPTION_CONTAINED) | OPTION_BIT(OPTION_OFFSET))
#define INCIDENTS_FILTERS (LIST_FILTERS | OPTION_BIT(OPTION_UNTIL))

struct command {
	const char *name;     /* one word or two */
	const char *operands; /* for the usage line */
	size_t min, max;      /* how many of them */
	uint64_t options;     /* besides OPTIONS_COMMON */
	const char *help;
	/* @arguments begin with the first operand. */
	enum exit_code (*run)(const struct arguments *arguments, const struct screen *screen);
};

enum exit_code command_status(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_allow_add(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_allow_del(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_allow_list(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_allow_check(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_allow_history(const struct arguments *arguments,
				     const struct screen *screen);
enum exit_code command_allow_import(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_allow_export(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_explain(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_incidents_list(const struct arguments *arguments,
				      const struct screen *screen);
enum exit_code command_incidents_show(const struct arguments *arguments,
				      const struct screen *screen);
enum exit_code command_incidents_close(const struct arguments *arguments,
				       const struct screen *screen);
enum exit_code command_hosts(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_host(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_contain(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_release(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_forget(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_log_reopen(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_reload(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_ruleset_show(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_ruleset_verify(const struct arguments *arguments,
				      const struct screen *screen);
enum exit_code command_watch(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_report(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_metrics(const struct arguments *arguments, const struct screen *screen);
enum exit_code command_discover(const struct arguments *arguments, const struct screen *screen);

#endif
