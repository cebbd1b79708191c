/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of edge25-notify. */
#ifndef EDGE25_NOTIFY_OPTIONS_H
#define EDGE25_NOTIFY_OPTIONS_H

#include <stdbool.h>

#include "gather.h"

#define SOCKET_PRESET "/run/edge25/monitor.sock"
#define STATE_PRESET "/var/lib/edge25-notify/last"

struct options {
	const char *socket;
	const char *state;
	struct wanted wanted;
	unsigned rate_runs;
	double rate_period; /* seconds */
	double limit;       /* seconds for a run */
	double retry;       /* seconds before the second try, twice as long each time */
	unsigned tries;
	unsigned most; /* incidents that a digest names */
	bool from_start;
	char *const *command; /* ends with NULL */
};

enum options_say { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* OPTIONS_DONE: a help or the version was printed; OPTIONS_WRONG: the error was. */
enum options_say options_parse(int argc, char *argv[], struct options *options);

/* "90", "90s", "5m", "2h", "1d": seconds; negative: not a duration above 0. */
double options_duration(const char *text);
/* "10/h", "3/10m": runs and seconds. */
bool options_rate(const char *text, unsigned *runs, double *period);

#endif
