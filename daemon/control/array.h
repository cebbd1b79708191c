/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow by doubling; the count is all there is to keep. */
#ifndef EDGE25_CONTROL_ARRAY_H
#define EDGE25_CONTROL_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

/*
 * Room for element number @count (from 0) in an array that was only ever grown one by one through
 * here. NULL: no memory, and the old array is still there.
 */
static inline void *array_room(void *array, size_t count, size_t size)
{
	if (count == 0)
		return array ? array : reallocarray(NULL, 1, size);
	if (count & (count - 1))
		return array;
	return reallocarray(array, count * 2, size);
}

#endif
