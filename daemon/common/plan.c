/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct plan_settings) == 64, "the block's layout");
_Static_assert(sizeof(struct plan_header) == 120, "the block's layout");
_Static_assert(sizeof(struct plan_interface) == 24, "the block's layout");
_Static_assert(sizeof(struct plan_place) == 24, "the block's layout");
_Static_assert(sizeof(struct plan_header) % _Alignof(struct allow_element) == 0, "aligned");
_Static_assert(sizeof(struct policy) % _Alignof(struct allow_element) == 0, "aligned");
_Static_assert(sizeof(struct plan_interface) % _Alignof(struct allow_element) == 0, "aligned");
_Static_assert(sizeof(struct plan_place) % _Alignof(struct allow_element) == 0, "aligned");

/* Of the whole block; the counts are bounded, or at least 32 bits each: no overflow. */
static uint64_t block_size(const struct plan_header *header)
{
	return sizeof(*header) + header->policies * (uint64_t)sizeof(struct policy) +
	       header->interfaces * (uint64_t)sizeof(struct plan_interface) +
	       header->places * (uint64_t)sizeof(struct plan_place) +
	       header->allows * (uint64_t)sizeof(struct allow_element) +
	       header->intervals4 * (uint64_t)sizeof(struct interval4) +
	       header->place_intervals4 * (uint64_t)sizeof(struct interval4) +
	       header->intervals6 * (uint64_t)sizeof(struct interval6) +
	       header->place_intervals6 * (uint64_t)sizeof(struct interval6);
}

/* --- building ----------------------------------------------------------------------------------*/

static uint8_t *append(uint8_t *to, const void *from, size_t size)
{
	if (size)
		memcpy(to, from, size);
	return to + size;
}

void *plan_build(const struct plan_parts *parts, size_t *size)
{
	struct plan_header header = {
		.magic = PLAN_MAGIC,
		.version = PLAN_VERSION,
		.policies = parts->policy_count,
		.interfaces = parts->interface_count,
		.places = parts->place_count,
		.allows = parts->allow_count,
		.intervals4 = parts->interval4_count,
		.intervals6 = parts->interval6_count,
		.place_intervals4 = parts->place_interval4_count,
		.place_intervals6 = parts->place_interval6_count,
		.allow_fine = parts->allow_fine,
		.ways = parts->ways,
		.settings = parts->settings,
	};
	uint8_t *block, *to;

	header.size = block_size(&header);
	if (header.size > SIZE_MAX)
		return NULL;
	block = malloc((size_t)header.size);
	if (!block)
		return NULL;
	to = append(block, &header, sizeof(header));
	to = append(to, parts->policies, header.policies * sizeof(struct policy));
	to = append(to, parts->interfaces, header.interfaces * sizeof(struct plan_interface));
	to = append(to, parts->places, header.places * sizeof(struct plan_place));
	to = append(to, parts->allows, header.allows * sizeof(struct allow_element));
	to = append(to, parts->intervals4, header.intervals4 * sizeof(struct interval4));
	to = append(to, parts->place_intervals4,
		    header.place_intervals4 * sizeof(struct interval4));
	to = append(to, parts->intervals6, header.intervals6 * sizeof(struct interval6));
	append(to, parts->place_intervals6, header.place_intervals6 * sizeof(struct interval6));
	*size = (size_t)header.size;
	return block;
}

/* --- checking: each returns NULL or what is wrong ----------------------------------------------*/

static const char *check_header(const struct plan_header *header, size_t size)
{
	if (header->magic != PLAN_MAGIC || header->version != PLAN_VERSION)
		return "not a plan of this version";
	if (header->policies > POLICIES_MAX)
		return "too many policies";
	if (header->interfaces > PLAN_INTERFACES_MAX)
		return "too many interfaces";
	if (header->places > PLAN_PLACES_MAX)
		return "too many interfaces with prefixes of their own";
	if (header->allows > ALLOW_ELEMENTS_MAX)
		return "too many allowed elements";
	if (header->intervals4 > PLAN_INTERVALS_MAX || header->intervals6 > PLAN_INTERVALS_MAX ||
	    header->place_intervals4 > PLAN_INTERVALS_MAX ||
	    header->place_intervals6 > PLAN_INTERVALS_MAX)
		return "too many intervals";
	if (header->allow_fine > 1)
		return "allow_fine is neither 0 nor 1";
	if (header->ways & ~(1u << ALLOW_WATCHED | 1u << ALLOW_ALWAYS))
		return "entries of an unknown way are announced";
	if (header->size != size || block_size(header) != size)
		return "the size does not fit the counts";
	return NULL;
}

