// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define RATE_RUNS 10
#define RATE_PERIOD 3600.
#define RATE_RUNS_MAX 100000
#define LIMIT 30.
#define RETRY 10.
#define TRIES 8 /* the last one 22 minutes after the first */
#define TRIES_MAX 1000
#define MOST 100 /* what a person reads at once, and more */
#define MOST_MAX 1000
#define SECONDS_MAX 1e9

enum {
	LONG_ON = 256,
	LONG_CLASS,
	LONG_RATE,
	LONG_TIMEOUT,
	LONG_RETRY,
	LONG_TRIES,
	LONG_MOST,
	LONG_FROM_START
};

static const struct option longs[] = {
	{"socket", required_argument, NULL, 's'},
	{"state", required_argument, NULL, 'S'},
	{"on", required_argument, NULL, LONG_ON},
	{"class", required_argument, NULL, LONG_CLASS},
	{"rate", required_argument, NULL, LONG_RATE},
	{"digest", required_argument, NULL, LONG_MOST},
	{"timeout", required_argument, NULL, LONG_TIMEOUT},
	{"tries", required_argument, NULL, LONG_TRIES},
	{"retry", required_argument, NULL, LONG_RETRY},
	{"from-start", no_argument, NULL, LONG_FROM_START},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static void help(void)
{
	fputs("usage: edge25-notify [OPTIONS] -- COMMAND [ARG...]\n"
	      "\n"
	      "  -s, --socket SOCKET   edge25-control's socket\n"
	      "  -S, --state FILE      where it remembers what was handed over\n"
	      "      --on WORDS        opened,closed,class,action: which changes (the first three)\n"
	      "      --class WORDS     only incidents of these classes: suspect,infected\n"
	      "      --rate N/TIME     runs in a time, and at once; more gather in a digest (10/h)\n"
	      "      --digest N        how many incidents a digest names, the rest it counts (100)\n"
	      "      --timeout TIME    for a run; then SIGTERM, then SIGKILL (30s)\n"
	      "      --tries N         runs until a notice is given up (8)\n"
	      "      --retry TIME      before the second try, twice as long each time (10s)\n"
	      "      --from-start      the first time, begin with the oldest incident there is\n"
	      "  -h, --help            this help\n"
	      "  -V, --version         the version of edge25-notify\n"
	      "\n"
	      "COMMAND gets one JSON document on its standard input and needs no shell.\n"
	      "SOCKET is " SOCKET_PRESET " unless EDGE25_SOCKET or -s names another,\n"
	      "FILE is " STATE_PRESET ". See edge25-notify(8).\n",
	      stdout);
}

static double unit_seconds(const char *unit)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(units[i].unit, unit))
			return units[i].seconds;
	}
	return -1;
}

/* Digits alone, 1 to @max; *end is behind them. 0: not such a number. */
static unsigned long read_number(const char *text, unsigned long max, char **end)
{
	unsigned long number;

	errno = 0;
	number = strtoul(text, end, 10);
	return *text >= '0' && *text <= '9' && !errno && number <= max ? number : 0;
}

double options_duration(const char *text)
{
	char *end;
	double number = (double)read_number(text, (unsigned long)SECONDS_MAX, &end);
	double seconds = number > 0 ? number * unit_seconds(end) : -1;

	return seconds > 0 && seconds <= SECONDS_MAX ? seconds : -1;
}

bool options_rate(const char *text, unsigned *runs, double *period)
{
	char *end;

	*runs = (unsigned)read_number(text, RATE_RUNS_MAX, &end);
	if (!*runs || *end != '/')
		return false;
	/* "10/h" */
	*period = end[1] >= '0' && end[1] <= '9' ? options_duration(end + 1) :
		  end[1]                         ? unit_seconds(end + 1) :
						   -1;
	return *period > 0;
}

static bool take_number(const char *text, unsigned long max, unsigned *number)
{
	char *end;

	*number = (unsigned)read_number(text, max, &end);
	return *number && !*end;
}

static bool take_duration(const char *text, double *seconds)
{
	*seconds = options_duration(text);
	return *seconds > 0;
}

