// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/allow/usage.h"
#include "control/hosts/slots.h"
#include "control/store/store_usage.h"

#define ROOM_FIRST 256
#define ROWS 128 /* in one transaction: two milliseconds; the disk is the thread's */

struct row {
	struct usage_row kept;
	bool here;
	bool dirty;
	bool writing; /* as it is */
	bool gone;    /* and to be deleted */
};

struct usage {
	struct allowlist *list;
	struct store *store;
	struct hash_key key;
	struct slots slots;
	struct row *rows;
	uint32_t written; /* rows before it were looked at since something became dirty */
	bool dirty;
	bool urgent;
	bool read; /* what the database has is known */
	int64_t read_at;
};

/* --- rows --- */

static uint64_t hash(const struct usage *usage, const struct message_use *use)
{
	return hash_bytes(&usage->key, use, MESSAGE_USE_NAME);
}

static struct row *find(const struct usage *usage, const struct message_use *use)
{
	uint32_t slot = slots_first(&usage->slots, hash(usage, use));

	for (; slot != SLOT_NONE; slot = slots_next(&usage->slots, slot))
		if (memcmp(&usage->rows[slot].kept.use, use, MESSAGE_USE_NAME) == 0)
			return &usage->rows[slot];
	return NULL;
}

/* As many as the engine may have elements, so there is no other bound. */
static bool grow(struct usage *usage)
{
	const uint32_t max = usage->slots.max * 2;
	struct slots slots;
	struct row *rows;

	if (slots_init(&slots, max))
		return false;
	rows = reallocarray(usage->rows, max, sizeof(*rows));
	if (!rows) {
		slots_release(&slots);
		return false;
	}
	usage->rows = rows;
	/* all are in use, and keep their places */
	for (uint32_t i = 0; i < usage->slots.max; i++)
		slots_add(&slots, hash(usage, &rows[i].kept.use));
	slots_release(&usage->slots);
	usage->slots = slots;
	return true;
}

static struct row *add(struct usage *usage, const struct message_use *use)
{
	uint32_t slot;

	if (usage->slots.count == usage->slots.max && !grow(usage))
		return NULL;
	slot = slots_add(&usage->slots, hash(usage, use));
	if (slot == SLOT_NONE)
		return NULL;
	usage->rows[slot] = (struct row){.kept.use = *use, .here = true};
	usage->rows[slot].kept.use.packets = 0;
	return &usage->rows[slot];
}

static void drop(struct usage *usage, struct row *row)
{
	slots_remove(&usage->slots, hash(usage, &row->kept.use), (uint32_t)(row - usage->rows));
	row->here = false;
}

static void touch(struct usage *usage, struct row *row)
{
	row->dirty = true;
	row->writing = false;
	usage->dirty = true;
	usage->written = 0;
}

struct usage *usage_new(struct allowlist *list, struct store *store, struct hash_key key)
{
	struct usage *usage = calloc(1, sizeof(*usage));

	if (!usage)
		return NULL;
	usage->list = list;
	usage->store = store;
	usage->key = key;
	usage->rows = reallocarray(NULL, ROOM_FIRST, sizeof(*usage->rows));
	if (!usage->rows || slots_init(&usage->slots, ROOM_FIRST)) {
		free(usage->rows);
		free(usage);
		return NULL;
	}
	usage_database(usage);
	return usage;
}

void usage_free(struct usage *usage)
{
	if (!usage)
		return;
	slots_release(&usage->slots);
	free(usage->rows);
	free(usage);
}

/* --- counting --- */

/*
 * How many packets are new. An element of another birth counts from 0; so does one whose count fell,
 * for somebody reset it.
 */
static uint64_t more(const struct row *row, const struct message_use *use)
{
	const struct message_use *last = &row->kept.use;
	const bool another = use->birth && use->birth != last->birth;

	return use->packets - (another || use->packets < last->packets ? 0 : last->packets);
}

bool usage_told(struct usage *usage, const struct message_use *use)
{
	struct row *row = find(usage, use);
	uint64_t fresh;

	if (!row && !use->packets)
		return false;
	if (!row)
		row = add(usage, use);
	if (!row)
		return false; /* without memory; the kernel counts on, and it may be told again */
	fresh = more(row, use);
	if (fresh && !use->id) {
		row->kept.hits += fresh;
		if (use->time > row->kept.used)
			row->kept.used = use->time;
	}
	if (fresh)
		allowlist_used(usage->list, use, fresh);
	row->kept.use.id = use->id;
	row->kept.use.packets = use->ended ? 0 : use->packets;
	if (use->birth)
		row->kept.use.birth = use->birth;
	row->gone = use->ended && use->id;
	touch(usage, row);
	usage->urgent |= use->ended;
	return use->ended;
}