static bool set_size_valid(uint32_t size)
{
	return size > 0 && size <= PLAN_SET_SIZE_MAX;
}

static const char *check_settings(const struct plan_settings *settings)
{
	if (!mark_mask_valid(settings->mark_mask))
		return "the mark mask is not eight adjacent bits";
	if (settings->queue_count < 1 || settings->queue_count > PLAN_QUEUES_MAX)
		return "the number of queues is out of bounds";
	if (settings->queue_first + settings->queue_count - 1 > UINT16_MAX)
		return "a queue number is out of bounds";
	if (settings->queue_length < 1 || settings->queue_length > PLAN_QUEUE_LENGTH_MAX)
		return "the length of a queue is out of bounds";
	if (!set_size_valid(settings->refused_size) || !set_size_valid(settings->passed_size) ||
	    !set_size_valid(settings->tally_size))
		return "the size of a set is out of bounds";
	if (!settings->refused_timeout || !settings->passed_timeout || !settings->tally_timeout)
		return "a timeout is 0";
	if (!settings->read_interval || settings->read_interval >= settings->tally_timeout)
		return "tallies would expire before they are read";
	if (!settings->reject_rate)
		return "the reject rate is 0";
	if (settings->verify_interval > PLAN_INTERVAL_MAX)
		return "the verify interval is out of bounds";
	if (!settings->queue_rate || settings->queue_rate > PLAN_QUEUE_RATE_MAX)
		return "the rate of questions is out of bounds";
	if (settings->reserved)
		return "a reserved setting is not 0";
	if (settings->own_table > 1 || settings->check_sources > 1 ||
	    settings->refuse_headless > 1 || settings->refuse_tunnels > 1)
		return "a switch is neither 0 nor 1";
	return NULL;
}

/* Also says in @known which policy numbers there are, a bit each. */
static const char *check_policies(const struct plan *plan, uint32_t *known)
{
	*known = 0;
	for (uint32_t i = 0; i < plan->header->policies; i++) {
		const struct policy *policy = &plan->policies[i];

		if (!policy_valid(policy))
			return "a policy has a value out of bounds";
		if (i > 0 && policy->number <= plan->policies[i - 1].number)
			return "policies are not in order";
		for (uint32_t j = 0; j < i; j++)
			if (strcmp(policy->name, plan->policies[j].name) == 0)
				return "two policies have one name";
		*known |= 1u << policy->number;
	}
	return NULL;
}

static bool is_known(uint32_t known, uint32_t policy)
{
	return policy < POLICIES_MAX && known >> policy & 1;
}

/* A pattern, padded with zeros. */
static bool name_valid(const char name[INTERFACE_MAX])
{
	if (!memchr(name, '\0', INTERFACE_MAX) || !interface_valid(name))
		return false;
	for (size_t i = strlen(name); i < INTERFACE_MAX; i++)
		if (name[i])
			return false;
	return true;
}

static const char *check_interfaces(const struct plan *plan, uint32_t known)
{
	uint32_t wildcards = 0;

	for (uint32_t i = 0; i < plan->header->interfaces; i++) {
		const struct plan_interface *interface = &plan->interfaces[i];

		if (!name_valid(interface->name))
			return "the name of an interface is not one";
		if (i > 0 && interface_order(interface->name, plan->interfaces[i - 1].name) <= 0)
			return "interfaces are not in order";
		if (!is_known(known, interface->policy))
			return "an interface names a policy that is not there";
		if (interface->reserved)
			return "reserved bytes are not 0";
		wildcards += interface_wildcard(interface->name);
	}
	return wildcards > PLAN_WILDCARDS_MAX ? "too many interfaces with a wildcard" : NULL;
}

