// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/engine/plan_file.h"

#define QUEUES_DEFAULT_MAX 4 /* more threads than that answer no faster on what edge25 runs on */

static uint16_t queue_count(const struct config_settings *settings)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->queues)
		return (uint16_t)settings->queues;
	return (uint16_t)(cpus < 1 ? 1 : cpus > QUEUES_DEFAULT_MAX ? QUEUES_DEFAULT_MAX : cpus);
}

static struct plan_settings plan_settings(const struct config *config)
{
	const struct config_settings *settings = &config->settings;

	return (struct plan_settings){
		.mark_mask = (uint32_t)settings->mark_mask,
		.queue_first = (uint16_t)settings->queue_first,
		.queue_count = queue_count(settings),
		.queue_length = (uint32_t)settings->queue_length,
		.refused_size = (uint32_t)settings->remember_pairs,
		.passed_size = (uint32_t)settings->remember_pairs,
		.tally_size = (uint32_t)settings->tally_hosts,
		.refused_timeout = (uint32_t)settings->remember_for,
		.passed_timeout = (uint32_t)settings->remember_for,
		.tally_timeout = (uint32_t)settings->tally_for,
		.read_interval = (uint32_t)settings->read_interval,
		.reject_rate = (uint32_t)settings->reject_rate,
		.verify_interval = (uint32_t)settings->verify_interval,
		.queue_rate = (uint32_t)settings->queue_rate,
		.check_sources = (uint8_t)settings->check_sources,
		.refuse_headless = (uint8_t)settings->refuse_split_headers,
		.refuse_tunnels = (uint8_t)settings->refuse_tunnels,
		.router_policy = config->router_policy ? config->router_policy->number :
							 PLAN_NO_POLICY,
		.own_table = (uint32_t)settings->own_table,
	};
}

static int by_number(const void *a, const void *b)
{
	const struct policy *p = a, *q = b;

	return (p->number > q->number) - (p->number < q->number);
}

/* The first @count policies. */
static struct policy *sorted_policies(const struct config *config, size_t count)
{
	struct policy *policies = calloc(count, sizeof(*policies));

	if (!policies)
		return NULL;
	memcpy(policies, config->policies, count * sizeof(*policies));
	qsort(policies, count, sizeof(*policies), by_number);
	return policies;
}

/* Ranges by interface alone, in the configuration's order, which is the plan's. */
static struct plan_interface *interfaces_of(const struct config *config, uint32_t *count)
{
	struct plan_interface *all = calloc(config->interface_count + 1, sizeof(*all));

	*count = 0;
	for (size_t i = 0; all && i < config->interface_count; i++) {
		const struct config_interface *interface = &config->interfaces[i];
		const struct config_range *range = &config->ranges[interface->range];

		if (range->by_prefix)
			continue;
		memcpy(all[*count].name, interface->name, sizeof(all[*count].name));
		all[(*count)++].policy = config->policies[range->policy].number;
	}
	return all;
}

/* Ranges by both, their intervals one behind the other. */
struct places {
	struct plan_place *all;
	struct interval4 *v4;
	struct interval6 *v6;
	uint32_t count, v4_count, v6_count;
};

static int places_of(const struct config *config, struct places *places)
{
	size_t v4 = 0, v6 = 0;

	*places = (struct places){.count = (uint32_t)config->place_count};
	for (size_t i = 0; i < config->place_count; i++) {
		v4 += config->places[i].intervals.v4_count;
		v6 += config->places[i].intervals.v6_count;
	}
	places->all = calloc(config->place_count + 1, sizeof(*places->all));
	places->v4 = calloc(v4 + 1, sizeof(*places->v4));
	places->v6 = calloc(v6 + 1, sizeof(*places->v6));
	if (!places->all || !places->v4 || !places->v6)
		return -ENOMEM;
	for (size_t i = 0; i < config->place_count; i++) {
		const struct intervals *from = &config->places[i].intervals;

		memcpy(places->all[i].name, config->places[i].name, INTERFACE_MAX);
		places->all[i].intervals4 = (uint32_t)from->v4_count;
		places->all[i].intervals6 = (uint32_t)from->v6_count;
		if (from->v4_count)
			memcpy(places->v4 + places->v4_count, from->v4,
			       from->v4_count * sizeof(*from->v4));
		if (from->v6_count)
			memcpy(places->v6 + places->v6_count, from->v6,
			       from->v6_count * sizeof(*from->v6));
		places->v4_count += (uint32_t)from->v4_count;
		places->v6_count += (uint32_t)from->v6_count;
	}
	return 0;
}

