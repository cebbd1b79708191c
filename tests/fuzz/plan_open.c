/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/plan.h"

#include <string.h>

#include "fuzz.h"

/* Whatever is accepted holds what the engine relies on. */
static void require_sound(const struct plan *plan)
{
	const struct plan_header *header = plan->header;

	for (uint32_t i = 0; i < header->policies; i++)
		require(memchr(plan->policies[i].name, 0, POLICY_NAME_MAX) != NULL);
	for (uint32_t i = 0; i < header->interfaces; i++)
		require(plan->interfaces[i].policy < POLICIES_MAX);
	for (uint32_t i = 0; i < header->allows; i++)
		require(allow_element_valid(&plan->allows[i]));
	for (uint32_t index = 0; index <= header->places; index++) {
		struct plan_prefixes prefixes = plan_prefixes(plan, index);

		require(index == header->places || interface_valid(prefixes.interface));
		for (uint32_t i = 1; i < prefixes.v4_count; i++)
			require(prefixes.v4[i - 1].last < prefixes.v4[i].first);
		for (uint32_t i = 0; i < prefixes.v6_count; i++)
			require(prefixes.v6[i].policy[0] < POLICIES_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *block = malloc(size ? size : 1); /* aligned, and exactly that long */
	struct plan plan;
	const char *why;

	if (!block)
		return 0;
	if (size)
		memcpy(block, data, size);
	if (plan_open(block, size, &plan, &why) == 0)
		require_sound(&plan);
	else
		require(why != NULL && plan.header == NULL);
	free(block);
	return 0;
}
