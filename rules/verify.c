/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/verify.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/contents.h"
#include "rules/contradict.h"
#include "rules/element_read.h"
#include "rules/table_internal.h"

#define TRIES 10 /* other programs may change other tables meanwhile */

struct verification {
	struct table table; /* a copy with a socket and allow elements of its own */
	const atomic_bool *cancel;
	struct batch *batch; /* what would make the table */
	struct picture expected;
	struct picture found;
	struct contents *contents; /* by set, in the order of the batch */
	size_t contents_count;
	struct differences differences;
	struct message_verdict verdict;
	uint64_t begun;
};

struct verification *verification_new(const struct table *table)
{
	struct verification *verification = calloc(1, sizeof(*verification));
	size_t count = table->allow_count;
	struct allow_element *allows;

	if (!verification || !table->installed) {
		free(verification);
		return NULL;
	}
	verification->table = *table;
	verification->table.netlink = NULL;
	verification->table.watch = NULL;
	allows = malloc((count ? count : 1) * sizeof(*allows));
	verification->table.allows = allows;
	if (!allows) {
		free(verification);
		return NULL;
	}
	if (count)
		memcpy(allows, table->allows, count * sizeof(*allows));
	return verification;
}

/* Everything but what was noted. */
static void forget(struct verification *verification)
{
	for (size_t i = 0; i < verification->contents_count; i++)
		contents_release(&verification->contents[i]);
	free(verification->contents);
	verification->contents = NULL;
	verification->contents_count = 0;
	batch_free(verification->batch);
	verification->batch = NULL;
	picture_release(&verification->expected);
	picture_release(&verification->found);
	memset(&verification->differences, 0, sizeof(verification->differences));
	memset(&verification->verdict, 0, sizeof(verification->verdict));
}

void verification_free(struct verification *verification)
{
	if (!verification)
		return;
	forget(verification);
	netlink_close(verification->table.netlink);
	free(verification->table.allows);
	free(verification);
}

/* --- what is expected --- */

static struct contents *contents_of(struct verification *verification, const char *set)
{
	struct contents *all = verification->contents;

	for (size_t i = verification->contents_count; i-- > 0;)
		if (!strcmp(all[i].set, set))
			return &all[i];
	return NULL;
}

static struct contents *new_contents(struct verification *verification, const char *set)
{
	size_t count = verification->contents_count;
	struct contents *all = realloc(verification->contents, (count + 1) * sizeof(*all));

	if (!all)
		return NULL;
	verification->contents = all;
	verification->contents_count++;
	all[count] = (struct contents){.differences = &verification->differences};
	snprintf(all[count].set, sizeof(all[count].set), "%s", set);
	return &all[count];
}

static int expect(const struct nlmsghdr *message, void *arg)
{
	struct verification *verification = arg;
	const char *set = elements_set(message);
	struct contents *contents;

	if (!set)
		return picture_add(message, &verification->expected);
	contents = contents_of(verification, set);
	if (!contents)
		contents = new_contents(verification, set);
	return contents ? contents_add(contents, message) : -ENOMEM;
}

/* Every set of the plan that packets do not fill, also an empty one. */
static int expect_contents(struct verification *verification)
{
	int result = 0;

	for (size_t i = 0; i < verification->expected.count; i++) {
		const struct part *part = &verification->expected.parts[i];

		if (part->kind == MESSAGE_SET && !contents_of(verification, part->name) &&
		    !new_contents(verification, part->name))
			return -ENOMEM;
	}
	for (size_t i = 0; !result && i < verification->contents_count; i++)
		result = contents_ready(&verification->contents[i]);
	return result;
}

static int build_expected(struct verification *verification, uint64_t now)
{
	int result;

	verification->batch = batch_new();
	if (!verification->batch)
		return -ENOMEM;
	verification->table.installed = false; /* write all of it */
	result = table_write_all(&verification->table, verification->batch, now);
	verification->table.installed = true;
	if (!result)
		result = batch_each(verification->batch, expect, verification);
	return result ? result : expect_contents(verification);
}

/* --- what is found --- */

static int see(const struct nlmsghdr *message, void *arg)
{
	struct verification *verification = arg;

	if (atomic_load(verification->cancel))
		return -ECANCELED;
	return picture_add(message, &verification->found);
}

struct sight {
	struct verification *verification;
	struct contents *contents;
};

static int see_elements(const struct nlmsghdr *message, void *arg)
{
	const struct sight *sight = arg;

	if (atomic_load(sight->verification->cancel))
		return -ECANCELED;
	return contents_found(message, sight->contents);
}

static int see_refusals(const struct nlmsghdr *message, void *arg)
{
	const struct sight *sight = arg;
	struct verification *verification = sight->verification;
	const struct contradiction contradiction = {
		.allows = verification->table.allows,
		.count = verification->table.allow_count,
		.now = verification->begun,
		.set = sight->contents->set,
		.differences = &verification->differences,
		.found = &sight->contents->found,
	};

	if (atomic_load(verification->cancel))
		return -ECANCELED;
	return contradict_message(message, &contradiction);
}