static const char *check_places(const struct plan *plan)
{
	uint64_t v4 = 0, v6 = 0;

	for (uint32_t i = 0; i < plan->header->places; i++) {
		const struct plan_place *place = &plan->places[i];

		if (!name_valid(place->name))
			return "the name of an interface is not one";
		if (i > 0 && interface_order(place->name, plan->places[i - 1].name) <= 0)
			return "interfaces with prefixes of their own are not in order";
		if (!place->intervals4 && !place->intervals6)
			return "an interface with prefixes of its own has none";
		v4 += place->intervals4;
		v6 += place->intervals6;
	}
	if (v4 != plan->header->place_intervals4 || v6 != plan->header->place_intervals6)
		return "interfaces with prefixes of their own do not add up";
	return NULL;
}

/* Does an IPv6 source begin or end inside a /64? */
static bool is_fine(const struct allow_element *element)
{
	if (element->family != FAMILY_IPV6 || element->kind == ALLOW_DESTINATION)
		return false;
	for (size_t i = 8; i < 16; i++)
		if (element->from_first[i] != 0 || element->from_last[i] != 0xff)
			return true;
	return false;
}

/* Do two elements of one set that follow each other share an address? Only the first end counts. */
static bool overlap(const struct allow_element *before, const struct allow_element *after)
{
	if (before->exact || before->kind == ALLOW_PAIR ||
	    memcmp(before, after, offsetof(struct allow_element, id)) != 0)
		return false;
	if (before->kind == ALLOW_SOURCE)
		return memcmp(before->from_last, after->from_first, 16) >= 0;
	return memcmp(before->to_last, after->to_first, 16) >= 0;
}

static const char *check_allows(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->header->allows; i++) {
		const struct allow_element *element = &plan->allows[i];

		if (!allow_element_valid(element))
			return "an allowed element has a value out of bounds";
		if (is_fine(element) && !plan->header->allow_fine)
			return "a fine allowed source is not announced";
		if (!plan_has_way(plan, element->way))
			return "a watched entry, or one that always lets through, is not announced";
		if (i == 0)
			continue;
		if (allow_element_compare(element, &plan->allows[i - 1]) <= 0)
			return "allowed elements are not in order";
		if (overlap(&plan->allows[i - 1], element))
			return "allowed elements overlap";
	}
	return NULL;
}

static const char *check_intervals4(const struct plan_prefixes *prefixes, uint32_t known)
{
	for (uint32_t i = 0; i < prefixes->v4_count; i++) {
		const struct interval4 *interval = &prefixes->v4[i];

		if (interval->first > interval->last)
			return "an IPv4 interval ends before it begins";
		if (i > 0 && interval->first <= prefixes->v4[i - 1].last)
			return "IPv4 intervals are not in order";
		if (!is_known(known, interval->policy))
			return "an IPv4 interval names a policy that is not there";
	}
	return NULL;
}

static const char *check_intervals6(const struct plan_prefixes *prefixes, uint32_t known)
{
	for (uint32_t i = 0; i < prefixes->v6_count; i++) {
		const struct interval6 *interval = &prefixes->v6[i];

		if (memcmp(interval->first, interval->last, 16) > 0)
			return "an IPv6 interval ends before it begins";
		if (i > 0 && memcmp(interval->first, prefixes->v6[i - 1].last, 16) <= 0)
			return "IPv6 intervals are not in order";
		if (!is_known(known, interval->policy[0]))
			return "an IPv6 interval names a policy that is not there";
		if (interval->policy[1] || interval->policy[2] || interval->policy[3])
			return "reserved bytes are not 0";
	}
	return NULL;
}

/* check_places() made sure that what the places have is inside the block. */
static const char *check_intervals(const struct plan *plan, uint32_t known)
{
	const char *wrong = NULL;

	for (uint32_t i = 0; !wrong && i <= plan->header->places; i++) {
		struct plan_prefixes prefixes = plan_prefixes(plan, i);

		wrong = check_intervals4(&prefixes, known);
		if (!wrong)
			wrong = check_intervals6(&prefixes, known);
	}
	return wrong;
}

/* The arrays follow each other; check_header() made sure that they are inside the block. */
static struct plan view(const void *block)
{
	struct plan plan = {.header = block};

