// SPDX-License-Identifier: GPL-2.0-or-later
#include "help.h"

#include <string.h>

#include "complete_values.h"
#include "near.h"

#define HELP_COLUMN 30 /* where what a command or an option is for begins */
#define NARROW 64      /* columns of a screen on which it begins on a line of its own */
#define NARROW_INDENT 8

/* The tests run each of them. */
static const struct {
	const char *command;
	const char *example;
} examples[] = {
	{"allow add",
	 "allow add --from 100.64.3.7 --to 203.0.113.9 --expires 2h --comment \"ticket 42\""},
	{"allow add",
	 "allow add --from 100.64.8.0/24 --expires 2030-12-01 --comment \"ticket 43\""},
	{"explain", "explain 100.64.3.7 203.0.113.25"},
	{"hosts", "hosts --class infected --since 24h"},
	{"hosts", "hosts --prefix 100.64.0.0/16 --order attempts --limit 50"},
	{"hosts", "hosts --csv --order host"},
	{"incidents list", "incidents list --open --class infected"},
	{"incidents list", "incidents list --prefix 100.64.3.0/24 --since 7d"},
	{"contain", "contain 100.64.3.8 --for 1d --comment \"ticket 44\""},
	{"report", "report --since 30d --csv"},
	{"reload", "reload --dry-run"},
	{NULL, NULL},
};

/* "  NAME OPERANDS    what it is for", the latter in lines of the screen's width. */
static void print_row(const struct screen *screen, const char *name, const char *operands,
		      const char *help)
{
	const bool narrow = screen->width && screen->width < NARROW;
	const int column = narrow ? NARROW_INDENT : HELP_COLUMN;
	int length = fprintf(screen->out, "  %s%s%s", name, *operands ? " " : "", operands);

	if (length >= column || narrow) {
		fputc('\n', screen->out);
		length = 0;
	}
	fprintf(screen->out, "%*s", column - length, "");
	screen_wrap(screen, (unsigned)column, (unsigned)column, help);
}

static void print_options(const struct screen *screen, const char *command, uint64_t mask)
{
	for (enum option_id id = 0; id < OPTIONS; id++) {
		const char *words = id == OPTION_ORDER ? complete_words(command, id) : NULL;
		char name[64], help[256];

		if (!(mask & OPTION_BIT(id)))
			continue;
		if (option_letter(id))
			snprintf(name, sizeof(name), "-%c, %s", option_letter(id), option_name(id));
		else
			snprintf(name, sizeof(name), "    %s", option_name(id));
		snprintf(help, sizeof(help), "%s%s%s", option_help(id), words ? ": " : "",
			 words ? words : "");
		print_row(screen, name, option_value(id), help);
	}
}

void help_all(const struct screen *screen, const struct command *commands)
{
	fputs("usage: edge25ctl [-s SOCKET] [COMMAND] [OPTIONS]\n\n", screen->out);
	for (const struct command *command = commands; command->name; command++)
		print_row(screen, command->name, command->operands, command->help);
	fputs("\n", screen->out);
	print_options(screen, "", OPTIONS_COMMON);
	fputs("\n", screen->out);
	screen_wrap(screen, 0, 0,
		    "SOCKET is " SOCKET_PRESET " unless EDGE25_SOCKET or -s names another.");
	screen_wrap(
		screen, 0, 0,
		"Exit code: 0 healthy or done, 1 not healthy or refused, 2 usage or connection.");
	screen_wrap(
		screen, 0, 0,
		"Each command has its own help (edge25ctl allow add --help). See edge25ctl(8).");
}

