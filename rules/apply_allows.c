/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allow sets, which stay from one plan to the next: what goes, what comes, and when it ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "rules/apply_internal.h"

bool allow_same_expiry(const struct allow_element *a, const struct allow_element *b)
{
	uint64_t later = a->expires > b->expires ? a->expires : b->expires;
	uint64_t earlier = a->expires > b->expires ? b->expires : a->expires;

	if (!earlier)
		return !later;
	return later - earlier < ALLOW_EXPIRY_SLACK;
}

bool allows_fine(const struct allow_element *allows, size_t count)
{
	static const uint8_t zero[8], ones[8] = {255, 255, 255, 255, 255, 255, 255, 255};

	for (size_t i = 0; i < count; i++)
		if (allows[i].family == FAMILY_IPV6 && allows[i].kind != ALLOW_DESTINATION &&
		    (memcmp(allows[i].from_first + 8, zero, 8) ||
		     memcmp(allows[i].from_last + 8, ones, 8)))
			return true;
	return false;
}

uint64_t apply_time_slept(uint64_t now)
{
	const uint64_t awake = clock_ms(CLOCK_MONOTONIC);

	return now > awake ? now - awake : 0;
}

bool apply_late(const struct table *table, uint64_t slept)
{
	return slept > table->slept + ALLOW_EXPIRY_SLACK;
}

static bool same_end(const struct allow_element *a, const struct allow_element *b, bool late)
{
	return allow_same_expiry(a, b) && !(late && b->expires);
}

/* Where DELSETELEM does not bear what has expired; at no moment is neither the old nor the new there. */
static int replace_allow(struct change *change, const struct allow_element *element,
			 struct table_error *error)
{
	int result = -ENOENT;

	for (int with = 1; result == -ENOENT && with >= 0; with--) {
		struct batch *batch = batch_new();

		if (!batch)
			return table_fail(error, -ENOMEM, "change");
		if (with)
			set_allow_delete(batch, element, 1, false);
		set_allow_add(batch, element, 1, change->now);
		error->error = 0;
		result = table_send(change->table, batch, error);
	}
	return result;
}

/* What an element is in the kernel, and what it shall be: NULL, nothing. 0 or -errno. */
typedef int difference_fn(const struct allow_element *was, const struct allow_element *is,
			  void *arg);

static int each_difference(const struct change *change, difference_fn *each, void *arg)
{
	const struct table *table = change->table;
	const struct plan *plan = change->plan;
	size_t held = table->installed ? table->allow_count : 0, old = 0, new = 0;
	int result = 0;

	while (!result && (old < held || new < plan->header->allows)) {
		const struct allow_element *was = &table->allows[old], *is = &plan->allows[new];
		int order = old == held                 ? 1 :
			    new == plan->header->allows ? -1 :
							  allow_element_compare(was, is);

		if (order || was->id != is->id || !same_end(was, is, change->late))
			result = each(order > 0 ? NULL : was, order < 0 ? NULL : is, arg);
		old += order <= 0;
		new += order >= 0;
	}
	return result;
}

/*
 * An entry that is watched from now on, or always counts, moves from one set to another, which the
 * rules may not know yet. So what goes is there until the rules have turned, unless it is a prefix
 * in whose place another may come.
 */
struct step {
	struct change *change;
	struct batch *batch;
	struct table_error *error;
	bool gains[SETS_EVER]; /* sets to which something is added */
	bool turned;
	struct usage_ask ask;
};

static int note_gain(const struct allow_element *was, const struct allow_element *is, void *arg)
{
	struct step *step = arg;

	(void)was;
	if (is)
		step->gains[set_of_allow(is)] = true;
	return 0;
}

/* Is it for this step? */
static bool is_due(const struct step *step, const struct allow_element *was,
		   const struct allow_element *is)
{
	bool stays = was && !is && (was->exact || !step->gains[set_of_allow(was)]);

	return step->turned == stays;
}

/* What an element has counted that goes or is made anew. */
static int ask_ended(const struct allow_element *was, const struct allow_element *is, void *arg)
{
	struct step *step = arg;

	if (was && was->way != ALLOW_CONTAINED && is_due(step, was, is))
		usage_ask_add(&step->ask, was);
	return 0;
}

/* What cannot be read is not missed. */
static void read_ended(struct step *step, struct usage *ended)
{
	struct table *table = step->change->table;

	if (!table->installed && !step->turned) {
		usage_read(table->netlink, ended, NULL); /* all of them go */
		return;
	}
	usage_ask_open(&step->ask, table->netlink, ended);
	each_difference(step->change, ask_ended, step);
	usage_ask_close(&step->ask);
}

