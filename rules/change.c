/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exact allow entries and contained hosts, one or a few at a time: their elements first; then the
 * remembered refusals that entries contradict go. Between the two lies a grace period, so that no
 * packet that met the sets before the change can remember a refusal after it.
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "rules/chains.h"
#include "rules/elements.h"
#include "rules/table_internal.h"

/* Index of @element, or where it belongs. */
static size_t allows_find(const struct table *table, const struct allow_element *element,
			  bool *found)
{
	size_t low = 0, high = table->allow_count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = allow_element_compare(&table->allows[middle], element);

		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int allows_room(struct table *table, size_t more)
{
	size_t room = table->allow_count + more;
	struct allow_element *allows;

	if (room <= table->allow_room)
		return 0;
	room += room / 2;
	allows = realloc(table->allows, room * sizeof(*allows));
	if (!allows)
		return -ENOMEM;
	table->allows = allows;
	table->allow_room = room;
	return 0;
}

/* Keeps what the kernel has taken; room was made before. */
static void allows_note(struct table *table, const struct message_change *change)
{
	bool found;
	size_t at = allows_find(table, &change->element, &found);
	struct allow_element *place = &table->allows[at];

	if (change->op == MESSAGE_ADD && !found) {
		memmove(place + 1, place, (table->allow_count - at) * sizeof(*place));
		table->allow_count++;
	}
	if (change->op == MESSAGE_ADD)
		*place = change->element;
	if (change->op == MESSAGE_DEL && found)
		memmove(place, place + 1, (--table->allow_count - at) * sizeof(*place));
}

int table_delete_allow(struct table *table, const struct allow_element *element,
		       struct table_error *error)
{
	struct batch *batch = batch_new();
	int result;

	if (!batch)
		return table_fail(error, -ENOMEM, "change");
	set_allow_delete(batch, element, 1, false);
	result = table_send(table, batch, error);
	if (result != -ENOENT)
		return result;
	error->error = 0;
	return 0;
}

/* An expiry that moves is delete and add: adding what is there leaves the old one in older kernels. */
static int send_elements(struct table *table, const struct message_change *changes, size_t count,
			 bool replace, uint64_t now, struct table_error *error)
{
	bool destroy = table->features & MESSAGE_DESTROY;
	struct batch *batch = batch_new();

	if (!batch)
		return table_fail(error, -ENOMEM, "change");
	for (size_t i = 0; i < count; i++) {
		bool there = destroy;

		if (!destroy)
			allows_find(table, &changes[i].element, &there);
		if (replace && there)
			set_allow_delete(batch, &changes[i].element, 1, destroy);
		if (changes[i].op == MESSAGE_ADD)
			set_allow_add(batch, &changes[i].element, 1, now);
	}
	return table_send(table, batch, error);
}

static int put_settled(struct table *table, bool settled, struct table_error *error)
{
	struct batch *batch;
	int result;

	if (table->unsettled == !settled)
		return 0;
	batch = batch_new();
	if (!batch)
		return table_fail(error, -ENOMEM, "change");
	chains_put_settled(batch, &table->plan, &table->generations, settled);
	result = table_send(table, batch, error);
	if (!result)
		table->unsettled = !settled;
	return result;
}

static int put_elements(struct table *table, const struct message_change *changes, size_t count,
			uint64_t now, struct table_error *error)
{
	int result = send_elements(table, changes, count, true, now, error);

	if (result != -ENOENT || table->features & MESSAGE_DESTROY)
		return result;
	/* something expired meanwhile, and DELSETELEM does not bear that */
	result = 0;
	for (size_t i = 0; !result && i < count; i++)
		result = table_delete_allow(table, &changes[i].element, error);
	if (!result)
		result = send_elements(table, changes, count, false, now, error);
	return result;
}

struct purge {
	struct batch *batch;
	struct elements elements;
	const struct message_change *changes;
	size_t count;
	enum family family;
	bool destroy;
};

/* A new entry; a host that is cut off is refused whatever is remembered. */
static bool lets_through(const struct message_change *change)
{
	return change->op == MESSAGE_ADD && change->element.way != ALLOW_CONTAINED;
}

static bool any_lets_through(const struct message_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lets_through(&changes[i]))
			return true;
	return false;
}

static bool contradicted(const struct purge *purge, const uint8_t *key, size_t size)
{
	for (size_t i = 0; i < purge->count; i++) {
		const struct allow_element *element = &purge->changes[i].element;
		bool from = element->kind != ALLOW_DESTINATION;
		bool to = element->kind != ALLOW_SOURCE;

		if (!lets_through(&purge->changes[i]) || element->family != purge->family)
			continue;
		if ((!from || !memcmp(key, element->from_first, size)) &&
		    (!to || !memcmp(key + size, element->to_first, size)))
			return true;
	}
	return false;
}

static int purge_element(const uint8_t *key, size_t length, uint32_t data, uint64_t packets,
			 void *arg)
{
	struct purge *purge = arg;
	size_t size = addr_size(purge->family);

	(void)data;
	(void)packets;
	if (length == 2 * size && contradicted(purge, key, size))
		elements_add(&purge->elements, &(struct element){.key = key, .key_length = length});
	return 0;
}

/*
 * IPv6 sources are remembered by /64 and every exact one is asked for before (see allow_fine), so
 * only destinations contradict there.
 */
