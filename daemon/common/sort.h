/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorting of what is nearly in order: lists that others wrote, one behind the other. Where they are sorted
 * each, it costs a few looks at each element; else what qsort(3) does.
 */
#ifndef EDGE25_SORT_H
#define EDGE25_SORT_H

#include <stddef.h>

typedef int sort_order(const void *a, const void *b);

/* Equal elements stay as they stood. Takes memory for half of them, if they are not in order. 0 or -ENOMEM. */
int sort_stable(void *array, size_t count, size_t size, sort_order *order);

#endif
