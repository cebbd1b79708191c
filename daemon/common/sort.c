/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sort.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct sort {
	size_t size;
	sort_order *order;
	char *left; /* room for one half */
};

static bool in_order(const char *array, size_t count, const struct sort *sort)
{
	for (size_t i = 1; i < count; i++)
		if (sort->order(array + (i - 1) * sort->size, array + i * sort->size) > 0)
			return false;
	return true;
}

/* Both halves are in order, but not what lies side by side in the middle. */
static void merge(char *array, size_t half, size_t count, const struct sort *sort)
{
	const char *right = array + half * sort->size, *right_end = array + count * sort->size;
	const char *left = sort->left, *left_end = left;
	char *to = array + half * sort->size;

	while (to > array && sort->order(to - sort->size, right) > 0)
		to -= sort->size; /* what is before it is in place */
	left_end += right - to;
	memcpy(sort->left, to, (size_t)(right - to));
	for (; left < left_end && right < right_end; to += sort->size) {
		const char **first = sort->order(left, right) <= 0 ? &left : &right;

		memcpy(to, *first, sort->size);
		*first += sort->size;
	}
	memcpy(to, left, (size_t)(left_end - left)); /* what is left of the right one is in place */
}

static void sort_part(char *array, size_t count, const struct sort *sort)
{
	size_t half = count / 2;

	if (in_order(array, count, sort))
		return;
	sort_part(array, half, sort);
	sort_part(array + half * sort->size, count - half, sort);
	if (sort->order(array + (half - 1) * sort->size, array + half * sort->size) > 0)
		merge(array, half, count, sort);
}

int sort_stable(void *array, size_t count, size_t size, sort_order *order)
{
	struct sort sort = {.size = size, .order = order};

	if (in_order(array, count, &sort))
		return 0;
	sort.left = reallocarray(NULL, count / 2, size);
	if (!sort.left)
		return -ENOMEM;
	sort_part(array, count, &sort);
	free(sort.left);
	return 0;
}
