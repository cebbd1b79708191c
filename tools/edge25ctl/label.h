/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines "  label      text" of a page about one thing. */
#ifndef EDGE25CTL_LABEL_H
#define EDGE25CTL_LABEL_H

#include <jansson.h>

#include "text.h"

/* Without text there is no line. */
void label_line(const struct screen *screen, const char *label, const char *text);
/* The same, with a format. */
__attribute__((format(printf, 3, 4))) void label_format(const struct screen *screen,
							const char *label, const char *fmt, ...);
/* Each text of an array in a line of its own; the first has the label. */
void label_list(const struct screen *screen, const char *label, const json_t *texts);

#endif
