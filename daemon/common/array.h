/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow by doubling; the count is all there is to keep. */
#ifndef EDGE25_ARRAY_H
#define EDGE25_ARRAY_H

#include <stddef.h>

/*
 * Room for element number @count (from 0) in an array that was only ever grown one by one through
 * here. NULL: no memory, and the old array is still there.
 */
void *array_room(void *array, size_t count, size_t size);

#endif