void help_command(const struct screen *screen, const struct command *command)
{
	bool first = true;

	fprintf(screen->out, "usage: edge25ctl %s%s%s [OPTIONS]\n\n  ", command->name,
		*command->operands ? " " : "", command->operands);
	screen_wrap(screen, 2, 2, command->help);
	if (command->options) {
		fputs("\n", screen->out);
		print_options(screen, command->name, command->options);
	}
	fputs("\n", screen->out);
	print_options(screen, "", OPTIONS_COMMON);
	for (size_t i = 0; examples[i].command; i++) {
		if (strcmp(examples[i].command, command->name) != 0)
			continue;
		fprintf(screen->out, "%s  edge25ctl %s\n", first ? "\nExamples:\n" : "",
			examples[i].example);
		first = false;
	}
}

static bool of_group(const struct command *command, const char *group)
{
	const size_t length = strlen(group);

	return !strncmp(command->name, group, length) && command->name[length] == ' ';
}

bool help_is_group(const struct command *commands, const char *group)
{
	while (commands->name && !of_group(commands, group))
		commands++;
	return commands->name;
}

bool help_group(const struct screen *screen, const struct command *commands, const char *group)
{
	bool found = false;

	for (const struct command *command = commands; command->name; command++) {
		if (!of_group(command, group))
			continue;
		if (!found)
			fprintf(screen->out, "usage: edge25ctl %s COMMAND [OPTIONS]\n\n", group);
		print_row(screen, command->name, command->operands, command->help);
		found = true;
	}
	if (found)
		fprintf(screen->out,
			"\nEach has its own help, with its options: edge25ctl %s COMMAND --help\n",
			group);
	return found;
}

/* What a word of other programs is called here. */
static const char *known_as(const char *typed)
{
	static const struct {
		const char *typed;
		const char *word;
	} others[] = {
		{"rm", "del"},   {"remove", "del"},      {"ls", "list"},     {"block", "contain"},
		{"new", "add"},  {"unblock", "release"}, {"logs", "watch"},  {"tail", "watch"},
		{"get", "show"}, {"check", "verify"},    {"why", "explain"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(others[i].typed, typed))
			return others[i].word;
	return typed;
}

/* 0: it is the word. */
static unsigned word_distance(const char *typed, const char *word)
{
	const char *known = known_as(typed);

	if (!strcmp(typed, word))
		return 0;
	return strcmp(known, word) == 0 ? 1 : near_distance(typed, word);
}

static unsigned command_distance(const struct arguments *arguments, const struct command *commands,
				 const struct command *command)
{
	const char *space = strchr(command->name, ' ');
	char first[NEAR_WORD_MAX + 1];
	unsigned distance;

	snprintf(first, sizeof(first), "%.*s",
		 (int)(space ? (size_t)(space - command->name) : strlen(command->name)),
		 command->name);
	distance = word_distance(arguments->operand[0], first);
	if (!space && arguments->operands > 1 && help_is_group(commands, first))
		return NEAR_NOT;
	if (!space || distance == NEAR_NOT)
		return distance;
	/* Without a second word the group is not what was meant: help_group() tells that. */
	return arguments->operands < 2 ? NEAR_NOT :
					 distance + word_distance(arguments->operand[1], space + 1);
}

void help_unknown(const struct command *commands, const struct arguments *arguments)
{
	const struct command *nearest = NULL;
	const bool two = arguments->operands > 1;
	unsigned best = NEAR_NOT;

	for (const struct command *command = commands; command->name; command++) {
		unsigned distance = command_distance(arguments, commands, command);

		if (distance < best) {
			best = distance;
			nearest = command;
		}
	}
	if (nearest)
		text_error("unknown command '%s%s%s': did you mean '%s'?", arguments->operand[0],
			   two && strchr(nearest->name, ' ') ? " " : "",
			   two && strchr(nearest->name, ' ') ? arguments->operand[1] : "",
			   nearest->name);
	else if (two && help_is_group(commands, arguments->operand[0]))
		text_error("unknown command '%s %s': see edge25ctl %s --help",
			   arguments->operand[0], arguments->operand[1], arguments->operand[0]);
	else
		text_error("unknown command '%s': see edge25ctl --help", arguments->operand[0]);
}
