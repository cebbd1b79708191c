/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one plan to the next, in three batches: the new sets are made and filled, in as many parts as
 * they take; the rules turn to them; when every packet has left the old rules, what only these named
 * goes. A packet keeps the rules that it met first, but its look-ups see the elements of the moment: so
 * no set that rules in force name may change or go in the batch that replaces them, and no rule has a
 * map of its own.
 * The allow sets, which stay, change in batches of their own: what comes, before the rules turn;
 * what goes, after that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/apply_internal.h"

static void change_release(struct change *change)
{
	inventory_release(&change->inventory);
	free(change->chains.names);
	free(change->counters.names);
}

static void want_chain(const char *name, void *arg)
{
	struct change *change = arg;

	if (name_list_add(&change->chains, name))
		change->failed = -ENOMEM;
}

static void want_counter(const char *name, void *arg)
{
	struct change *change = arg;

	if (name_list_add(&change->counters, name))
		change->failed = -ENOMEM;
}

/* A generation that neither a table of ours nor a half-made one uses. */
static unsigned generation_free(const struct change *change, enum set first, enum set last,
				unsigned present)
{
	for (unsigned step = 1; step < MARK_EPOCHS; step++) {
		struct generations candidate = {
			.answers = (present + step) % MARK_EPOCHS,
			.ranges = (present + step) % MARK_EPOCHS,
		};
		bool used = false;
		char name[RULES_NAME_MAX];

		for (enum set set = first; set <= last; set++)
			used |= name_list_has(&change->inventory.sets,
					      set_name(set, &candidate, name));
		if (!used)
			return candidate.answers;
	}
	return (present + 1) % MARK_EPOCHS;
}

int table_write_all(struct table *table, struct batch *batch, uint64_t now)
{
	struct change change = {
		.table = table,
		.plan = &table->plan,
		.generations = table->generations,
		.contained_lengths = table->contained_lengths,
		.allow_fine = table->allow_fine,
		.unsettled = table->unsettled,
		.ranges = true,
		.now = now,
	};

	chains_each(change.plan, want_chain, &change);
	counters_each(change.plan, want_counter, &change);
	if (!change.failed) {
		apply_put_sets(&change, batch);
		set_allow_add(batch, table->allows, table->allow_count, now);
		apply_put_turn(&change, batch);
	}
	change_release(&change);
	return change.failed;
}

static int change_prepare(struct change *change)
{
	struct table *table = change->table;
	int result = inventory_read(table->netlink, &change->inventory);

	if (result)
		return result;
	table->router = change->plan->header->settings.router_policy != PLAN_NO_POLICY ||
			name_list_has(&change->inventory.chains, CHAIN_ROUTER);
	chains_each(change->plan, want_chain, change);
	counters_each(change->plan, want_counter, change);
	change->contained_lengths = contained_lengths(change->plan);
	change->allow_fine = allows_fine(change->plan->allows, change->plan->header->allows);
	change->bound = change->ranges && !name_list_has(&change->inventory.chains, CHAIN_RANGES) &&
			!name_list_has(&change->inventory.chains, CHAIN_VRF);
	change->generations = table->generations;
	change->generations.answers =
		generation_free(change, SET_REFUSED4, SET_SETTLED, table->generations.answers);
	if (change->ranges)
		change->generations.ranges = generation_free(change, SET_RANGE4, SET_INTERFACE,
							     table->generations.ranges);
	return change->failed;
}

/*
 * What is left over does no harm: where it cannot go now, the next change takes it away. The table
 * does what the plan says already, so this is no error.
 */
static void change_clean(struct change *change)
{
	struct batch *batch = batch_new();
	struct table_error ignored;

	if (!batch)
		return;
	apply_put_leftovers(change, batch);
	table_grace_period();
	table_send(change->table, batch, &ignored);
}

static int change_run(struct change *change, struct table_error *error)
{
	int result = apply_sets(change, error);
	struct batch *batch;

	if (!result)
		result = apply_allows(change, error);
	if (result)
		return result;
	batch = batch_new();
	if (!batch)
		return table_fail(error, -ENOMEM, "change");
	apply_put_turn(change, batch);
	result = table_send(change->table, batch, error);
	if (!result)
		result = apply_allows_turned(change, error);
	if (result)
		change->table->installed = false; /* sets and rules are not of one plan */
	else
		change_clean(change);
	return result;
}

