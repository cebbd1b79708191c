/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/forget.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "rules/elements.h"
#include "rules/table_internal.h"

/* Their keys begin with the source; the IPv6 twin follows each. */
static const enum set filled_sets[] = {
	SET_REFUSED4,       SET_PASSED4,       SET_TALKED4, SET_PACE4,
	SET_TALLY_REFUSED4, SET_TALLY_PASSED4, SET_TRIED4,  SET_TALLY_SUBMISSION4,
};

struct key {
	uint8_t bytes[32];
	size_t length;
};

struct search {
	const struct prefix *host;
	struct key *keys;
	size_t count;
};

static int consider(const uint8_t *key, size_t length, uint32_t data, uint64_t packets, void *arg)
{
	struct search *search = arg;
	const size_t size = addr_size(search->host->addr.family);
	struct addr source;
	struct key *keys;

	(void)data;
	(void)packets;
	if (length < size || length > sizeof(keys->bytes))
		return 0;
	source = addr_from_wire(search->host->addr.family, key);
	if (!prefix_contains(search->host, &source))
		return 0;
	if (!(search->count & (search->count - 1))) {
		keys = realloc(search->keys,
			       (search->count ? search->count * 2 : 1) * sizeof(*keys));
		if (!keys)
			return -ENOMEM;
		search->keys = keys;
	}
	memcpy(search->keys[search->count].bytes, key, length);
	search->keys[search->count++].length = length;
	return 0;
}

static void restart(void *arg)
{
	struct search *search = arg;

	search->count = 0;
}

static int delete_keys(struct table *table, const char *set, const struct key *keys, size_t count,
		       struct table_error *error)
{
	const bool destroy = table->features & MESSAGE_DESTROY;
	struct batch *batch = batch_new();
	struct elements elements;

	if (!batch)
		return table_fail(error, -ENOMEM, "forget");
	elements_open(&elements, batch, destroy ? MESSAGE_DESTROY_ELEMENTS : NFT_MSG_DELSETELEM, 0,
		      set);
	for (size_t i = 0; i < count; i++)
		elements_add(&elements,
			     &(struct element){.key = keys[i].bytes, .key_length = keys[i].length});
	elements_close(&elements);
	return table_send(table, batch, error);
}

/* -ENOENT: something expired meanwhile, and DELSETELEM does not bear that; then each goes alone. */
static int delete_found(struct table *table, const char *set, const struct search *search,
			struct table_error *error)
{
	int result = delete_keys(table, set, search->keys, search->count, error);

	if (result != -ENOENT)
		return result;
	for (size_t i = 0; i < search->count; i++) {
		result = delete_keys(table, set, &search->keys[i], 1, error);
		if (result && result != -ENOENT)
			return result;
	}
	error->error = 0;
	return 0;
}

int table_forget(struct table *table, const struct prefix *host, size_t *removed,
		 struct table_error *error)
{
	const bool six = host->addr.family == FAMILY_IPV6;
	int result = 0;

	*removed = 0;
	if (!table->installed)
		return 0;
	for (size_t i = 0; !result && i < sizeof(filled_sets) / sizeof(filled_sets[0]); i++) {
		struct search search = {.host = host};
		char name[RULES_NAME_MAX];

		set_name(filled_sets[i] + six, &table->generations, name);
		result = dump_elements(table->netlink, name, consider, restart, &search);
		if (result)
			table_fail(error, result, "what packets have filled cannot be read");
		else if (search.count)
			result = delete_found(table, name, &search, error);
		*removed += search.count;
		free(search.keys);
	}
	return result;
}
