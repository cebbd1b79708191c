/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What edge25ctl says about itself: --help, and what was probably meant by a word that is unknown. */
#ifndef EDGE25CTL_HELP_H
#define EDGE25CTL_HELP_H

#include "command.h"

/* Of everything; @commands end with a name that is NULL. */
void help_all(const struct screen *screen, const struct command *commands);
/* Of one command, with examples. */
void help_command(const struct screen *screen, const struct command *command);
/* Are there commands of two words that begin with @group? */
bool help_is_group(const struct command *commands, const char *group);
/* Of the commands that begin with the word @group, a line each. False: there are none. */
bool help_group(const struct screen *screen, const struct command *commands, const char *group);

/* Says on stderr that there is no command @words, and which one is near. */
void help_unknown(const struct command *commands, const struct arguments *arguments);

#endif
