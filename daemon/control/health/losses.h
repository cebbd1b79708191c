/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bounds and troubles made edge25 lose so far, each by its name and in words, and how much of late. */
#ifndef EDGE25_CONTROL_LOSSES_H
#define EDGE25_CONTROL_LOSSES_H

#include <jansson.h>

#include "control/control.h"

#define LOSS_NAME_MAX 80
#define LOSS_DROPPED "questions-dropped"
#define LOSS_UNCONTAINED "hosts-uncontained"
/* Noted beside the losses: packets given the safe answer, of all policies. */
#define LOSS_UNANSWERED "unanswered"

/* All that there are, also those of which there were none. */
typedef void losses_each(void *ctx, const char *name, uint64_t count, const char *text);
void losses_all(const struct control *control, losses_each *each, void *ctx);
/* [{name, count, recent, text}] of all that is not 0. */
json_t *losses_json(const struct control *control);

/* After each reading of the kernel's counters: what the first one shows is from before. */
void losses_begin(const struct control *control);
/* Now and then, and before they are shown: so they are known by the hour. Nothing before the beginning. */
void losses_note(const struct control *control);
/* How many of a loss came within the last hour. */
uint64_t losses_recent(const struct control *control, const char *name);

#endif
