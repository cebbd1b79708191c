// SPDX-License-Identifier: GPL-2.0-or-later
/* edge25ctl: what people and scripts ask of edge25-control. */
#include <locale.h>
#include <string.h>

#include "command.h"
#include "complete.h"
#include "help.h"

#define LIST_OPTIONS                                                               \
	(INCIDENTS_FILTERS | OPTION_BIT(OPTION_OPEN) | OPTION_BIT(OPTION_CLOSED) | \
	 OPTION_BIT(OPTION_CSV))

static const struct command commands[] = {
	{"status", "", 0, 0, 0, "health, policies, hosts and losses (what a bare edge25ctl prints)",
	 command_status},
	{"allow add", "", 0, 0,
	 OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_EXPIRES) |
		 OPTION_BIT(OPTION_COMMENT) | OPTION_BIT(OPTION_WATCHED) |
		 OPTION_BIT(OPTION_ALWAYS),
	 "let a source, a destination or a pair use port 25", command_allow_add},
	{"allow del", "[ID ...]", 0, 100, OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TO),
	 "take entries away by their ids, or one by its --from and --to", command_allow_del},
	{"allow list", "", 0, 0,
	 OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_COMMENT) |
		 OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_ORIGIN) | OPTION_BIT(OPTION_EXPIRING) |
		 OPTION_BIT(OPTION_NEVER_USED) | OPTION_BIT(OPTION_WATCHED) |
		 OPTION_BIT(OPTION_ALWAYS) | OPTION_BIT(OPTION_ORDER) | OPTION_BIT(OPTION_LIMIT) |
		 OPTION_BIT(OPTION_CSV),
	 "entries, all or those that the options say", command_allow_list},
	{"allow check", "SRC|any [DST]", 1, 2, 0,
	 "is all from SRC to DST let through, and by which entries? Exit code 0 or 1",
	 command_allow_check},
	{"allow import", "FILE|-", 1, 1, OPTION_BIT(OPTION_REPLACE) | OPTION_BIT(OPTION_DRY_RUN),
	 "add a list of entries: CSV with a header (from,to,expires,comment) or JSON; all or none",
	 command_allow_import},
	{"allow export", "", 0, 0, 0, "all entries of the socket as CSV, or JSON, for allow import",
	 command_allow_export},
	{"allow history", "[ID]", 0, 1,
	 OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_USER) |
		 OPTION_BIT(OPTION_LIMIT) | OPTION_BIT(OPTION_CSV),
	 "who changed what and when, the newest first", command_allow_history},
	{"explain", "SRC [DST]", 1, 2, OPTION_BIT(OPTION_INTERFACE),
	 "what happens to port 25 from SRC to DST, and why", command_explain},
	{"hosts", "", 0, 0, HOSTS_FILTERS | OPTION_BIT(OPTION_NEWEST) | OPTION_BIT(OPTION_CSV),
	 "hosts that tried port 25, the worst first", command_hosts},
	{"host", "ADDR", 1, 1, 0, "one host: its class and why, and what it did", command_host},
	{"incidents list", "", 0, 0, LIST_OPTIONS, "incidents, the worst first",
	 command_incidents_list},
	{"incidents show", "ID", 1, 1, 0, "one incident, with its reasons and a sample",
	 command_incidents_show},
	{"incidents close", "ID", 1, 1, 0, "end an incident before its host is quiet",
	 command_incidents_close},
	{"incidents", "", 0, 0, LIST_OPTIONS, "incidents list", command_incidents_list},
	{"contain", "ADDR", 1, 1, OPTION_BIT(OPTION_FOR) | OPTION_BIT(OPTION_COMMENT),
	 "cut a host off from port 25 for a while", command_contain},
	{"release", "ADDR", 1, 1, 0, "end that", command_release},
	{"forget", "ADDR", 1, 1, 0, "remove a host from everything that edge25 keeps",
	 command_forget},
	{"log reopen", "", 0, 0, 0, "open the event file anew, after it was moved away",
	 command_log_reopen},
	{"reload", "", 0, 0, OPTION_BIT(OPTION_DRY_RUN),
	 "read the configuration again and say what changed", command_reload},
	{"ruleset show", "", 0, 0, 0, "what the kernel's table has, with counts",
	 command_ruleset_show},
	{"ruleset verify", "", 0, 0, 0,
	 "is the kernel's table what it should be, element by element?", command_ruleset_verify},
	{"watch", "", 0, 0,
	 OPTION_BIT(OPTION_KIND) | OPTION_BIT(OPTION_HOST) | OPTION_BIT(OPTION_POLICY) |
		 OPTION_BIT(OPTION_CLASS) | OPTION_BIT(OPTION_VERDICT),
	 "events, incidents and changes as they happen, until Ctrl-C", command_watch},
	{"report", "", 0, 0,
	 OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_CSV),
	 "what happened in a week, for people", command_report},
	{"metrics", "", 0, 0, OPTION_BIT(OPTION_OUTPUT),
	 "all that is counted, as OpenMetrics for Prometheus", command_metrics},
	{"discover", "", 0, 0, 0, "the methods of the socket (rpc.discover)", command_discover},
	{NULL, NULL, 0, 0, 0, NULL, NULL},
};

