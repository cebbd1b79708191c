// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_FIRST 1024

struct gather {
	struct wanted wanted;
	unsigned most;
	struct item *item; /* in the order of changes */
	unsigned items;
	struct item *left; /* those that are only counted, by id */
	unsigned left_count, left_room;
	int64_t done; /* the change up to which nothing waited when what waits began to gather */
	int64_t seen; /* the newest that came */
};

struct gather *gather_new(const struct wanted *wanted, unsigned most)
{
	struct gather *gather = calloc(1, sizeof(*gather));

	if (!gather)
		return NULL;
	gather->wanted = *wanted;
	gather->most = most;
	gather->item = calloc(most, sizeof(*gather->item));
	if (gather->item)
		return gather;
	free(gather);
	return NULL;
}

static void gather_clear(struct gather *gather)
{
	for (unsigned i = 0; i < gather->items; i++)
		item_free(&gather->item[i]);
	gather->items = gather->left_count = 0;
	gather->done = gather->seen;
}

void gather_free(struct gather *gather)
{
	if (!gather)
		return;
	gather_clear(gather);
	free(gather->item);
	free(gather->left);
	free(gather);
}

void gather_begin(struct gather *gather, int64_t change)
{
	gather->seen = change;
	gather_clear(gather);
}

bool gather_full(const struct gather *gather)
{
	return gather->left_count >= GATHER_LEFT_MAX;
}

unsigned gather_count(const struct gather *gather)
{
	return gather->items + gather->left_count;
}

int64_t gather_done(const struct gather *gather)
{
	return gather_count(gather) ? gather->done : gather->seen;
}

/* --- in --- */

static bool class_wanted(const struct wanted *wanted, const char *class)
{
	for (unsigned i = 0; i < wanted->classes; i++) {
		if (!strcmp(wanted->class[i], class))
			return true;
	}
	return !wanted->classes;
}

bool gather_wants(const struct gather *gather, const struct told *told, const json_t *document)
{
	const struct incident *before;
	struct incident incident;

	if (!incident_read(document, &incident))
		return true;
	before = told_find(told, incident.id);
	return (before || class_wanted(&gather->wanted, incident.class)) &&
	       (incident_changes(before, &incident) & gather->wanted.changes);
}

/* The newest change is the last. */
static int add_item(struct gather *gather, struct item *item, struct item *same,
		    const json_t *document)
{
	int error = item_write(item, document);

	if (error)
		return error;
	if (same) {
		struct item *end = gather->item + gather->items--;

		item_free(same);
		memmove(same, same + 1, (size_t)(end - same - 1) * sizeof(*same));
	}
	gather->item[gather->items++] = *item;
	return 0;
}

static struct item *find_left(const struct gather *gather, int64_t id)
{
	size_t place = item_place(gather->left, gather->left_count, id);

	if (place == gather->left_count || gather->left[place].incident.id != id)
		return NULL;
	return &gather->left[place];
}

static int add_left(struct gather *gather, const struct item *item)
{
	size_t place = item_place(gather->left, gather->left_count, item->incident.id);

	if (gather->left_count == gather->left_room) {
		unsigned room = gather->left_room ? 2 * gather->left_room : LEFT_FIRST;
		struct item *left = reallocarray(gather->left, room, sizeof(*left));

		if (!left)
			return -ENOMEM;
		gather->left = left;
		gather->left_room = room;
	}
	memmove(gather->left + place + 1, gather->left + place,
		(gather->left_count - place) * sizeof(*gather->left));
	gather->left[place] = *item;
	gather->left_count++;
	return 0;
}

int gather_add(struct gather *gather, struct told *told, const json_t *document)
{
	struct item item = {0};
	const struct incident *before;
	struct item *same, *left;
	int error = 0;

	if (!incident_read(document, &item.incident) || item.incident.change <= gather->seen)
		return -EBADMSG;
	if (!gather_count(gather))
		gather->done = gather->seen;
	before = told_find(told, item.incident.id);
	same = item_find(gather->item, gather->items, item.incident.id);
	left = same ? NULL : find_left(gather, item.incident.id);
	item.changes = incident_changes(before, &item.incident) & gather->wanted.changes;
	if (same || left)
		item.changes |= (same ? same : left)->changes;

	if (left)
		*left = item;
	/* Whoever was told of an incident hears how it ends, whatever class it has by then. */
	else if (!same && !before && !class_wanted(&gather->wanted, item.incident.class))
		error = 0;
	else if (!item.changes)
		error = told_put(told, &item.incident);
	else if (same || gather->items < gather->most)
		error = add_item(gather, &item, same, document);
	else
		error = add_left(gather, &item);
	if (!error)
		gather->seen = item.incident.change;
	return error;
}

/* --- out --- */

static int tell(struct told *told, const struct item *items, unsigned count)
{
	int error = 0;

	for (unsigned i = 0; i < count && !error; i++)
		error = told_put(told, &items[i].incident);
	return error;
}

static int take_digest(struct gather *gather, struct told *told, uint64_t given_up,
		       struct notice *notice)
{
	json_t *figures = json_pack("{s:b, s:i, s:i, s:I, s:I, s:I}", "digest", 1, "count",
				    (int)gather_count(gather), "left_out", (int)gather->left_count,
				    "after", (json_int_t)gather->done, "last",
				    (json_int_t)gather->seen, "given_up", (json_int_t)given_up);
	int error;

	notice->text = item_digest(gather->item, gather->items, gather->left, gather->left_count,
				   figures, &notice->length);
	error = notice->text ? tell(told, gather->item, gather->items) : -ENOMEM;
	if (!error)
		error = tell(told, gather->left, gather->left_count);
	if (error)
		return error;
	notice->digest = true;
	notice->count = gather_count(gather);
	gather_clear(gather);
	notice->upto = gather->done;
	return 0;
}

static int take_first(struct gather *gather, struct told *told, struct notice *notice)
{
	struct item *item = &gather->item[0];

	notice->length = strlen(item->text);
	notice->text = malloc(notice->length + 2);
	if (!notice->text || told_put(told, &item->incident))
		return -ENOMEM;
	memcpy(notice->text, item->text, notice->length);
	memcpy(notice->text + notice->length++, "\n", 2);
	item_free(item);
	notice->item = *item;
	notice->count = 1;
	memmove(item, item + 1, --gather->items * sizeof(*item));
	gather->done = notice->item.incident.change;
	notice->upto = gather_done(gather);
	return 0;
}

int gather_take(struct gather *gather, struct told *told, unsigned runs, uint64_t given_up,
		struct notice *notice)
{
	bool digest = gather_count(gather) > runs || gather->left_count || given_up;
	int error;

	memset(notice, 0, sizeof(*notice));
	error = digest ? take_digest(gather, told, given_up, notice) :
			 take_first(gather, told, notice);
	if (error)
		notice_free(notice);
	return error;
}

void notice_free(struct notice *notice)
{
	free(notice->text);
	memset(notice, 0, sizeof(*notice));
}
