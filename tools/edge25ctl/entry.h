/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allow entries as people read them. */
#ifndef EDGE25CTL_ENTRY_H
#define EDGE25CTL_ENTRY_H

#include <jansson.h>

#include "text.h"

/* "12: 100.64.3.7 -> 203.0.113.25, 2h left: ticket 42", as one line. */
void entry_print(const struct screen *screen, const char *verb, const json_t *entry);

/* A table of the entries in an array; 0 or -ENOMEM. */
int entry_table(const struct screen *screen, const json_t *entries, unsigned indent);

#endif
