/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounds on what all who are connected make us hold. */
#ifndef EDGE25_CONTROL_CROWD_HELD_H
#define EDGE25_CONTROL_CROWD_HELD_H

#include "control/socket/crowd_seats.h"

/* Whoever makes us hold too much goes. */
void crowd_held_bound(struct crowd *crowd);

#endif
