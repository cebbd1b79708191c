// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/hosts/tallies.h"

struct tally_key {
	struct addr host;
	uint8_t kind;
};

struct tally {
	struct tally_key key;
	bool used;
	bool here; /* in the present reading */
	uint32_t birth;
	uint64_t packets;
};

struct tallies {
	struct hash_key key;
	struct slots slots;
	struct tally *all;
};

struct tallies *tallies_new(uint32_t max, struct hash_key key)
{
	struct tallies *tallies = calloc(1, sizeof(*tallies));

	if (!tallies)
		return NULL;
	tallies->key = key;
	tallies->all = calloc(max, sizeof(*tallies->all));
	if (tallies->all && !slots_init(&tallies->slots, max))
		return tallies;
	tallies_free(tallies);
	return NULL;
}

void tallies_free(struct tallies *tallies)
{
	if (!tallies)
		return;
	slots_release(&tallies->slots);
	free(tallies->all);
	free(tallies);
}

static struct tally *find(struct tallies *tallies, const struct tally_key *key, uint64_t hash)
{
	for (uint32_t slot = slots_first(&tallies->slots, hash); slot != SLOT_NONE;
	     slot = slots_next(&tallies->slots, slot))
		if (memcmp(&tallies->all[slot].key, key, sizeof(*key)) == 0)
			return &tallies->all[slot];
	return NULL;
}

static struct tally *add(struct tallies *tallies, const struct tally_key *key, uint64_t hash)
{
	uint32_t slot = slots_add(&tallies->slots, hash);
	struct tally *tally = slot == SLOT_NONE ? NULL : &tallies->all[slot];

	if (tally)
		*tally = (struct tally){.key = *key, .used = true};
	return tally;
}

int tallies_read(struct tallies *tallies, const struct message_tally *reading, uint64_t *more)
{
	struct tally_key key = {.host = reading->host, .kind = reading->kind};
	uint64_t hash = hash_bytes(&tallies->key, &key, sizeof(key));
	struct tally *tally;

	if (!addr_size(key.host.family) || key.kind < MESSAGE_REFUSED ||
	    key.kind > MESSAGE_SUBMISSION)
		return -EINVAL;
	tally = find(tallies, &key, hash);
	if (!tally)
		tally = add(tallies, &key, hash);
	if (!tally)
		return -ENOSPC;
	if (reading->birth != tally->birth || reading->packets < tally->packets)
		tally->packets = 0;
	*more = reading->packets - tally->packets;
	tally->birth = reading->birth;
	tally->packets = reading->packets;
	tally->here = true;
	return 0;
}

bool tallies_get(const struct tallies *tallies, struct message_tally *last)
{
	struct tally_key key = {.host = last->host, .kind = last->kind};
	const struct tally *tally =
		find((struct tallies *)tallies, &key, hash_bytes(&tallies->key, &key, sizeof(key)));

	if (!tally)
		return false;
	last->birth = tally->birth;
	last->packets = tally->packets;
	return true;
}

void tallies_put(struct tallies *tallies, const struct message_tally *last)
{
	struct tally_key key = {.host = last->host, .kind = last->kind};
	uint64_t hash = hash_bytes(&tallies->key, &key, sizeof(key));
	struct tally *tally = find(tallies, &key, hash) ? NULL : add(tallies, &key, hash);

	if (!tally)
		return;
	tally->birth = last->birth;
	tally->packets = last->packets;
}

void tallies_end(struct tallies *tallies)
{
	for (uint32_t slot = 0; slot < tallies->slots.fresh; slot++) {
		struct tally *tally = &tallies->all[slot];

		if (tally->used && !tally->here) {
			tally->used = false;
			slots_remove(&tallies->slots,
				     hash_bytes(&tallies->key, &tally->key, sizeof(tally->key)),
				     slot);
		}
		tally->here = false;
	}
}
