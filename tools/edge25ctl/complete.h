/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a shell offers for a command line that is not whole yet. */
#ifndef EDGE25CTL_COMPLETE_H
#define EDGE25CTL_COMPLETE_H

#include "command.h"

/* edge25ctl complete WORD...: for the shell's completion alone, not in --help. */
#define COMPLETE_WORD "complete"

/*
 * Prints what the last of @words (it may be empty) can become, one a line; COMPLETE_FILES: a file's
 * name. Entries, hosts, incidents and names are asked of control, for a second at most. Nothing is
 * printed on stderr, and it is no error that control is away.
 */
#define COMPLETE_FILES ":files"
enum exit_code complete(const struct command *commands, int words, char *const word[]);

#endif
