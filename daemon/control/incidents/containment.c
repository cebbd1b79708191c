// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/hosts/slots.h"
#include "control/incidents/containment.h"

#define DOUBLINGS_MAX 30

struct containment {
	struct hash_key key;
	struct slots slots;
	struct contained *all;
	uint8_t *used;
	uint32_t max, top; /* records from top on were never used */
	uint32_t count;    /* contained now */
};

struct containment *containment_new(uint32_t max, struct hash_key key)
{
	struct containment *containment = calloc(1, sizeof(*containment));

	if (!containment)
		return NULL;
	containment->key = key;
	containment->max = max;
	containment->all = calloc(max, sizeof(*containment->all));
	containment->used = calloc(max, sizeof(*containment->used));
	if (containment->all && containment->used && !slots_init(&containment->slots, max))
		return containment;
	containment_free(containment);
	return NULL;
}

void containment_free(struct containment *containment)
{
	if (!containment)
		return;
	slots_release(&containment->slots);
	free(containment->used);
	free(containment->all);
	free(containment);
}

/* --- records --- */

static uint64_t hash_of(const struct containment *containment, const struct prefix *host)
{
	return hash_bytes(&containment->key, host, sizeof(*host));
}

struct contained *containment_find(const struct containment *containment, const struct prefix *host)
{
	for (uint32_t slot = slots_first(&containment->slots, hash_of(containment, host));
	     slot != SLOT_NONE; slot = slots_next(&containment->slots, slot))
		if (prefix_equal(&containment->all[slot].host, host))
			return &containment->all[slot];
	return NULL;
}

struct contained *containment_next(const struct containment *containment,
				   const struct contained *after)
{
	for (uint32_t i = after ? (uint32_t)(after - containment->all) + 1 : 0;
	     i < containment->top; i++)
		if (containment->used[i])
			return &containment->all[i];
	return NULL;
}

struct contained *containment_of(const struct containment *containment, const struct prefix *prefix)
{
	struct contained *one = containment_find(containment, prefix);

	if (one && contained_now(one))
		return one;
	for (one = containment_next(containment, NULL); one;
	     one = containment_next(containment, one))
		if (contained_now(one) && prefix_overlap(&one->host, prefix))
			return one;
	return NULL;
}

const struct contained *containment_of_address(const struct containment *containment,
					       const struct addr *addr)
{
	const struct prefix prefix = prefix_of(addr, addr_bits(addr->family));

	return containment_of(containment, &prefix);
}

bool contained_now(const struct contained *contained)
{
	return !contained->released;
}

size_t containment_count(const struct containment *containment)
{
	const struct contained *one = NULL;
	size_t count = 0;

	while ((one = containment_next(containment, one)))
		count += contained_now(one);
	return count;
}

size_t containment_waiting(const struct containment *containment)
{
	const struct contained *one = NULL;
	size_t count = 0;

	while ((one = containment_next(containment, one)))
		count += contained_now(one) && !one->applied;
	return count;
}

void containment_forget(struct containment *containment, struct contained *contained)
{
	const uint32_t slot = (uint32_t)(contained - containment->all);

	slots_remove(&containment->slots, hash_of(containment, &contained->host), slot);
	containment->used[slot] = 0;
}

/* Of those that are only remembered the one that was released first makes room. */
static bool make_room(struct containment *containment)
{
	struct contained *one = NULL, *oldest = NULL;

	while ((one = containment_next(containment, one)))
		if (!contained_now(one) && (!oldest || one->released < oldest->released))
			oldest = one;
	if (oldest)
		containment_forget(containment, oldest);
	return oldest != NULL;
}

static struct contained *add(struct containment *containment, const struct prefix *host)
{
	struct contained *one;
	uint32_t slot;

	if (containment->slots.count >= containment->max && !make_room(containment))
		return NULL;
	slot = slots_add(&containment->slots, hash_of(containment, host));
	if (slot == SLOT_NONE)
		return NULL;
	one = &containment->all[slot];
	memset(one, 0, sizeof(*one));
	one->host = *host;
	containment->used[slot] = 1;
	if (slot >= containment->top)
		containment->top = slot + 1;
	return one;
}

/* --- from the first time on --- */

/* What is being written is not it. */
static void owe(struct contained *one)
{
	one->unwritten = true;
	one->writing = false;
}

static void start(struct contained *one, const struct addr *source, uint64_t seconds,
		  struct allow_clock now)
{
	one->source = *source;
	one->since = now.real;
	one->until = now.real + (int64_t)seconds;
	one->until_ms = now.boot_ms + seconds * 1000;
	one->seconds = seconds;
	one->released = 0;
	one->sequence = 0;
	one->applied = false;
	owe(one);
}

static uint64_t how_long(const struct contained *one, const struct thresholds *thresholds)
{
	uint64_t seconds = thresholds->contain_for;

	for (uint32_t i = 0; i < one->times && i < DOUBLINGS_MAX; i++)
		seconds = seconds < thresholds->contain_max ? 2 * seconds : seconds;
	return seconds < thresholds->contain_max ? seconds : thresholds->contain_max;
}

struct contained *containment_begin(struct containment *containment, const struct prefix *host,
				    const struct addr *source, const struct thresholds *thresholds,
				    struct allow_clock now)
{
	struct contained *one = containment_find(containment, host);