/* 1: packets fill it, and it remembers refusals; 0: they fill it; -1: what is in it is expected. */
static int filled_by_packets(const struct verification *verification, const char *set)
{
	const enum set refused[] = {SET_REFUSED4, SET_REFUSED6};
	char name[RULES_NAME_MAX];

	for (size_t i = 0; i < 2; i++)
		if (!strcmp(set, set_name(refused[i], &verification->table.generations, name)))
			return 1;
	return set_is_dynamic(set, &verification->table.generations) ? 0 : -1;
}

#define ASK_FROM 5000 /* elements; fewer are dumped in milliseconds */

/* All elements of one set, in the way that takes less time. */
static int see_contents(struct verification *verification, struct contents *contents,
			const struct part *part, netlink_message_fn *see_message)
{
	struct sight sight = {.verification = verification, .contents = contents};
	int result = -ENOENT;

	/* the two ends of an interval count as one element */
	if (contents->count >= ASK_FROM &&
	    (part->count == contents->count || part->count == contents->count / 2))
		result = contents_ask(contents, verification->table.netlink, verification->cancel);
	if (result != -ENOENT)
		return result;
	contents_again(contents);
	return dump_part(verification->table.netlink, NFT_MSG_GETSETELEM, contents->set,
			 see_message, &sight);
}

static int see_set(struct verification *verification, struct contents *contents,
		   uint64_t (*now)(void))
{
	struct part *part = picture_find(&verification->found, MESSAGE_SET, contents->set);
	int filled = filled_by_packets(verification, contents->set), result;

	if (!part)
		return 0; /* that it is not there has been said */
	contents->slack = ALLOW_EXPIRY_SLACK + (now() - verification->begun) * 2;
	contents->soon = contents->slack;
	result = see_contents(verification, contents, part,
			      filled < 0 ? see_elements : see_refusals);
	if (!result && filled < 0) {
		contents->slack = ALLOW_EXPIRY_SLACK + (now() - verification->begun) * 2;
		contents->soon = contents->slack;
		contents_end(contents);
	}
	part->packets = contents->found;
	verification->verdict.elements += contents->found;
	return result;
}

static int see_parts(struct verification *verification)
{
	static const uint16_t types[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETSET,
					 NFT_MSG_GETOBJ, NFT_MSG_GETRULE};
	int result = 0;

	for (size_t i = 0; !result && i < sizeof(types) / sizeof(types[0]); i++)
		result = dump_part(verification->table.netlink, types[i], NULL, see, verification);
	/* a table that is not there has no rules, and says so */
	return result == -ENOENT ? 0 : result;
}

static void count(struct verification *verification)
{
	struct message_verdict *verdict = &verification->verdict;

	for (size_t i = 0; i < verification->found.count; i++) {
		enum message_item_kind kind = verification->found.parts[i].kind;

		verdict->chains += kind == MESSAGE_CHAIN;
		verdict->rules += kind == MESSAGE_RULE;
		verdict->sets += kind == MESSAGE_SET;
		verdict->objects += kind == MESSAGE_OBJECT;
	}
	verdict->differences = verification->differences.total;
}

static int compare_once(struct verification *verification, uint64_t (*now)(void))
{
	uint32_t before = 0, after = 0;
	int result;

	verification->begun = now();
	result = dump_generation(verification->table.netlink, &before);
	if (!result)
		result = build_expected(verification, verification->begun);
	if (!result)
		result = see_parts(verification);
	if (!result)
		picture_compare(&verification->expected, &verification->found,
				&verification->differences);
	for (size_t i = 0; !result && i < verification->contents_count; i++)
		result = see_set(verification, &verification->contents[i], now);
	if (!result)
		result = dump_generation(verification->table.netlink, &after);
	if (!result && before != after)
		result = -EINTR;
	count(verification);
	return result;
}

int verification_run(struct verification *verification, uint64_t (*now)(void),
		     const atomic_bool *cancel)
{
	uint64_t begin = now();
	int result = verification->table.netlink ? 0 : netlink_open(&verification->table.netlink);

	verification->cancel = cancel;
	if (!result)
		result = -EINTR;
	for (int tries = 0; result == -EINTR && tries < TRIES; tries++) {
		forget(verification);
		result = compare_once(verification, now);
		/* a set that went between two looks */
		if (result == -ENOENT)
			result = -EINTR;
	}
	verification->verdict.error = result;
	verification->verdict.duration = (uint32_t)(now() - begin);
	if (result)
		snprintf(verification->verdict.text, sizeof(verification->verdict.text), "%s",
			 result == -EINTR ? "the tables change too often to be compared" :
					    strerror(-result));
	return result;
}

const struct message_verdict *verification_verdict(const struct verification *verification)
{
	return &verification->verdict;
}

const struct differences *verification_differences(const struct verification *verification)
{
	return &verification->differences;
}

const struct picture *verification_found(const struct verification *verification)
{
	return &verification->found;
}