static bool take_changes(const char *text, unsigned *changes)
{
	*changes = 0;
	while (true) {
		size_t length = strcspn(text, ",");
		unsigned change = incident_change_named(text, length);

		if (!change)
			return false;
		*changes |= change;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

static bool take_classes(const char *text, struct wanted *wanted)
{
	static const char *const classes[] = {"clean", "misconfigured", "suspect", "infected"};
	const size_t count = sizeof(classes) / sizeof(classes[0]);

	wanted->classes = 0;
	while (wanted->classes < GATHER_CLASSES_MAX) {
		size_t length = strcspn(text, ","), i = 0;

		while (i < count &&
		       (strlen(classes[i]) != length || memcmp(classes[i], text, length) != 0))
			i++;
		if (i == count)
			return false;
		strcpy(wanted->class[wanted->classes++], classes[i]);
		if (!text[length])
			return true;
		text += length + 1;
	}
	return false;
}

/* What the value should have been; NULL: it is. */
static const char *take_option(int option, const char *value, struct options *options)
{
	switch (option) {
	case 's':
		options->socket = value;
		return NULL;
	case 'S':
		options->state = value;
		return *value ? NULL : "a file";
	case LONG_ON:
		return take_changes(value, &options->wanted.changes) ?
			       NULL :
			       "some of opened,closed,class,action";
	case LONG_CLASS:
		return take_classes(value, &options->wanted) ?
			       NULL :
			       "some of clean,misconfigured,suspect,infected";
	case LONG_RATE:
		return options_rate(value, &options->rate_runs, &options->rate_period) ?
			       NULL :
			       "a number of runs in a time, as 10/h or 3/10m";
	case LONG_TIMEOUT:
		return take_duration(value, &options->limit) ? NULL : "a time, as 30s or 5m";
	case LONG_RETRY:
		return take_duration(value, &options->retry) ? NULL : "a time, as 30s or 5m";
	case LONG_TRIES:
		return take_number(value, TRIES_MAX, &options->tries) ? NULL : "1 to 1000";
	case LONG_MOST:
		return take_number(value, MOST_MAX, &options->most) ? NULL : "1 to 1000";
	default:
		options->from_start = true;
		return NULL;
	}
}

static const char *long_name(int option)
{
	const struct option *found = longs;

	while (found->val != option)
		found++;
	return found->name;
}

static enum options_say wrong(void)
{
	fputs("see edge25-notify --help\n", stderr);
	return OPTIONS_WRONG;
}

static enum options_say take_command(char *argv[], struct options *options)
{
	if (!*argv) {
		log_error("no command: edge25-notify [OPTIONS] -- COMMAND [ARG...]");
		return wrong();
	}
	/* One without a slash is looked for when it runs, and a failure then is one of the run. */
	if (strchr(*argv, '/') && access(*argv, X_OK)) {
		log_error("cannot run %s: %s", *argv, strerror(errno));
		return OPTIONS_WRONG;
	}
	options->command = argv;
	return OPTIONS_RUN;
}

enum options_say options_parse(int argc, char *argv[], struct options *options)
{
	const char *socket = getenv("EDGE25_SOCKET");
	const char *expected;
	int option;

	*options = (struct options){
		.socket = socket && *socket ? socket : SOCKET_PRESET,
		.state = STATE_PRESET,
		.wanted = {.changes = CHANGES_PRESET},
		.rate_runs = RATE_RUNS,
		.rate_period = RATE_PERIOD,
		.limit = LIMIT,
		.retry = RETRY,
		.tries = TRIES,
		.most = MOST,
	};
	/* +: what follows the command is the command's. */
	while ((option = getopt_long(argc, argv, "+s:S:hV", longs, NULL)) != -1) {
		switch (option) {
		case 'h':
			help();
			return OPTIONS_DONE;
		case 'V':
			puts("edge25-notify " EDGE25_VERSION);
			return OPTIONS_DONE;
		case '?': /* getopt has said it */
			return wrong();
		}
		expected = take_option(option, optarg, options);
		if (expected) {
			log_error("--%s is %s, not '%s'", long_name(option), expected, optarg);
			return wrong();
		}
	}
	return take_command(argv + optind, options);
}
