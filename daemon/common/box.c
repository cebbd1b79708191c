/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "box.h"

bool box_overlaps(const struct box *a, const struct box *b)
{
	return addr_compare(&a->from_first, &b->from_last) <= 0 &&
	       addr_compare(&b->from_first, &a->from_last) <= 0 &&
	       addr_compare(&a->to_first, &b->to_last) <= 0 &&
	       addr_compare(&b->to_first, &a->to_last) <= 0;
}

unsigned box_cut(const struct box *box, const struct box *hole, struct box pieces[BOX_PIECES_MAX])
{
	struct box rest = *box;
	unsigned count = 0;

	if (addr_compare(&rest.from_first, &hole->from_first) < 0) {
		pieces[count] = rest;
		pieces[count++].from_last = addr_previous(&hole->from_first);
		rest.from_first = hole->from_first;
	}
	if (addr_compare(&rest.from_last, &hole->from_last) > 0) {
		pieces[count] = rest;
		pieces[count++].from_first = addr_next(&hole->from_last);
		rest.from_last = hole->from_last;
	}
	if (addr_compare(&rest.to_first, &hole->to_first) < 0) {
		pieces[count] = rest;
		pieces[count++].to_last = addr_previous(&hole->to_first);
		rest.to_first = hole->to_first;
	}
	if (addr_compare(&rest.to_last, &hole->to_last) > 0) {
		pieces[count] = rest;
		pieces[count++].to_first = addr_next(&hole->to_last);
	}
	return count;
}
