// SPDX-License-Identifier: GPL-2.0-or-later
#include "array.h"

#include <stdlib.h>

void *array_room(void *array, size_t count, size_t size)
{
	if (count == 0)
		return array ? array : reallocarray(NULL, 1, size);
	if (count & (count - 1))
		return array;
	return reallocarray(array, count * 2, size);
}