/* How many words of the command line name this command: 0 if they do not. */
static size_t command_words(const struct command *command, const struct arguments *arguments)
{
	const char *space = strchr(command->name, ' ');
	size_t length = space ? (size_t)(space - command->name) : strlen(command->name);
	size_t words = space ? 2 : 1;

	if (arguments->operands < words || strlen(arguments->operand[0]) != length ||
	    memcmp(arguments->operand[0], command->name, length) != 0)
		return 0;
	return !space || !strcmp(arguments->operand[1], space + 1) ? words : 0;
}

/* Takes the command's words off @arguments. NULL: there is no such command. */
static const struct command *find_command(struct arguments *arguments)
{
	if (!arguments->operands)
		return &commands[0];
	for (const struct command *command = commands; command->name; command++) {
		size_t words = command_words(command, arguments);

		/* "incidents lsit" is no "incidents" with a word too many. */
		if (!words || (words < arguments->operands && !command->max &&
			       help_is_group(commands, command->name)))
			continue;
		arguments_shift(arguments, words);
		return command;
	}
	return NULL;
}

static bool fits(const struct command *command, const struct arguments *arguments)
{
	for (enum option_id id = 0; id < OPTIONS; id++) {
		if (arguments->option[id] &&
		    !((command->options | OPTIONS_COMMON) & OPTION_BIT(id))) {
			text_error("%s does not take %s: see edge25ctl %s --help", command->name,
				   option_name(id), command->name);
			return false;
		}
	}
	if (arguments->option[OPTION_JSON] && arguments->option[OPTION_CSV]) {
		text_error("--json and --csv: give one of them");
		return false;
	}
	if (arguments->operands < command->min) {
		text_error("usage: edge25ctl %s %s", command->name, command->operands);
		return false;
	}
	if (arguments->operands > command->max) {
		text_error("%s: unexpected '%s': see edge25ctl %s --help", command->name,
			   arguments->operand[command->max], command->name);
		return false;
	}
	return true;
}

/* No command, or the first word of several. */
static enum exit_code no_command(const struct arguments *arguments, const struct screen *screen)
{
	const bool help = arguments->option[OPTION_HELP];
	struct screen err = *screen;

	err.out = stderr;
	if ((help || arguments->operands == 1) &&
	    help_group(help ? screen : &err, commands, arguments->operand[0]))
		return help ? EXIT_OK : EXIT_TROUBLE;
	help_unknown(commands, arguments);
	return EXIT_TROUBLE;
}

static enum exit_code run(int argc, char *argv[], struct screen *screen)
{
	struct arguments arguments;
	const struct command *command;

	if (!arguments_parse(argc, argv, &arguments))
		return EXIT_TROUBLE;
	/* "help allow add" is what some type for "allow add --help". */
	if (arguments.operands && !strcmp(arguments.operand[0], "help")) {
		arguments.option[OPTION_HELP] = "";
		arguments_shift(&arguments, 1);
	}
	if (arguments.option[OPTION_COLOR] &&
	    !screen_colour(screen, arguments.option[OPTION_COLOR]))
		return EXIT_TROUBLE;
	if (arguments.option[OPTION_VERSION]) {
		puts("edge25ctl " EDGE25_VERSION);
		return EXIT_OK;
	}
	if (arguments.option[OPTION_HELP] && !arguments.operands) {
		help_all(screen, commands);
		return EXIT_OK;
	}
	command = find_command(&arguments);
	if (!command)
		return no_command(&arguments, screen);
	if (arguments.option[OPTION_HELP]) {
		help_command(screen, command);
		return EXIT_OK;
	}
	return fits(command, &arguments) ? command->run(&arguments, screen) : EXIT_TROUBLE;
}

int main(int argc, char *argv[])
{
	struct screen screen;
	enum exit_code code;

	if (!text_outputs_open())
		return EXIT_TROUBLE;
	setlocale(LC_CTYPE, "");
	screen = screen_standard();
	if (argc > 1 && !strcmp(argv[1], COMPLETE_WORD))
		code = complete(commands, argc - 2, argv + 2);
	else
		code = run(argc, argv, &screen);
	if (fflush(stdout) || ferror(stdout)) {
		text_error("cannot write the output");
		return EXIT_TROUBLE;
	}
	return code;
}