static void places_release(struct places *places)
{
	free(places->all);
	free(places->v4);
	free(places->v6);
}

static int flatten_allows(const struct allowlist *list, struct allow_clock clock,
			  struct allow_element **elements, size_t *count, uint32_t *fine)
{
	struct allow_rule *rules;
	size_t rule_count;
	int error = allowlist_rules(list, clock, &rules, &rule_count);

	if (error)
		return error;
	for (size_t i = 0; i < rule_count; i++)
		*fine |= allow_rule_fine(&rules[i]);
	error = allow_flatten(rules, rule_count, elements, count);
	free(rules);
	return error;
}

static uint32_t ways_of(const struct allow_element *allows, size_t count)
{
	uint32_t ways = 0;

	for (size_t i = 0; i < count; i++)
		ways |= allows[i].way == ALLOW_FREE ? 0 : 1u << allows[i].way;
	return ways;
}

/* Contained hosts stand among the entries in the order of all elements: no two are alike. */
static int add_contained(const struct containment *containment, struct allow_clock clock,
			 struct allow_element **elements, size_t *count)
{
	struct allow_element *contained, *all;
	size_t contained_count, a = 0, b = 0;
	int error = containment_elements(containment, clock, &contained, &contained_count);

	if (error || !contained_count) {
		free(error ? NULL : contained);
		return error;
	}
	all = calloc(*count + contained_count, sizeof(*all));
	for (size_t i = 0; all && i < *count + contained_count; i++) {
		bool first =
			b == contained_count ||
			(a < *count && allow_element_compare(&(*elements)[a], &contained[b]) < 0);

		all[i] = first ? (*elements)[a++] : contained[b++];
	}
	free(contained);
	if (!all)
		return -ENOMEM;
	free(*elements);
	*elements = all;
	*count += contained_count;
	return 0;
}

void *plan_make(const struct config *config, const struct allowlist *list,
		const struct containment *containment, struct allow_clock clock, size_t *size,
		int *error)
{
	struct plan_parts parts = {
		.settings = plan_settings(config),
		.intervals4 = config->intervals.v4,
		.intervals6 = config->intervals.v6,
		.interval4_count = (uint32_t)config->intervals.v4_count,
		.interval6_count = (uint32_t)config->intervals.v6_count,
	};
	struct policy *policies = NULL;
	struct plan_interface *interfaces = interfaces_of(config, &parts.interface_count);
	struct allow_element *allows = NULL;
	struct places places;
	void *block = NULL;
	size_t count = 0;

	*error = places_of(config, &places);
	if (!interfaces)
		*error = -ENOMEM;
	if (!*error)
		*error = flatten_allows(list, clock, &allows, &count, &parts.allow_fine);
	if (!*error) {
		/* the policy of what is watched is there when something is */
		parts.ways = ways_of(allows, count);
		*error = add_contained(containment, clock, &allows, &count);
	}
	if (!*error) {
		parts.policy_count = (uint32_t)(parts.ways & 1u << ALLOW_WATCHED ?
							config->numbered_count :
							config->policy_count);
		policies = sorted_policies(config, parts.policy_count);
		*error = policies ? 0 : -ENOMEM;
	}
	if (!*error) {
		parts.policies = policies;
		parts.interfaces = interfaces;
		parts.places = places.all;
		parts.place_intervals4 = places.v4;
		parts.place_intervals6 = places.v6;
		parts.place_count = places.count;
		parts.place_interval4_count = places.v4_count;
		parts.place_interval6_count = places.v6_count;
		parts.allows = allows;
		parts.allow_count = (uint32_t)count;
		block = plan_build(&parts, size);
		if (!block)
			*error = -ENOMEM;
	}
	free(allows);
	places_release(&places);
	free(interfaces);
	free(policies);
	return block;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

int plan_file(const struct config *config, const struct allowlist *list,
	      const struct containment *containment, struct allow_clock clock, size_t *size)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int error, fd;
	void *block = plan_make(config, list, containment, clock, size, &error);

	if (!block)
		return error;
	fd = memfd_create("edge25-plan", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	error = fd < 0 ? -errno : write_all(fd, block, *size);
	free(block);
	if (!error && fcntl(fd, F_ADD_SEALS, seals) < 0)
		error = -errno;
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}
