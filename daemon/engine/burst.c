/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host is one word: who it is (a part of a keyed hash), when its window began, how many
 * destinations it met since. So no thread ever sees half of a change. The other part of the hash says
 * in which line of words it stands. Two hosts are taken for one with a probability of 2^-35.
 */
#include "engine/burst.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/known.h"

#define WAYS 8 /* a line of the processor's cache */
#define LINES (BURST_HOSTS / WAYS)

/* tag:24 | start:20 | count:20; 0: nobody. */
#define COUNT_BITS 20
#define START_BITS 20
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)
#define START_MASK ((UINT64_C(1) << START_BITS) - 1)
#define TAG_SHIFT (COUNT_BITS + START_BITS)
#define UNIT_MS 64 /* of start: 2^20 of them are 18 hours */

_Static_assert(POLICY_BURST_MAX <= COUNT_MASK, "a count has room");
_Static_assert(BURST_SWEEP_MS + POLICY_BURST_TIME_MAX * 1000 < (START_MASK + 1) / 2 * UNIT_MS,
	       "old windows go before they look like later ones");
_Static_assert(START_BITS <= KNOWN_TIME_BITS, "a window's start has room");

struct burst {
	struct hash_key key;
	_Atomic uint64_t evicted;
	_Atomic uint64_t hosts[LINES][WAYS];
	struct known known; /* host and destination, by when the host's window began */
};

/* One question on its way through the table. */
struct visit {
	_Atomic uint64_t *line;
	uint64_t tag;
	uint64_t pair;   /* hash of the host and the destination */
	uint64_t now;    /* UNIT_MS */
	uint64_t length; /* of a window, UNIT_MS */
	uint32_t burst;
};

struct burst *burst_new(struct hash_key key)
{
	struct burst *burst = calloc(1, sizeof(*burst));

	if (burst)
		burst->key = key;
	return burst;
}

void burst_free(struct burst *burst)
{
	free(burst);
}

uint64_t burst_evicted(const struct burst *burst)
{
	return atomic_load(&burst->evicted);
}

static uint32_t start_of(uint64_t word)
{
	return (uint32_t)(word >> COUNT_BITS & START_MASK);
}

static uint64_t count_of(uint64_t word)
{
	return word & COUNT_MASK;
}

static uint64_t units(uint64_t seconds)
{
	return (seconds * 1000 + UNIT_MS - 1) / UNIT_MS;
}

/* A window that began after @now is another thread's, whose clock was read later. */
static uint64_t age_of(uint64_t word, uint64_t now)
{
	uint64_t age = (now - start_of(word)) & START_MASK;

	return age <= START_MASK / 2 ? age : 0;
}

static bool over(uint64_t word, uint64_t now, uint64_t length)
{
	return age_of(word, now) > length;
}

static uint64_t hash_host(const struct burst *burst, const struct policy *policy,
			  const struct addr *source)
{
	struct addr host = *source;

	if (source->family == FAMILY_IPV6)
		host = addr_mask(source, policy->host_prefix6);
	return hash_bytes(&burst->key, &host, sizeof(host));
}

static uint64_t hash_pair(const struct burst *burst, uint64_t host, const struct addr *destination)
{
	struct {
		uint64_t host;
		uint8_t destination[24];
	} pair = {host, {0}};

	memcpy(pair.destination, destination, sizeof(*destination));
	return hash_bytes(&burst->key, &pair, sizeof(pair));
}

static struct visit begin(struct burst *burst, const struct policy *policy,
			  const struct addr *source, const struct addr *destination, uint64_t now)
{
	uint64_t host = hash_host(burst, policy, source);
	uint64_t tag = host >> TAG_SHIFT;

	return (struct visit){.line = burst->hosts[host % LINES],
			      .pair = hash_pair(burst, host, destination),
			      .tag = tag ? tag : 1,
			      .now = now / UNIT_MS,
			      .length = units(policy->burst_time),
			      .burst = policy->burst};
}

static bool is_host(const struct visit *visit, uint64_t word)
{
	return word >> TAG_SHIFT == visit->tag;
}

/*
 * Two threads may have given a host a word each, so all of them count. Whoever counts looks here
 * afterwards: of two, at least the later one sees both.
 */
static uint64_t total(const struct visit *visit)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < WAYS; i++) {
		uint64_t word = atomic_load(&visit->line[i]);

		if (is_host(visit, word) && !over(word, visit->now, visit->length))
			sum += count_of(word);
	}
	return sum;
}

