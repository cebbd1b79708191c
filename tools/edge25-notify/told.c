// SPDX-License-Identifier: GPL-2.0-or-later
#include "told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64

void told_free(struct told *told)
{
	free(told->entry);
	memset(told, 0, sizeof(*told));
}

/* Where @id is, or belongs. */
static size_t told_place(const struct told *told, int64_t id)
{
	size_t low = 0, high = told->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (told->entry[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void told_remove(struct told *told, size_t place)
{
	told->count--;
	memmove(told->entry + place, told->entry + place + 1,
		(told->count - place) * sizeof(*told->entry));
}

const struct incident *told_find(const struct told *told, int64_t id)
{
	size_t place = told_place(told, id);

	return place < told->count && told->entry[place].id == id ? &told->entry[place] : NULL;
}

static int told_grow(struct told *told)
{
	size_t room = told->room ? 2 * told->room : ROOM_FIRST;
	struct incident *entry = reallocarray(told->entry, room, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	told->entry = entry;
	told->room = room;
	return 0;
}

int told_put(struct told *told, const struct incident *incident)
{
	size_t place = told_place(told, incident->id);

	if (place < told->count && told->entry[place].id == incident->id) {
		if (incident->open)
			told->entry[place] = *incident;
		else
			told_remove(told, place);
		return 0;
	}
	if (!incident->open)
		return 0;
	if (told->count == TOLD_MAX) {
		told->forgotten++;
		told_remove(told, 0);
		place -= place > 0;
	}
	if (told->count == told->room && told_grow(told))
		return -ENOMEM;
	memmove(told->entry + place + 1, told->entry + place,
		(told->count - place) * sizeof(*told->entry));
	told->entry[place] = *incident;
	told->count++;
	return 0;
}
