/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv6 sources are remembered by /64. Where a range begins or ends inside of one, the refusal of one
 * source would hold for others of another policy; there each source is remembered by itself. Those
 * /64 are a set of their own, which the rules ask only while there are any.
 */
#ifndef EDGE25_RULES_FINE_H
#define EDGE25_RULES_FINE_H

#include "rules/sets.h"

bool ranges_fine(const struct plan *plan);
/* Fills the set of a new generation. */
void set_fill_fine(struct batch *batch, const struct plan *plan,
		   const struct generations *generations);

#endif