static bool purge_needed(const struct purge *purge)
{
	for (size_t i = 0; i < purge->count; i++) {
		const struct allow_element *element = &purge->changes[i].element;

		if (lets_through(&purge->changes[i]) && element->family == purge->family &&
		    (purge->family == FAMILY_IPV4 || element->kind == ALLOW_DESTINATION))
			return true;
	}
	return false;
}

/* Deletes from one map of remembered refusals; -ENOENT: one expired meanwhile (no DESTROY there). */
static int purge_family(struct table *table, struct purge *purge, struct table_error *error)
{
	enum set set = purge->family == FAMILY_IPV4 ? SET_REFUSED4 : SET_REFUSED6;
	char name[RULES_NAME_MAX];
	int result;

	set_name(set, &table->generations, name);
	purge->batch = batch_new();
	if (!purge->batch)
		return table_fail(error, -ENOMEM, "change");
	elements_open(&purge->elements, purge->batch,
		      purge->destroy ? MESSAGE_DESTROY_ELEMENTS : NFT_MSG_DELSETELEM, 0, name);
	/* read twice, an element may be named twice: only DESTROY bears that, else flush */
	result = dump_elements(table->netlink, name, purge_element, NULL, purge);
	elements_close(&purge->elements);
	if (result) {
		batch_free(purge->batch);
		return table_fail(error, result, "remembered refusals cannot be read");
	}
	result = table_send(table, purge->batch, error);
	if (result != -ENOENT)
		return result;
	purge->batch = batch_new();
	if (!purge->batch)
		return table_fail(error, -ENOMEM, "change");
	set_flush(purge->batch, name);
	return table_send(table, purge->batch, error);
}

static int purge_refusals(struct table *table, const struct message_change *changes, size_t count,
			  struct table_error *error)
{
	static const enum family families[] = {FAMILY_IPV4, FAMILY_IPV6};
	int result = 0;

	for (size_t i = 0; !result && i < 2; i++) {
		struct purge purge = {
			.changes = changes,
			.count = count,
			.family = families[i],
			.destroy = table->features & MESSAGE_DESTROY,
		};

		if (!purge_needed(&purge))
			continue;
		result = purge_family(table, &purge, error);
	}
	return result;
}

/* The look-up before the remembered /64 comes with the first such entry and goes with the last. */
static int put_fine(struct table *table, struct table_error *error)
{
	bool fine = allows_fine(table->allows, table->allow_count);
	struct batch *batch;
	int result;

	if (fine == table->allow_fine)
		return 0;
	batch = batch_new();
	if (!batch)
		return table_fail(error, -ENOMEM, "change");
	table_put(table, batch);
	table_write_rules(table, batch, fine);
	result = table_send(table, batch, error);
	if (!result)
		table->allow_fine = fine;
	return result;
}

/* There are sets for the ways that the plan announces, and for hosts as its policies have them. */
static int check_changes(const struct table *table, const struct message_change *changes,
			 size_t count, struct table_error *error)
{
	for (size_t i = 0; i < count; i++) {
		const struct allow_element *element = &changes[i].element;

		if (!plan_has_way(&table->plan, element->way))
			return table_fail(error, -EINVAL,
					  "the plan announces no entries of this way");
		if (set_of_allow(element) == SET_CONTAINED6 &&
		    !contained_length_has(table->contained_lengths,
					  allow_contained_length(element)))
			return table_fail(error, -EINVAL, "no policy has hosts of this length");
	}
	return 0;
}

/* What the elements have counted that go or are made anew. What cannot be read is not missed. */
static void read_ended(struct table *table, const struct message_change *changes, size_t count,
		       struct usage *ended)
{
	struct usage_ask ask;
	bool found;

	usage_ask_open(&ask, table->netlink, ended);
	for (size_t i = 0; i < count; i++) {
		allows_find(table, &changes[i].element, &found);
		if (found && changes[i].element.way != ALLOW_CONTAINED)
			usage_ask_add(&ask, &changes[i].element);
	}
	usage_ask_close(&ask);
}

int table_change(struct table *table, const struct message_change *changes, size_t count,
		 uint64_t now, struct table_error *error)
{
	struct usage ended = {0};
	int result;

	if (!table->installed)
		return table_fail(error, -EINVAL, "change before the first plan");
	result = check_changes(table, changes, count, error);
	if (result)
		return result;
	result = allows_room(table, count);
	if (result)
		return table_fail(error, result, "change");
	if (any_lets_through(changes, count))
		result = put_settled(table, false, error);
	if (result)
		return result;
	read_ended(table, changes, count, &ended);
	result = put_elements(table, changes, count, now, error);
	if (!result)
		table_note_ended(table, &ended, table->birth);
	usage_release(&ended);
	if (result)
		return result;
	for (size_t i = 0; i < count; i++)
		allows_note(table, &changes[i]);
	result = put_fine(table, error);
	if (any_lets_through(changes, count))
		table_grace_period(); /* who met the sets before has been asked about, or refused */
	if (!result)
		result = purge_refusals(table, changes, count, error);
	return result;
}

bool table_unsettled(const struct table *table)
{
	return table->unsettled;
}

int table_settle(struct table *table, struct table_error *error)
{
	return table->installed ? put_settled(table, true, error) : 0;
}