	plan.policies = (const void *)(plan.header + 1);
	plan.interfaces = (const void *)(plan.policies + plan.header->policies);
	plan.places = (const void *)(plan.interfaces + plan.header->interfaces);
	plan.allows = (const void *)(plan.places + plan.header->places);
	plan.intervals4 = (const void *)(plan.allows + plan.header->allows);
	plan.place_intervals4 = plan.intervals4 + plan.header->intervals4;
	plan.intervals6 = (const void *)(plan.place_intervals4 + plan.header->place_intervals4);
	plan.place_intervals6 = plan.intervals6 + plan.header->intervals6;
	return plan;
}

static const char *check_content(const struct plan *plan)
{
	uint32_t known;
	const char *wrong = check_settings(&plan->header->settings);

	if (!wrong)
		wrong = check_policies(plan, &known);
	if (!wrong && plan->header->settings.router_policy != PLAN_NO_POLICY &&
	    !is_known(known, plan->header->settings.router_policy))
		wrong = "the router's policy is not there";
	if (!wrong && plan_has_way(plan, ALLOW_WATCHED) && !plan_watched(plan))
		wrong = "there is no policy for watched entries";
	if (!wrong)
		wrong = check_interfaces(plan, known);
	if (!wrong)
		wrong = check_places(plan);
	if (!wrong)
		wrong = check_allows(plan);
	if (!wrong)
		wrong = check_intervals(plan, known);
	return wrong;
}

int plan_open(const void *block, size_t size, struct plan *plan, const char **why)
{
	const char *wrong;

	*plan = (struct plan){0};
	wrong = size < sizeof(struct plan_header) ? "shorter than its header" :
						    check_header(block, size);
	if (!wrong) {
		struct plan opened = view(block);

		wrong = check_content(&opened);
		if (!wrong)
			*plan = opened;
	}
	*why = wrong;
	return wrong ? -EINVAL : 0;
}

struct plan_prefixes plan_prefixes(const struct plan *plan, uint32_t index)
{
	struct plan_prefixes prefixes = {
		.v4 = plan->place_intervals4,
		.v6 = plan->place_intervals6,
	};

	for (uint32_t i = 0; i < index && i < plan->header->places; i++) {
		prefixes.v4 += plan->places[i].intervals4;
		prefixes.v6 += plan->places[i].intervals6;
	}
	if (index < plan->header->places) {
		prefixes.interface = plan->places[index].name;
		prefixes.v4_count = plan->places[index].intervals4;
		prefixes.v6_count = plan->places[index].intervals6;
	} else {
		prefixes.v4 = plan->intervals4;
		prefixes.v6 = plan->intervals6;
		prefixes.v4_count = plan->header->intervals4;
		prefixes.v6_count = plan->header->intervals6;
	}
	return prefixes;
}

uint64_t plan_intervals(const struct plan *plan)
{
	const struct plan_header *header = plan->header;

	return (uint64_t)header->intervals4 + header->intervals6 + header->place_intervals4 +
	       header->place_intervals6;
}

const struct policy *plan_policy(const struct plan *plan, uint32_t number)
{
	for (uint32_t i = 0; i < plan->header->policies; i++)
		if (plan->policies[i].number == number)
			return &plan->policies[i];
	return NULL;
}

const struct policy *plan_only_blocking(const struct plan *plan)
{
	const struct policy *only = NULL;

	for (uint32_t i = 0; i < plan->header->policies; i++) {
		if (plan->policies[i].mode != MODE_BLOCK)
			continue;
		if (only)
			return NULL;
		only = &plan->policies[i];
	}
	return only;
}

const struct policy *plan_watched(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->header->policies; i++)
		if (strcmp(plan->policies[i].name, PLAN_WATCHED) == 0 &&
		    plan->policies[i].mode == MODE_GUARD)
			return &plan->policies[i];
	return NULL;
}

struct policy_snapshot plan_snapshot(const struct plan *plan)
{
	struct policy_snapshot snapshot = {.mask = plan->header->settings.mark_mask};

	for (uint32_t i = 0; i < plan->header->policies; i++)
		snapshot.policies[plan->policies[i].number] = plan->policies[i];
	return snapshot;
}

bool plan_has_way(const struct plan *plan, unsigned way)
{
	return way == ALLOW_FREE || way == ALLOW_CONTAINED || plan->header->ways >> way & 1;
}
