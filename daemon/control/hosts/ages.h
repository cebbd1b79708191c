/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times in 7 bits, coarser as they get older: slots of 16 s for the last quarter of an hour, of 128 s
 * for 83 minutes, of 48 minutes for a day. Whoever keeps codes keeps a turn with them, 0 at first, and
 * writes its codes anew when the turn ends; they keep their meaning however long that takes.
 */
#ifndef EDGE25_CONTROL_AGES_H
#define EDGE25_CONTROL_AGES_H

#include <stdbool.h>
#include <stdint.h>

#define AGES 128       /* codes; 0: no time */
#define AGE_BITS 0x7fu /* of a byte; the other one is the owner's */
#define AGE_TURN 128u  /* seconds */
#define AGE_DAY 86400u /* after which a time is forgotten, give or take half a slot */
#define AGE_NO_TIME UINT32_MAX

/*
 * It is @now: true if the turn has ended. Then each code is to be replaced by @anew[code] before one is
 * written.
 */
bool ages_turn(uint32_t *turn, uint32_t now, uint8_t anew[AGES]);
/* The code of a time, of this turn or before it. */
uint8_t age_code(uint32_t turn, uint32_t time);
/* Seconds since the middle of each code's slot; AGE_NO_TIME: none, or a day ago. */
void ages_list(uint32_t turn, uint32_t now, uint32_t ages[AGES]);

#endif
