/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose turn it is. */
#ifndef EDGE25_CONTROL_CROWD_TURNS_H
#define EDGE25_CONTROL_CROWD_TURNS_H

#include "control/socket/crowd_seats.h"

void crowd_turns_init(struct crowd *crowd);
void crowd_turns_stop(struct crowd *crowd);
/* A piece of what there is to do; the loop comes back for more. */
void crowd_take_turns(struct crowd *crowd);
/* So many seconds of a processor went to somebody. */
void crowd_charge(struct crowd *crowd, struct seat *seat, double took);

#endif
