/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What edge25d has to know of the configuration. It parses none itself: `edge25-control --settings`
 * checks the whole of it and prints these keys, a key=value line each.
 */
#ifndef EDGE25_SETTINGS_H
#define EDGE25_SETTINGS_H

#include <limits.h>

#include "account.h"
#include "program.h"

struct settings {
	char run_dir[PATH_MAX];
	char state_dir[PATH_MAX];
	char log_dir[PATH_MAX];
	char user[ACCOUNT_NAME_MAX];
	char engine_user[ACCOUNT_NAME_MAX];
	char monitor_group[ACCOUNT_NAME_MAX]; /* "": none */
};

/*
 * Takes @text apart, in place. Keys that edge25d has no use for are passed over. 0, or -EINVAL with
 * the offending line or missing key in *what.
 */
int settings_parse(char *text, struct settings *settings, const char **what);

/*
 * Runs @control for the settings in @config. The child stays root, so that a file that only root
 * can read is found faulty for what it says, and keeps CAP_DAC_READ_SEARCH alone.
 * 0 or -errno, logged (by the child, where the configuration is wrong).
 */
int settings_read(const struct program *control, const char *config, struct settings *settings);

#endif
