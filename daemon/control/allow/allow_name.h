/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody who adds an entry with a name is told: whether it is one, and what it lacks. */
#ifndef EDGE25_CONTROL_ALLOW_NAME_H
#define EDGE25_CONTROL_ALLOW_NAME_H

#include "control/control.h"

/* Has it a name of which no address is known yet, so that DNS is to be asked before it is added? */
bool allow_name_unknown(const struct control *control, const struct allow_entry *entry);
/* Why the answer's name cannot be an entry, as the end of a sentence; NULL: it can. */
const char *allow_name_unusable(const struct resolver_answer *answer);
/* Did DNS not say what it stands for? @answer may be NULL. */
bool allow_name_silent(const struct resolver_answer *answer);
/* What an entry that was added lacks, if it has a name; @silent: as above. */
void allow_name_warn(const struct control *control, const struct allow_entry *entry, bool silent,
		     json_t *warnings);

#endif
