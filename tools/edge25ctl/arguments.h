/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: options and operands in any order, each option in one table. */
#ifndef EDGE25CTL_ARGUMENTS_H
#define EDGE25CTL_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_id {
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_FROM,
	OPTION_TO,
	OPTION_EXPIRES,
	OPTION_COMMENT,
	OPTION_DRY_RUN,
	OPTION_INTERFACE,
	OPTION_WATCHED,
	OPTION_ALWAYS,
	OPTION_OPEN,
	OPTION_CLOSED,
	OPTION_CLASS,
	OPTION_LIMIT,
	OPTION_FOR,
	OPTION_NEWEST,
	OPTION_CSV,
	OPTION_OUTPUT,
	OPTION_COLOR,
	OPTION_ORDER,
	OPTION_POLICY,
	OPTION_RANGE,
	OPTION_PREFIX,
	OPTION_NAME,
	OPTION_CONTAINED,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_OFFSET,
	OPTION_AFTER,
	OPTION_KIND,
	OPTION_HOST,
	OPTION_VERDICT,
	OPTION_USER,
	OPTION_ORIGIN,
	OPTION_EXPIRING,
	OPTION_NEVER_USED,
	OPTION_REPLACE,
	OPTIONS
};

#define OPTION_BIT(id) (UINT64_C(1) << (id))
/* What every command takes. */
#define OPTIONS_COMMON                                                                   \
	(OPTION_BIT(OPTION_SOCKET) | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_HELP) | \
	 OPTION_BIT(OPTION_VERSION) | OPTION_BIT(OPTION_COLOR))

#define OPERANDS_MAX 102 /* words of a command and its operands: allow del takes a hundred ids */

struct arguments {
	const char *option[OPTIONS]; /* its value, "" for one that takes none; NULL: not given */
	const char *operand[OPERANDS_MAX + 1];
	size_t operands;
};

/* "--from=A", "--from A", "-sA", "-s A"; "--" ends the options. False: said on stderr. */
bool arguments_parse(int argc, char *const argv[], struct arguments *arguments);

/* Takes @words operands off, the first ones. */
void arguments_shift(struct arguments *arguments, size_t words);

/* The option that @word names, of which @length bytes count: "--from", "-s". OPTIONS: none. */
enum option_id option_find(const char *word, size_t length);
/* "--from"; 's', or 0; "PREFIX", or "" where it takes no value; what it is for. */
const char *option_name(enum option_id id);
char option_letter(enum option_id id);
const char *option_value(enum option_id id);
const char *option_help(enum option_id id);

#endif
