// SPDX-License-Identifier: GPL-2.0-or-later
#include "arguments.h"

#include <stdio.h>
#include <string.h>

#include "near.h"
#include "text.h"

static const struct {
	const char *name; /* with its dashes */
	char letter;      /* 0: long only */
	const char *value;
	const char *help;
} options[OPTIONS] = {
	[OPTION_SOCKET] = {"--socket", 's', "SOCKET", "control's socket"},
	[OPTION_JSON] = {"--json", 0, NULL, "print the reply as JSON"},
	[OPTION_HELP] = {"--help", 'h', NULL, "this help"},
	[OPTION_VERSION] = {"--version", 'V', NULL, "the version of edge25ctl"},
	[OPTION_FROM] = {"--from", 0, "PREFIX", "source address or prefix"},
	[OPTION_TO] = {"--to", 0, "DESTINATION", "destination: an address, prefix or name"},
	[OPTION_EXPIRES] = {"--expires", 0, "WHEN",
			    "a duration (30m, 2h, 7d) or a date (2026-12-01)"},
	[OPTION_COMMENT] = {"--comment", 0, "TEXT", "why, for whoever reads the list"},
	[OPTION_DRY_RUN] = {"--dry-run", 0, NULL, "say what would change, and change nothing"},
	[OPTION_INTERFACE] = {"--interface", 0, "NAME", "by which the packets come in"},
	[OPTION_WATCHED] = {"--watched", 0, NULL, "guard the source rather than let it go free"},
	[OPTION_ALWAYS] = {"--always", 0, NULL, "let through also what is contained"},
	[OPTION_OPEN] = {"--open", 0, NULL, "only those that are open"},
	[OPTION_CLOSED] = {"--closed", 0, NULL, "only those that are closed"},
	[OPTION_CLASS] = {"--class", 0, "CLASS",
			  "only infected, suspect, misconfigured (or clean) ones"},
	[OPTION_LIMIT] = {"--limit", 0, "N", "at most so many"},
	[OPTION_FOR] = {"--for", 0, "TIME", "how long (30m, 2h, 7d)"},
	[OPTION_NEWEST] = {"--newest", 0, NULL, "those that were seen last first"},
	[OPTION_CSV] = {"--csv", 0, NULL, "print it as CSV, with a header"},
	[OPTION_KIND] = {"--kind", 0, "KINDS", "event, incident, change, or several: event,change"},
	[OPTION_HOST] = {"--host", 0, "PREFIX", "only of this host, or of those in this prefix"},
	[OPTION_VERDICT] = {"--verdict", 0, "WORD", "only what was refused, or what passed"},
	[OPTION_OUTPUT] = {"--output", 0, "FILE", "write to FILE, all at once"},
	[OPTION_USER] = {"--user", 0, "NAME", "only what this user did"},
	[OPTION_ORIGIN] = {"--origin", 0, "ORIGIN", "only those of the socket, or configuration"},
	[OPTION_EXPIRING] = {"--expiring", 0, "TIME",
			     "only those that end within it (30m, 2h, 7d)"},
	[OPTION_NEVER_USED] = {"--never-used", 0, "TIME",
			       "only older ones that let nothing through yet (7d; 0s: all)"},
	[OPTION_REPLACE] = {"--replace", 0, NULL, "exactly this list: what is not in it goes"},
	[OPTION_COLOR] = {"--color", 0, "WHEN", "auto (on a terminal), always or never"},
	[OPTION_ORDER] = {"--order", 0, "ORDER", "what comes first"},
	[OPTION_POLICY] = {"--policy", 0, "NAME", "only those that this policy decides about"},
	[OPTION_RANGE] = {"--range", 0, "NAME", "only those of this range"},
	[OPTION_PREFIX] = {"--prefix", 0, "PREFIX", "only those in it, or that have this address"},
	[OPTION_NAME] = {"--name", 0, "TEXT", "only those with this in their name"},
	[OPTION_CONTAINED] = {"--contained", 0, NULL, "only those that are contained now"},
	[OPTION_SINCE] = {"--since", 0, "WHEN",
			  "seen since then: 24h, 7d, 2026-12-01, 2026-12-01T12:00:00Z"},
	[OPTION_UNTIL] = {"--until", 0, "WHEN", "begun before then, in the same words"},
	[OPTION_OFFSET] = {"--offset", 0, "N", "leave out so many of the first"},
	[OPTION_AFTER] = {"--after", 0, "WHICH", "only those behind this one"},
};

