/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A range of sources by a range of destinations, and what is left when one is cut from another. */
#ifndef EDGE25_BOX_H
#define EDGE25_BOX_H

#include <stdbool.h>

#include "addr.h"

/* All ends are included. */
struct box {
	struct addr from_first, from_last;
	struct addr to_first, to_last;
};

#define BOX_PIECES_MAX 4

bool box_overlaps(const struct box *a, const struct box *b);
/* @box without @hole, which overlaps it, as disjoint pieces: their number. */
unsigned box_cut(const struct box *box, const struct box *hole, struct box pieces[BOX_PIECES_MAX]);

#endif
