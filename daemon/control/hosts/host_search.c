// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/host_search.h"

#include <net/if.h>
#include <string.h>

#include "control/events/event_json.h"
#include "control/incidents/incident_facts.h"
#include "control/methods/filters.h"

const char *const host_order_words[] = {"worst",      "newest", "attempts", "destinations",
					"first-seen", "host",   NULL};

/* The last one that was asked for: hosts in a row share it, and each question is a system call. */
struct interface {
	unsigned index;
	char name[IF_NAMESIZE]; /* "": there is none now */
};

static const char *name_of(struct interface *last, unsigned index)
{
	if (index != last->index && !if_indextoname(index, last->name))
		last->name[0] = '\0';
	last->index = index;
	return last->name[0] ? last->name : NULL;
}

static bool in_range(const struct control *control, const struct host *host,
		     const struct config_range *range, struct interface *last)
{
	const struct prefix prefix = host_prefix(host);
	const unsigned index = host_interface(control->tracker, host);

	return incident_range(control->config, &prefix.addr, name_of(last, index)) == range;
}

static bool has_name(const struct control *control, const struct host *host, const char *part)
{
	struct names_found found;

	host_names(control->names, control->tracker, host, control_now(), &found);
	return strcasestr(found.name, part) || strcasestr(found.host, part);
}

/* What is cheap to ask comes first. */
static bool wanted(const struct control *control, const struct host_search *search,
		   const struct host *host, struct interface *last)
{
	const struct prefix prefix = host_prefix(host);
	const struct contained *contained;

	if (search->class >= 0 && host->class != (unsigned)search->class)
		return false;
	if (search->policy && host->policy != search->policy->number)
		return false;
	if (!filter_touches(&prefix, &search->prefix))
		return false;
	if (search->after.addr.family && prefix_compare(&prefix, &search->after) <= 0)
		return false;
	if (search->since && host_last_seen(control->tracker, host) < search->since)
		return false;
	if (search->interface && host_interface(control->tracker, host) != search->interface)
		return false;
	if (search->contained) {
		contained = containment_find(control->containment, &prefix);
		if (!contained || !contained_now(contained))
			return false;
	}
	if (search->range && !in_range(control, host, search->range, last))
		return false;
	return !search->name || has_name(control, host, search->name);
}

static void set_keys(const struct tracker *tracker, enum host_order order, struct host_found *found)
{
	const struct host *host = found->host;
	uint64_t *keys = found->keys;

	switch (order) {
	case HOSTS_WORST:
		keys[0] = host->class;
		keys[1] = host_attempts(host);
		keys[2] = (uint64_t)host_last_seen(tracker, host);
		return;
	case HOSTS_NEWEST:
		keys[0] = (uint64_t)host_last_seen(tracker, host);
		return;
	case HOSTS_ATTEMPTS:
		keys[0] = host_attempts(host);
		keys[1] = (uint64_t)host_last_seen(tracker, host);
		return;
	case HOSTS_DESTINATIONS:
		keys[0] = host_destinations(tracker, host);
		keys[1] = host_attempts(host);
		return;
	case HOSTS_FIRST_SEEN:
		keys[0] = (uint64_t)host_first_seen(tracker, host);
		return;
	case HOSTS_BY_HOST:
		return;
	}
}

/* No two hosts are equal: pages do not overlap. */
static bool before(const struct host_found *a, const struct host_found *b)
{
	for (size_t i = 0; i < sizeof(a->keys) / sizeof(a->keys[0]); i++)
		if (a->keys[i] != b->keys[i])
			return a->keys[i] > b->keys[i];
	return prefix_compare(&a->prefix, &b->prefix) < 0;
}

/* A heap: what comes last of all is its root. */
static void sift_down(struct host_found *heap, size_t count, size_t at)
{
	const struct host_found moved = heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < count && before(&heap[child], &heap[child + 1]))
			child++;
		if (child >= count || !before(&moved, &heap[child]))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

static void sift_up(struct host_found *heap, size_t at)
{
	const struct host_found moved = heap[at];

	while (at && before(&heap[(at - 1) / 2], &moved)) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = moved;
}

static size_t keep_first(struct host_found *heap, size_t count, size_t limit,
			 const struct host_found *one)
{
	if (count < limit) {
		heap[count] = *one;
		sift_up(heap, count);
		return count + 1;
	}
	if (before(one, &heap[0])) {
		heap[0] = *one;
		sift_down(heap, count, 0);
	}
	return count;
}

/* The heap as a list, first ones first. */
static void unheap(struct host_found *found, size_t count)
{
	for (size_t left = count; left > 1; left--) {
		const struct host_found last = found[0];

		found[0] = found[left - 1];
		found[left - 1] = last;
		sift_down(found, left - 1, 0);
	}
}

bool host_page_step(const struct control *control, struct host_page *page, size_t hosts)
{
	struct interface last = {0};

	while (hosts--) {
		struct host_found one = {.host = tracker_next(control->tracker, page->at)};

		if (!one.host) {
			unheap(page->found, page->count);
			return true;
		}
		page->at = one.host;
		if (!wanted(control, &page->search, one.host, &last))
			continue;
		page->total++;
		one.prefix = host_prefix(one.host);
		set_keys(control->tracker, page->search.order, &one);
		page->count = keep_first(page->found, page->count, page->limit, &one);
	}
	return false;
}

bool host_found_now(const struct host_found *found)
{
	const struct prefix now = host_prefix(found->host);

	return found->host->length && prefix_equal(&now, &found->prefix);
}