int usage_ask(struct link *link, link_done *done, void *arg)
{
	const uint64_t sequence = link_send(link, MESSAGE_USE, NULL, 0, -1);

	return sequence ? link_wait(link, sequence, USAGE_DEADLINE, done, arg) : -ENOTCONN;
}

void usage_ended(struct usage *usage, int64_t now)
{
	usage->read_at = now;
}

int64_t usage_read_at(const struct usage *usage)
{
	return usage->read_at;
}

/* --- from start to end --- */

static void restore(void *ctx, const struct usage_row *stored)
{
	struct usage *usage = ctx;
	struct row *row = add(usage, &stored->use);

	if (row)
		row->kept = *stored;
}

void usage_configured(struct usage *usage)
{
	allowlist_unused(usage->list);
	for (uint32_t i = 0; i < usage->slots.fresh; i++) {
		const struct row *row = &usage->rows[i];
		struct message_use use = row->kept.use;

		use.time = row->kept.used;
		if (row->here && !use.id && row->kept.hits)
			allowlist_used(usage->list, &use, row->kept.hits);
	}
}

void usage_database(struct usage *usage)
{
	struct row *told = usage->rows;
	const uint32_t count = usage->slots.fresh, max = usage->slots.max;
	struct slots slots;

	if (usage->read || !store_ready(usage->store))
		return;
	usage->rows = reallocarray(NULL, max, sizeof(*usage->rows));
	if (!usage->rows || slots_init(&slots, max)) {
		free(usage->rows);
		usage->rows = told;
		return;
	}
	slots_release(&usage->slots);
	usage->slots = slots;
	usage->read = !store_usage_read(usage->store, restore, usage);
	usage_configured(usage);
	for (uint32_t i = 0; i < count; i++)
		if (told[i].here && !told[i].gone) {
			told[i].kept.use.time = told[i].kept.used;
			usage_told(usage, &told[i].kept.use);
		}
	free(told);
}

/* --- writing --- */

static bool stale(const struct usage *usage, const struct row *row)
{
	return !allowlist_of_element(usage->list, &row->kept.use);
}

void usage_sweep(struct usage *usage)
{
	for (uint32_t i = 0; i < usage->slots.fresh; i++) {
		struct row *row = &usage->rows[i];

		if (!row->here || row->gone || !stale(usage, row))
			continue;
		row->gone = true;
		touch(usage, row);
	}
}

static int write_row(struct usage *usage, const struct row *row)
{
	const struct allow_entry *entry =
		row->kept.use.id ? allowlist_by_id(usage->list, row->kept.use.id) : NULL;
	int result = row->gone ? store_usage_delete(usage->store, &row->kept) :
				 store_usage_put(usage->store, &row->kept);

	if (!result && entry)
		result = store_usage_entry(usage->store, entry);
	return result;
}

/* Those that were written in one transaction, unless they were touched since. */
static void on_written(void *ctx, int result)
{
	struct usage *usage = ctx;

	for (uint32_t i = 0; i < usage->slots.fresh; i++) {
		struct row *row = &usage->rows[i];

		if (!row->here || !row->writing)
			continue;
		row->writing = false;
		if (result)
			touch(usage, row);
		else if (row->gone)
			drop(usage, row);
	}
	if (!result)
		return;
	usage->urgent = true;
	log_error("store: hits of allow entries are not written: %s", store_problem(usage->store));
}

bool usage_write(struct usage *usage)
{
	const struct store_then then = {.done = on_written, .ctx = usage};
	uint32_t at = usage->written;
	unsigned count = 0;
	bool more;
	int result;

	if (!usage->dirty || !usage->read || !store_ready(usage->store) ||
	    store_problem(usage->store))
		return false;
	store_settle(usage->store);
	result = store_usage_begin(usage->store);
	for (; !result && at < usage->slots.fresh && count < ROWS; at++) {
		if (!usage->rows[at].here || !usage->rows[at].dirty)
			continue;
		usage->rows[at].dirty = false;
		usage->rows[at].writing = true;
		result = write_row(usage, &usage->rows[at]);
		count++;
	}
	usage->written = at;
	more = at < usage->slots.fresh;
	if (!more)
		usage->dirty = usage->urgent = false;
	return !store_usage_end(usage->store, result, &then) && more;
}

bool usage_urgent(const struct usage *usage)
{
	return usage->urgent;
}