const char *option_name(enum option_id id)
{
	return options[id].name;
}

char option_letter(enum option_id id)
{
	return options[id].letter;
}

const char *option_value(enum option_id id)
{
	return options[id].value ? options[id].value : "";
}

const char *option_help(enum option_id id)
{
	return options[id].help;
}

enum option_id option_find(const char *word, size_t length)
{
	const bool is_long = length > 2;
	enum option_id id = 0;

	while (id < OPTIONS && (is_long ? strlen(options[id].name) != length ||
						  memcmp(options[id].name, word, length) != 0 :
					  !options[id].letter || options[id].letter != word[1]))
		id++;
	return id;
}

static void say_unknown(const char *word, size_t length)
{
	enum option_id nearest = OPTIONS;
	unsigned best = NEAR_NOT;
	char typed[NEAR_WORD_MAX + 2];

	snprintf(typed, sizeof(typed), "%.*s", (int)length, word);
	for (enum option_id id = 0; id < OPTIONS; id++) {
		unsigned distance = near_distance(typed, options[id].name);

		if (distance < best) {
			best = distance;
			nearest = id;
		}
	}
	if (nearest < OPTIONS)
		text_error("unknown option '%s': did you mean %s?", word, options[nearest].name);
	else
		text_error("unknown option '%s': see edge25ctl --help", word);
}

/* Takes argv[*index], and the word after it where that is its value. */
static bool take_option(int argc, char *const argv[], int *index, struct arguments *arguments)
{
	const char *word = argv[*index];
	bool is_long = word[1] == '-';
	size_t length = is_long ? strcspn(word, "=") : 2;
	enum option_id id = option_find(word, length);
	const char *attached = is_long ? (word[length] ? word + length + 1 : NULL) :
			       word[2] ? word + 2 :
					 NULL;

	if (id == OPTIONS) {
		say_unknown(word, length);
		return false;
	}
	if (!options[id].value && attached) {
		text_error("%s takes no value ('%s')", options[id].name, word);
		return false;
	}
	if (options[id].value && !attached) {
		if (++*index == argc) {
			text_error("%s needs a value: %s %s", word, options[id].name,
				   options[id].value);
			return false;
		}
		attached = argv[*index];
		/* Somebody who asks in the middle of a line for help, not for such a value. */
		if (!strcmp(attached, options[OPTION_HELP].name)) {
			arguments->option[OPTION_HELP] = "";
			return true;
		}
	}
	if (arguments->option[id] && options[id].value) {
		text_error("%s is given twice", options[id].name);
		return false;
	}
	arguments->option[id] = attached ? attached : "";
	return true;
}

bool arguments_parse(int argc, char *const argv[], struct arguments *arguments)
{
	bool options_end = false;

	memset(arguments, 0, sizeof(*arguments));
	for (int i = 1; i < argc; i++) {
		if (!options_end && !strcmp(argv[i], "--")) {
			options_end = true;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1]) {
			if (!take_option(argc, argv, &i, arguments))
				return false;
		} else if (arguments->operands == OPERANDS_MAX) {
			text_error("too many words at '%s': see edge25ctl --help", argv[i]);
			return false;
		} else {
			arguments->operand[arguments->operands++] = argv[i];
		}
	}
	return true;
}

void arguments_shift(struct arguments *arguments, size_t words)
{
	arguments->operands -= words;
	memmove(arguments->operand, arguments->operand + words,
		arguments->operands * sizeof(arguments->operand[0]));
	arguments->operand[arguments->operands] = NULL;
}