static int put_going(const struct allow_element *was, const struct allow_element *is, void *arg)
{
	struct step *step = arg;

	if (was && is_due(step, was, is))
		set_allow_delete(step->batch, was, 1,
				 step->change->table->features & MESSAGE_DESTROY);
	return 0;
}

static int put_coming(const struct allow_element *was, const struct allow_element *is, void *arg)
{
	struct step *step = arg;

	if (is && is_due(step, was, is))
		set_allow_add(step->batch, is, 1, step->change->now);
	return 0;
}

static int change_alone(const struct allow_element *was, const struct allow_element *is, void *arg)
{
	struct step *step = arg;

	if (!was || !is_due(step, was, is))
		return 0;
	return is ? replace_allow(step->change, is, step->error) :
		    table_delete_allow(step->change->table, was, step->error);
}

/* Whatever an earlier engine, or somebody else, left in the allow sets. */
static void put_flushes(struct change *change, struct batch *batch)
{
	char name[RULES_NAME_MAX];

	for (enum set set = SET_CONTAINED4; set < SETS; set++)
		if (name_list_has(&change->inventory.sets, set_name(set, NULL, name)))
			set_flush(batch, name);
	for (unsigned length = POLICY_HOST_PREFIX6_MIN; length <= POLICY_HOST_PREFIX6_MAX; length++)
		if (name_list_has(&change->inventory.sets, set_contained_name(length, name)))
			set_flush(batch, name);
}

/* With what is in @batch already. Without DESTROYSETELEM what expired meanwhile makes it fail. */
static int send_step(struct step *step, struct batch *batch)
{
	if (!batch)
		return table_fail(step->error, -ENOMEM, "change");
	step->batch = batch;
	/* a prefix may lie in the place of one that goes: the kernel takes it only then */
	each_difference(step->change, put_going, step);
	each_difference(step->change, put_coming, step);
	return table_send(step->change->table, batch, step->error);
}

static int add_only(const struct allow_element *was, const struct allow_element *is, void *arg)
{
	struct step *step = arg;

	if (!was)
		set_allow_add(step->batch, is, 1, step->change->now);
	return 0;
}

/* What goes or changes one by one, then what comes. */
static int send_alone(struct step *step)
{
	struct batch *batch = batch_new();
	int result;

	if (!batch)
		return table_fail(step->error, -ENOMEM, "change");
	step->batch = batch;
	result = each_difference(step->change, change_alone, step);
	if (result || step->turned) {
		batch_free(batch);
		return result;
	}
	each_difference(step->change, add_only, step);
	return table_send(step->change->table, batch, step->error);
}

/* Of elements that another engine made nobody here knows the birth. */
static void note_ended(const struct step *step, const struct usage *ended)
{
	struct table *table = step->change->table;

	table_note_ended(table, ended, table->filled ? table->birth : 0);
	if (!table->installed && !step->turned && table->filled)
		table->birth += table->birth == UINT32_MAX ? 2 : 1;
	table->filled = true;
}

static int run_step(struct step *step, struct batch *batch)
{
	struct table *table = step->change->table;
	struct usage ended = {0};
	int result;

	each_difference(step->change, note_gain, step);
	read_ended(step, &ended);
	result = send_step(step, batch);
	if (result == -ENOENT && !(table->features & MESSAGE_DESTROY)) {
		result = send_alone(step);
		if (result)
			table->installed = false; /* some of what goes is gone */
	}
	if (!result)
		note_ended(step, &ended);
	usage_release(&ended);
	return result;
}

int apply_allows(struct change *change, struct table_error *error)
{
	struct step step = {.change = change, .error = error};
	struct batch *batch = batch_new();

	if (batch && !change->table->installed)
		put_flushes(change, batch);
	return run_step(&step, batch);
}

int apply_allows_turned(struct change *change, struct table_error *error)
{
	struct step step = {.change = change, .error = error, .turned = true};

	return run_step(&step, batch_new());
}

int apply_allows_keep(struct table *table, const struct plan *plan)
{
	size_t count = plan->header->allows;
	struct allow_element *allows = malloc((count ? count : 1) * sizeof(*allows));

	if (!allows)
		return -ENOMEM;
	memcpy(allows, plan->allows, count * sizeof(*allows));
	free(table->allows);
	table->allows = allows;
	table->allow_count = count;
	table->allow_room = count;
	return 0;
}

bool apply_allows_same(const struct table *table, const struct plan *plan, bool late)
{
	if (table->allow_count != plan->header->allows)
		return false;
	for (size_t i = 0; i < table->allow_count; i++)
		if (allow_element_compare(&table->allows[i], &plan->allows[i]) ||
		    table->allows[i].id != plan->allows[i].id ||
		    !same_end(&table->allows[i], &plan->allows[i], late))
			return false;
	return true;
}
