/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interval.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sort.h"
#include "sweep.h"

_Static_assert(sizeof(struct interval4) == 12, "travels in plans");
_Static_assert(sizeof(struct interval6) == 36, "travels in plans");

static uint32_t read_be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static int put_span(void *context, const struct sweep_span *span)
{
	struct intervals *out = context;

	if (span->first.family == FAMILY_IPV4) {
		out->v4[out->v4_count++] = (struct interval4){
			.first = read_be32(span->first.bytes),
			.last = read_be32(span->last.bytes),
			.policy = (uint32_t)span->value,
		};
	} else {
		struct interval6 *interval = &out->v6[out->v6_count++];

		memcpy(interval->first, span->first.bytes, sizeof(interval->first));
		memcpy(interval->last, span->last.bytes, sizeof(interval->last));
		memset(interval->policy, 0, sizeof(interval->policy));
		interval->policy[0] = (uint8_t)span->value;
	}
	return 0;
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct interval_prefix *left = a, *right = b;

	return sweep_order(&left->prefix, &right->prefix);
}

/* Room for the most spans that @sorted can become: each prefix cuts its parent in two. */
static int allocate(const struct interval_prefix *sorted, size_t count, struct intervals *out)
{
	size_t v4 = 0, v6;

	while (v4 < count && sorted[v4].prefix.addr.family == FAMILY_IPV4)
		v4++;
	v6 = count - v4;
	out->v4 = v4 ? calloc(v4, 2 * sizeof(*out->v4)) : NULL;
	out->v6 = v6 ? calloc(v6, 2 * sizeof(*out->v6)) : NULL;
	return (v4 && !out->v4) || (v6 && !out->v6) ? -ENOMEM : 0;
}

int intervals_flatten(struct interval_prefix *prefixes, size_t count, struct intervals *out)
{
	struct sweep sweep;
	int err = sort_stable(prefixes, count, sizeof(*prefixes), compare_prefixes);

	*out = (struct intervals){0};
	if (!err)
		err = allocate(prefixes, count, out);
	sweep_start(&sweep, SWEEP_LONGEST, put_span, out);
	for (size_t i = 0; i < count && !err; i++)
		if (i == 0 || !prefix_equal(&prefixes[i].prefix, &prefixes[i - 1].prefix))
			err = sweep_add(&sweep, &prefixes[i].prefix, prefixes[i].policy, 0);
	if (!err)
		err = sweep_end(&sweep);
	if (err)
		intervals_release(out);
	return err;
}

void intervals_release(struct intervals *intervals)
{
	free(intervals->v4);
	free(intervals->v6);
	*intervals = (struct intervals){0};
}

static int find4(const struct intervals *intervals, const struct addr *addr)
{
	uint32_t value = read_be32(addr->bytes);
	size_t low = 0, high = intervals->v4_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct interval4 *interval = &intervals->v4[middle];

		if (value < interval->first)
			high = middle;
		else if (value > interval->last)
			low = middle + 1;
		else
			return (int)interval->policy;
	}
	return -1;
}

static int find6(const struct intervals *intervals, const struct addr *addr)
{
	size_t low = 0, high = intervals->v6_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct interval6 *interval = &intervals->v6[middle];

		if (memcmp(addr->bytes, interval->first, sizeof(interval->first)) < 0)
			high = middle;
		else if (memcmp(addr->bytes, interval->last, sizeof(interval->last)) > 0)
			low = middle + 1;
		else
			return interval->policy[0];
	}
	return -1;
}

int intervals_find(const struct intervals *intervals, const struct addr *addr)
{
	switch (addr->family) {
	case FAMILY_IPV4:
		return find4(intervals, addr);
	case FAMILY_IPV6:
		return find6(intervals, addr);
	default:
		return -1;
	}
}

/* The first that does not end before @first. */
static size_t from4(const struct intervals *intervals, uint32_t first)
{
	size_t low = 0, high = intervals->v4_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (intervals->v4[middle].last < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t from6(const struct intervals *intervals, const uint8_t first[16])
{
	size_t low = 0, high = intervals->v6_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(intervals->v6[middle].last, first, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t policies4(const struct intervals *intervals, const struct prefix *prefix)
{
	const struct addr last = prefix_last(prefix);
	const uint32_t end = read_be32(last.bytes);
	uint32_t mask = 0;

	for (size_t i = from4(intervals, read_be32(prefix->addr.bytes)), looked = 0;
	     i < intervals->v4_count && intervals->v4[i].first <= end; i++) {
		if (looked++ == INTERVALS_LOOK)
			return UINT32_MAX;
		mask |= 1u << intervals->v4[i].policy;
	}
	return mask;
}

static uint32_t policies6(const struct intervals *intervals, const struct prefix *prefix)
{
	const struct addr last = prefix_last(prefix);
	uint32_t mask = 0;

	for (size_t i = from6(intervals, prefix->addr.bytes), looked = 0;
	     i < intervals->v6_count && memcmp(intervals->v6[i].first, last.bytes, 16) <= 0; i++) {
		if (looked++ == INTERVALS_LOOK)
			return UINT32_MAX;
		mask |= 1u << intervals->v6[i].policy[0];
	}
	return mask;
}

uint32_t intervals_policies(const struct intervals *intervals, const struct prefix *prefix)
{
	return prefix->addr.family == FAMILY_IPV4 ? policies4(intervals, prefix) :
						    policies6(intervals, prefix);
}