/* The place of the host's window, and in *word what stands there; NULL: it has none now. */
static _Atomic uint64_t *window(const struct visit *visit, uint64_t *word)
{
	for (size_t i = 0; i < WAYS; i++) {
		*word = atomic_load(&visit->line[i]);
		if (is_host(visit, *word) && !over(*word, visit->now, visit->length))
			return &visit->line[i];
	}
	return NULL;
}

static uint64_t longest_window(const struct policy_snapshot *snapshot)
{
	uint32_t longest = 0;

	for (size_t i = 0; i < POLICIES_MAX; i++)
		if (snapshot->policies[i].mode == MODE_GUARD &&
		    snapshot->policies[i].burst_time > longest)
			longest = snapshot->policies[i].burst_time;
	return units(longest);
}

/*
 * The place for a new window: the host's last one, a free one, one that is over; else the one that
 * has counted least, the oldest of those. So a host that has met many is the last to be forgotten.
 * NULL: another thread has made one for the host meanwhile. It has counted least of all, as a rule, and
 * in its place what that thread counted would be lost.
 */
static _Atomic uint64_t *place(const struct visit *visit, uint64_t longest, uint64_t *word,
			       bool *evicts)
{
	_Atomic uint64_t *best = NULL;
	uint64_t best_rank = UINT64_MAX;

	for (size_t i = 0; i < WAYS; i++) {
		uint64_t other = atomic_load(&visit->line[i]);
		uint64_t age = age_of(other, visit->now);
		uint64_t rank = (count_of(other) + 1) << START_BITS | (START_MASK - age);

		if (is_host(visit, other) && !over(other, visit->now, visit->length))
			return NULL;
		if (is_host(visit, other))
			rank = 0;
		else if (!other)
			rank = 1;
		else if (over(other, visit->now, longest))
			rank = 2;
		if (rank < best_rank) {
			best_rank = rank;
			best = &visit->line[i];
			*word = other;
		}
	}
	*evicts = best_rank > 2;
	return best;
}

/* Takes back one that was counted at @start, if that window is still there. */
static void uncount(const struct visit *visit, _Atomic uint64_t *at, uint32_t start)
{
	uint64_t word = atomic_load(at);

	while (is_host(visit, word) && start_of(word) == start && count_of(word))
		if (atomic_compare_exchange_weak(at, &word, word - 1))
			return;
}

static bool admit(struct burst *burst, const struct policy_snapshot *snapshot,
		  const struct visit *visit)
{
	_Atomic uint64_t *at;
	uint64_t word, next;
	bool evicts;

	do { /* again when another thread was faster: then that one went on */
		evicts = false;
		at = window(visit, &word);
		if (at) {
			if (known_has(&burst->known, visit->pair, start_of(word)))
				return true;
			if (total(visit) >= visit->burst)
				return false;
			next = word + 1;
		} else {
			at = place(visit, longest_window(snapshot), &word, &evicts);
			next = visit->tag << TAG_SHIFT | (visit->now & START_MASK) << COUNT_BITS |
			       1;
		}
	} while (!at || !atomic_compare_exchange_strong(at, &word, next));
	if (evicts)
		atomic_fetch_add(&burst->evicted, 1);
	if (total(visit) > visit->burst) {
		uncount(visit, at, start_of(next));
		return false;
	}
	if (!known_put(&burst->known, visit->pair, start_of(next)))
		uncount(visit, at, start_of(next)); /* another thread has counted it */
	return true;
}

bool burst_admit(struct burst *burst, const struct policy_snapshot *snapshot, unsigned policy,
		 const struct addr *source, const struct addr *destination, uint64_t now)
{
	struct visit visit;

	if (!snapshot->policies[policy].burst)
		return true;
	visit = begin(burst, &snapshot->policies[policy], source, destination, now);
	return admit(burst, snapshot, &visit);
}

bool burst_would_admit(struct burst *burst, const struct policy_snapshot *snapshot, unsigned policy,
		       const struct addr *source, const struct addr *destination, uint64_t now)
{
	struct visit visit;
	uint64_t word;

	if (!snapshot->policies[policy].burst)
		return true;
	visit = begin(burst, &snapshot->policies[policy], source, destination, now);
	return !window(&visit, &word) || known_has(&burst->known, visit.pair, start_of(word)) ||
	       total(&visit) < visit.burst;
}

void burst_sweep(struct burst *burst, uint64_t now)
{
	for (size_t i = 0; i < BURST_HOSTS; i++) {
		_Atomic uint64_t *at = &burst->hosts[i / WAYS][i % WAYS];
		uint64_t word = atomic_load(at);

		if (word && over(word, now / UNIT_MS, units(POLICY_BURST_TIME_MAX)))
			atomic_compare_exchange_strong(at, &word, 0);
	}
}