	if (one && contained_now(one))
		return NULL;
	if (!one)
		one = add(containment, host);
	if (!one)
		return NULL;
	if (now.real - one->released >= (int64_t)thresholds->contain_max)
		one->times = 0;
	start(one, source, how_long(one, thresholds), now);
	one->times++;
	one->remember = thresholds->contain_max;
	one->automatic = true;
	one->uid = 0;
	one->user[0] = '\0';
	return one;
}

struct contained *containment_put(struct containment *containment, const struct prefix *host,
				  const struct addr *source, uint64_t seconds,
				  struct allow_clock now)
{
	struct contained *one = containment_find(containment, host);

	if (!one)
		one = add(containment, host);
	if (!one)
		return NULL;
	start(one, source, seconds, now);
	one->automatic = false;
	return one;
}

void containment_end(struct contained *contained, int64_t now)
{
	if (!contained_now(contained))
		return;
	contained->released = now > 0 ? now : 1;
	contained->sequence = 0;
	contained->applied = false;
	owe(contained);
}

struct contained *containment_recall(struct containment *containment,
				     const struct contained *stored, struct allow_clock now)
{
	struct contained *one = containment_find(containment, &stored->host);
	int64_t left = stored->until - now.real;

	if (one) /* newer than what the database has */
		return one;
	one = add(containment, &stored->host);
	if (!one)
		return NULL;
	*one = *stored;
	one->sequence = 0;
	one->applied = one->unwritten = one->writing = false;
	if (!contained_now(one))
		return one;
	/* by a clock that was set back it would last longer than was ever meant */
	if (left > (int64_t)one->seconds)
		left = (int64_t)one->seconds;
	if (left <= 0) {
		containment_end(one, one->until);
		return one;
	}
	one->until = now.real + left;
	one->until_ms = now.boot_ms + (uint64_t)left * 1000;
	return one;
}

void containment_pass(struct containment *containment, struct allow_clock now,
		      void (*each)(void *ctx, struct contained *contained, bool forgotten),
		      void *ctx)
{
	struct contained *one = NULL;

	while ((one = containment_next(containment, one))) {
		if (contained_now(one) && one->until_ms <= now.boot_ms) {
			containment_end(one, now.real);
			each(ctx, one, false);
		} else if (!contained_now(one) &&
			   now.real - one->released >= CONTAINED_REMEMBER_MIN &&
			   now.real - one->released >= (int64_t)one->remember) {
			each(ctx, one, true);
			containment_forget(containment, one);
		}
	}
}

void containment_clock(struct containment *containment, struct allow_clock now)
{
	struct contained *one = NULL;

	while ((one = containment_next(containment, one))) {
		if (!contained_now(one))
			continue;
		one->until = now.real + ((int64_t)one->until_ms - (int64_t)now.boot_ms) / 1000;
		owe(one);
	}
}

void containment_lengths(struct containment *containment,
			 unsigned (*length6)(void *ctx, const struct contained *contained),
			 void *ctx)
{
	struct contained *one = NULL;

	while ((one = containment_next(containment, one))) {
		unsigned length = one->source.family == FAMILY_IPV6 ? length6(ctx, one) : 0;
		struct contained copy = *one, *other;

		if (!length || length == one->host.length)
			continue;
		copy.host = prefix_of(&copy.source, length);
		copy.sequence = 0;
		copy.applied = false;
		owe(&copy);
		containment_forget(containment, one);
		other = containment_find(containment, &copy.host);
		if (other && contained_now(other) && other->until_ms >= copy.until_ms)
			continue; /* two hosts are one now: the later end counts */
		if (!other)
			other = add(containment, &copy.host);
		if (other)
			*other = copy;
	}
}

void containment_written(struct containment *containment, bool stored)
{
	struct contained *one = NULL;

	while ((one = containment_next(containment, one))) {
		if (!one->writing)
			continue;
		one->writing = false;
		if (!stored)
			continue;
		one->unwritten = false;
		one->action = NULL;
	}
}

/* --- the engine --- */

static int compare_elements(const void *a, const void *b)
{
	return allow_element_compare(a, b);
}

int containment_elements(const struct containment *containment, struct allow_clock now,
			 struct allow_element **elements, size_t *count)
{
	const struct contained *one = NULL;

	*count = 0;
	*elements = calloc(containment->slots.count + 1, sizeof(**elements));
	if (!*elements)
		return -ENOMEM;
	while ((one = containment_next(containment, one)))
		if (contained_now(one) && one->until_ms > now.boot_ms)
			(*elements)[(*count)++] = allow_contained(&one->host, one->until_ms);
	if (*count)
		qsort(*elements, *count, sizeof(**elements), compare_elements);
	return 0;
}

void containment_told(struct containment *containment, uint64_t sequence)
{
	struct contained *one = NULL;

	while (sequence && (one = containment_next(containment, one)))
		if (contained_now(one) && !one->applied && !one->sequence)
			one->sequence = sequence;
}

void containment_taken(struct containment *containment, uint64_t sequence)
{
	struct contained *one = NULL;

	while ((one = containment_next(containment, one)))
		if (contained_now(one) && one->sequence && one->sequence <= sequence)
			one->applied = true;
}

void containment_refused(struct containment *containment, uint64_t sequence)
{
	struct contained *one = NULL;

	while ((one = containment_next(containment, one)))
		if (!one->applied && one->sequence == sequence)
			one->sequence = 0;
}

void containment_down(struct containment *containment)
{
	struct contained *one = NULL;

	while ((one = containment_next(containment, one)))
		one->sequence = 0;
}
