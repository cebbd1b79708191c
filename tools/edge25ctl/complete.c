// SPDX-License-Identifier: GPL-2.0-or-later
#include "complete.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "complete_values.h"

#define PATIENCE 1 /* s: whoever types waits no longer */

struct line {
	struct arguments before; /* what stands before the cursor's word */
	const char *current;     /* the cursor's word */
	enum option_id value_of; /* the option whose value it is; OPTIONS: of none */
};

static void out_of_patience(int signal)
{
	(void)signal;
	_exit(EXIT_OK);
}

/* The words of @name that @arguments have already: all of them, or fewer. -1: other words. */
static int words_in_common(const char *name, const struct arguments *arguments)
{
	const char *space = strchr(name, ' ');
	const size_t first = space ? (size_t)(space - name) : strlen(name);

	if (!arguments->operands)
		return 0;
	if (strlen(arguments->operand[0]) != first ||
	    strncmp(arguments->operand[0], name, first) != 0)
		return -1;
	if (!space || arguments->operands == 1)
		return 1;
	return strcmp(arguments->operand[1], space + 1) == 0 ? 2 : -1;
}

static const struct command *whole_command(const struct command *commands,
					   const struct arguments *arguments, size_t *words)
{
	const struct command *found = NULL;

	for (; commands->name; commands++) {
		const int common = words_in_common(commands->name, arguments);

		if (common != (strchr(commands->name, ' ') ? 2 : 1) ||
		    (found && common < (int)*words))
			continue;
		found = commands;
		*words = (size_t)common;
	}
	return found;
}

static void offer_commands(struct offers *offers, const struct command *commands,
			   const struct line *line)
{
	for (; commands->name; commands++) {
		const int common = words_in_common(commands->name, &line->before);
		const char *space = strchr(commands->name, ' ');
		char first[64];

		if (common == 1 && line->before.operands == 1 && space) {
			offer(offers, space + 1);
		} else if (common == 0) {
			snprintf(first, sizeof(first), "%.*s",
				 (int)(space ? space - commands->name : 63), commands->name);
			offer(offers, first);
		}
	}
}

static void offer_options(struct offers *offers, const struct command *command,
			  const struct arguments *before)
{
	const uint64_t mask = OPTIONS_COMMON | (command ? command->options : 0);

	for (enum option_id id = 0; id < OPTIONS; id++)
		if (mask & OPTION_BIT(id) && !before->option[id])
			offer(offers, option_name(id));
}

/* Takes the words before the cursor, without saying anything about what is wrong with them. */
static void read_line(int words, char *const word[], struct line *line)
{
	struct arguments *before = &line->before;

	memset(line, 0, sizeof(*line));
	line->value_of = OPTIONS;
	line->current = words ? word[words - 1] : "";
	for (int i = 0; i + 1 < words; i++) {
		const size_t length = strcspn(word[i], "=");
		const enum option_id id =
			word[i][0] == '-' && word[i][1] ? option_find(word[i], length) : OPTIONS;

		if (word[i][0] != '-' && before->operands < OPERANDS_MAX) {
			before->operand[before->operands++] = word[i];
		} else if (id < OPTIONS) {
			before->option[id] = word[i][length] ? word[i] + length + 1 : "";
			if (!*option_value(id) || word[i][length])
				continue;
			if (i + 2 == words)
				line->value_of = id;
			else
				before->option[id] = word[++i];
		}
	}
}

/* "--from=100.": the value is the rest, and what is offered has the beginning. */
static void split_value(struct line *line, struct offers *offers)
{
	const char *equals = strchr(line->current, '=');
	enum option_id id;

	if (line->value_of < OPTIONS || !equals || strncmp(line->current, "--", 2) != 0)
		return;
	id = option_find(line->current, (size_t)(equals - line->current));
	if (id == OPTIONS || !*option_value(id))
		return;
	line->value_of = id;
	offers->begin = (int)(equals + 1 - line->current);
	offers->word = line->current;
	line->current = equals + 1;
}

enum exit_code complete(const struct command *commands, int words, char *const word[])
{
	const struct command *command;
	struct offers offers = {.word = ""};
	struct line line;
	size_t named = 0;

	if (!freopen("/dev/null", "w", stderr))
		return EXIT_OK;
	offers.offered = json_object();
	signal(SIGALRM, out_of_patience);
	alarm(PATIENCE);
	read_line(words, word, &line);
	split_value(&line, &offers);
	offers.typed = line.current;
	command = whole_command(commands, &line.before, &named);
	if (line.value_of < OPTIONS)
		complete_option(&offers, &line.before, command ? command->name : "", line.value_of);
	else if (line.current[0] == '-')
		offer_options(&offers, command, &line.before);
	else if (command && line.before.operands - named < command->max)
		complete_operand(&offers, &line.before, command->name,
				 line.before.operands - named);
	if (line.value_of == OPTIONS && line.current[0] != '-')
		offer_commands(&offers, commands, &line);
	json_decref(offers.offered);
	return EXIT_OK;
}
