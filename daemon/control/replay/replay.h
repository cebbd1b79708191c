/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trace through the tracker, as if each of its rows had been a packet that the engine saw. */
#ifndef EDGE25_CONTROL_REPLAY_H
#define EDGE25_CONTROL_REPLAY_H

#include <stdio.h>

#include "control/config/config.h"
#include "control/hosts/tracker.h"
#include "control/replay/trace.h"

struct replay;

/* @config: numbered; it must outlive the replay. NULL: no memory. */
struct replay *replay_new(const struct config *config);
void replay_free(struct replay *replay);
/* The row after the one before. 0 or -ENOMEM. */
int replay_row(struct replay *replay, const struct trace_row *row);
/* What the last rows led to; then a line for each host, in the order of their first attempts. */
int replay_print(struct replay *replay, FILE *out);
const struct tracker *replay_tracker(const struct replay *replay);
/* Rows of sources that no range has, and of those that are allowed. */
uint64_t replay_left_alone(const struct replay *replay);

#endif
