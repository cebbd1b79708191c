/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first batch of a change: everything that no rule turns to yet, in as many parts as it takes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/apply_internal.h"
#include "rules/chains.h"
#include "rules/objects.h"

struct put {
	const struct change *change;
	struct batch *batch;
};

static void put_place(enum family family, uint32_t index, const struct plan_place *place, void *arg)
{
	const struct put *put = arg;
	const struct change *change = put->change;
	char name[RULES_NAME_MAX], comment[64];

	set_place_name(family, index, &change->generations, name);
	snprintf(comment, sizeof(comment), "subscriber prefixes on %s", place->name);
	if (!name_list_has(&change->inventory.sets, name))
		set_create_like(put->batch, family == FAMILY_IPV4 ? SET_RANGE4 : SET_RANGE6, name,
				comment);
}

static void put_sets(struct change *change, struct batch *batch)
{
	const struct plan_header *header = change->plan->header;
	const struct name_list *present = &change->inventory.sets;
	char name[RULES_NAME_MAX];

	for (enum set set = 0; set < SETS; set++)
		if (set_needed(set, header->ways) &&
		    !name_list_has(present, set_name(set, &change->generations, name)))
			set_create(batch, set, &change->generations, change->plan);
	for (unsigned length = POLICY_HOST_PREFIX6_MIN; length <= POLICY_HOST_PREFIX6_MAX; length++)
		if (contained_length_has(change->contained_lengths, length) &&
		    !name_list_has(present, set_contained_name(length, name)))
			set_create_contained(batch, length);
}

/*
 * The kernel looks at all elements of a verdict map when a rule names it. No packet comes to these
 * rules yet, and of a policy's chain, which each element is held against, there is nothing yet.
 */
static void put_range_rules(const struct change *change, struct batch *batch)
{
	const struct chains_input input = apply_input(change);

	chains_write_ranges(batch, &input);
}

void apply_put_sets(struct change *change, struct batch *batch)
{
	struct put put = {.change = change, .batch = batch};
	const struct plan_settings *settings = &change->plan->header->settings;

	table_put(change->table, batch);
	for (size_t i = 0; i < change->counters.count; i++)
		if (!name_list_has(&change->inventory.counters, change->counters.names[i]))
			counter_create(batch, change->counters.names[i]);
	put_sets(change, batch);
	set_places_each(change->plan, put_place, &put);
	for (size_t i = 0; i < change->chains.count; i++)
		if (!name_list_has(&change->inventory.chains, change->chains.names[i]))
			chain_create(batch, change->chains.names[i]);
	chains_fill_answers(batch, change->plan, &change->generations);
	if (!change->unsettled)
		chains_put_settled(batch, change->plan, &change->generations, true);
	if (change->bound)
		put_range_rules(change, batch);
	if (change->ranges)
		set_fill_ranges(batch, change->plan, &change->generations);
	if (change->ranges && settings->refuse_tunnels)
		chains_fill_protocols(batch, &change->generations);
}

/*
 * So much is in memory at a time, here and in the kernel, and for so long is the kernel busy with one
 * transaction. At the end of each it walks through all of a set that has grown (6.18), so parts are few,
 * and the small one comes first: a million IPv4 prefixes are three.
 */
#define PART_LIMIT (32u << 20)

static size_t first_part(const struct change *change)
{
	const size_t length = change->ranges ? set_ranges_length(change->plan) : 0;

	return length < PART_LIMIT ? PART_LIMIT : length % PART_LIMIT;
}

struct parts {
	struct change *change;
	struct table_error *error;
	unsigned sent;
};

static int send_part(struct batch *batch, void *arg)
{
	struct parts *parts = arg;
	int result = table_send_part(parts->change->table, batch, parts->error);

	parts->sent += !result;
	return result;
}

static void put_undo(const struct inventory *before, const struct inventory *made,
		     struct batch *batch)
{
	if (!before->table) {
		if (made->table)
			table_put_removal(batch);
		return;
	}
	for (size_t i = 0; i < made->chains.count; i++)
		if (!name_list_has(&before->chains, made->chains.names[i]))
			chain_flush(batch, made->chains.names[i]);
	for (size_t i = 0; i < made->sets.count; i++)
		if (!name_list_has(&before->sets, made->sets.names[i]))
			set_delete(batch, made->sets.names[i]);
	for (size_t i = 0; i < made->chains.count; i++)
		if (!name_list_has(&before->chains, made->chains.names[i]))
			chain_delete(batch, made->chains.names[i]);
	for (size_t i = 0; i < made->counters.count; i++)
		if (!name_list_has(&before->counters, made->counters.names[i]))
			counter_delete(batch, made->counters.names[i]);
}

/* What the first parts made goes when the last ones fail: no rule has turned to any of it. */
static void undo(struct change *change)
{
	struct table_error ignored;
	struct inventory made;
	struct batch *batch;

	if (inventory_read(change->table->netlink, &made))
		return;
	batch = batch_new();
	if (batch) {
		put_undo(&change->inventory, &made, batch);
		table_send(change->table, batch, &ignored);
	}
	inventory_release(&made);
}

int apply_sets(struct change *change, struct table_error *error)
{
	struct table_error failed = {0};
	struct parts parts = {.change = change, .error = &failed};
	struct batch *batch = batch_new();
	int result;

	if (!batch)
		return table_fail(error, -ENOMEM, "change");
	batch_divide(batch, first_part(change), PART_LIMIT, send_part, &parts);
	apply_put_sets(change, batch);
	result = table_send(change->table, batch, error);
	if (failed.error)
		*error = failed;
	if (result && parts.sent)
		undo(change);
	return result;
}
