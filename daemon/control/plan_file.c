// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plan_file.h"

#define QUEUES_DEFAULT_MAX 4 /* more threads than that answer no faster on what edge25 runs on */

static uint16_t queue_count(const struct config_settings *settings)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->queues)
		return (uint16_t)settings->queues;
	return (uint16_t)(cpus < 1 ? 1 : cpus > QUEUES_DEFAULT_MAX ? QUEUES_DEFAULT_MAX : cpus);
}

static struct plan_settings plan_settings(const struct config_settings *settings)
{
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
		.own_table = (uint32_t)settings->own_table,
	};
}

static int by_number(const void *a, const void *b)
{
	const struct policy *p = a, *q = b;

	return (p->number > q->number) - (p->number < q->number);
}

static int by_name(const void *a, const void *b)
{
	const struct plan_interface *p = a, *q = b;

	return strcmp(p->name, q->name);
}

static struct policy *sorted_policies(const struct config *config)
{
	struct policy *policies = calloc(config->policy_count, sizeof(*policies));

	if (!policies)
		return NULL;
	memcpy(policies, config->policies, config->policy_count * sizeof(*policies));
	qsort(policies, config->policy_count, sizeof(*policies), by_number);
	return policies;
}

static struct plan_interface *sorted_interfaces(const struct config *config)
{
	struct plan_interface *all = calloc(config->interface_count + 1, sizeof(*all));

	for (size_t i = 0; all && i < config->interface_count; i++) {
		const struct config_interface *interface = &config->interfaces[i];

		memcpy(all[i].name, interface->name, sizeof(all[i].name));
		all[i].policy = config->policies[config->ranges[interface->range].policy].number;
	}
	if (all && config->interface_count)
		qsort(all, config->interface_count, sizeof(*all), by_name);
	return all;
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

void *plan_make(const struct config *config, const struct allowlist *list, struct allow_clock clock,
		size_t *size, int *error)
{
	struct policy *policies = sorted_policies(config);
	struct plan_interface *interfaces = sorted_interfaces(config);
	struct allow_element *allows = NULL;
	struct plan_parts parts = {
		.settings = plan_settings(&config->settings),
		.policies = policies,
		.interfaces = interfaces,
		.intervals4 = config->intervals.v4,
		.intervals6 = config->intervals.v6,
		.policy_count = (uint32_t)config->policy_count,
		.interface_count = (uint32_t)config->interface_count,
		.interval4_count = (uint32_t)config->intervals.v4_count,
		.interval6_count = (uint32_t)config->intervals.v6_count,
	};
	void *block = NULL;
	size_t count = 0;

	*error = -ENOMEM;
	if (policies && interfaces)
		*error = flatten_allows(list, clock, &allows, &count, &parts.allow_fine);
	if (policies && interfaces && !*error) {
		parts.allows = allows;
		parts.allow_count = (uint32_t)count;
		block = plan_build(&parts, size);
		if (!block)
			*error = -ENOMEM;
	}
	free(allows);
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

int plan_file(const struct config *config, const struct allowlist *list, struct allow_clock clock,
	      size_t *size)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int error, fd;
	void *block = plan_make(config, list, clock, size, &error);

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
