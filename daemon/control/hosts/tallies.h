/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tallies as they were last read, so that what is new in a reading can be told. An
 * element of another birth, or one that was missing from a reading, counts from 0 again: the one before
 * expired, or its table was made anew. So does one whose count fell: somebody reset it.
 */
#ifndef EDGE25_CONTROL_TALLIES_H
#define EDGE25_CONTROL_TALLIES_H

#include <stdbool.h>

#include "common/message.h"
#include "control/hosts/slots.h"

struct tallies;

struct tallies *tallies_new(uint32_t max, struct hash_key key);
void tallies_free(struct tallies *tallies);
/* *more: packets since the last reading. -ENOSPC: no room to remember one more; -EINVAL: no tally. */
int tallies_read(struct tallies *tallies, const struct message_tally *tally, uint64_t *more);
/* As it was read last: fills in birth and packets of the host and kind in *last; false: it was not. */
bool tallies_get(const struct tallies *tallies, struct message_tally *last);
/* It was read so by those before us; nothing, if we have read it ourselves. */
void tallies_put(struct tallies *tallies, const struct message_tally *last);
/* The end of a reading: forgets the elements that it did not have. */
void tallies_end(struct tallies *tallies);

#endif