#define SAME(a, b, member, counted)                      \
	((a)->header->counted == (b)->header->counted && \
	 !memcmp((a)->member, (b)->member, (a)->header->counted * sizeof(*(a)->member)))

static bool same_ranges(const struct plan *a, const struct plan *b)
{
	return !memcmp(&a->header->settings, &b->header->settings, sizeof(a->header->settings)) &&
	       SAME(a, b, policies, policies) && SAME(a, b, interfaces, interfaces) &&
	       SAME(a, b, places, places) && SAME(a, b, intervals4, intervals4) &&
	       SAME(a, b, intervals6, intervals6) &&
	       SAME(a, b, place_intervals4, place_intervals4) &&
	       SAME(a, b, place_intervals6, place_intervals6);
}

/* Are the same sets of allow entries and contained hosts there? */
static bool same_sets(const struct table *table, const struct plan *plan)
{
	return table->plan.header->ways == plan->header->ways &&
	       table->contained_lengths == contained_lengths(plan);
}

/*
 * A table that is there stays as it was made: the kernel gives it an owner only when it had one
 * that left.
 */
static void decide_ownership(struct change *change)
{
	struct table *table = change->table;

	table->owned = (table->features & MESSAGE_OWNER) &&
		       (change->inventory.table ? change->inventory.flags & TABLE_FLAG_PERSIST :
						  change->plan->header->settings.own_table);
}

static int start_watch(struct table *table, struct table_error *error)
{
	int result;

	if (table->owned) {
		watch_close(table->watch);
		table->watch = NULL;
		return 0;
	}
	if (table->watch)
		return 0;
	result = watch_open(&table->watch, netlink_portid(table->netlink));
	return result ? table_fail(error, result, "the table cannot be watched") : 0;
}

/* What others did while a large change of ours kept the watch from listening. */
static bool still_there(struct table *table)
{
	struct inventory inventory;
	bool there;

	if (!table->watch)
		return true;
	if (inventory_read(table->netlink, &inventory))
		return false;
	there = name_list_has(&inventory.chains, CHAIN_SCREEN) &&
		name_list_has(&inventory.chains, CHAIN_REMEMBER);
	inventory_release(&inventory);
	return there;
}

static int apply_once(struct change *change, struct table_error *error)
{
	struct table *table = change->table;
	const struct plan *plan = change->plan;
	int result = change_prepare(change);

	if (result)
		return table_fail(error, result, "table inet " RULES_TABLE " cannot be read");
	decide_ownership(change);
	result = start_watch(table, error);
	if (!result)
		result = change_run(change, error);
	if (result)
		return result;
	result = apply_allows_keep(table, plan);
	if (result)
		return table_fail(error, result, "plan");
	table->installed = true;
	table->plan = *plan;
	table->generations = change->generations;
	table->allow_fine = change->allow_fine;
	table->unsettled = false; /* a question of this epoch met these entries */
	table->contained_lengths = change->contained_lengths;
	return 0;
}

#define APPLY_TRIES 3 /* another program that takes the table away each time has won */

int table_apply(struct table *table, const struct plan *plan, uint64_t now, bool *changed,
		struct table_error *error)
{
	const uint64_t slept = apply_time_slept(now);
	const bool late = apply_late(table, slept);
	int result = 0;

	*changed = !table->installed || !same_ranges(&table->plan, plan) ||
		   !same_sets(table, plan) || !apply_allows_same(table, plan, late);
	if (!*changed) {
		table->plan = *plan; /* the block that the old view showed may go now */
		return 0;
	}
	for (int tries = 0; tries < APPLY_TRIES; tries++) {
		struct change change = {.table = table, .plan = plan, .now = now, .late = late};

		change.ranges = !table->installed || !same_ranges(&table->plan, plan);
		result = apply_once(&change, error);
		change_release(&change);
		if (!result)
			table->slept = slept;
		/* it may also have gone between two parts of a batch */
		if (still_there(table) || (result && result != -ENOENT))
			return result;
		table->installed = false;
	}
	return result ? result :
			table_fail(error, -EBUSY,
				   "another program takes the table away each time it is made");
}
