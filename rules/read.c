/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the table's counters. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "rules/table_internal.h"

struct counters {
	struct message_counter *records;
	size_t count;
};

static int counter_add(const char *name, uint64_t packets, uint64_t bytes, void *arg)
{
	struct counters *counters = arg;
	struct message_counter *record =
		array_room(counters->records, counters->count, sizeof(*record));

	if (!record)
		return -ENOMEM;
	counters->records = record;
	record = &counters->records[counters->count++];
	memset(record, 0, sizeof(*record));
	snprintf(record->name, sizeof(record->name), "%s", name);
	record->packets = packets;
	record->bytes = bytes;
	return 0;
}

static void counters_restart(void *arg)
{
	struct counters *counters = arg;

	counters->count = 0;
}

int table_read_counters(struct table *table, struct message_counter **out, size_t *count)
{
	struct counters counters = {0};
	int result = dump_counters(table->netlink, counter_add, counters_restart, &counters);

	if (result) {
		free(counters.records);
		counters = (struct counters){0};
	}
	*out = counters.records;
	*count = counters.count;
	return result;
}

struct tallies {
	struct message_tally *records;
	size_t count;
	size_t set_begin; /* records of the set that is being read */
	enum family family;
	enum message_tally_kind kind;
};

static int tally_add(const uint8_t *key, size_t length, uint32_t data, uint64_t packets, void *arg)
{
	struct tallies *tallies = arg;
	struct message_tally *record;

	if (length != addr_size(tallies->family))
		return 0;
	record = array_room(tallies->records, tallies->count, sizeof(*record));
	if (!record)
		return -ENOMEM;
	tallies->records = record;
	record = &tallies->records[tallies->count++];
	memset(record, 0, sizeof(*record));
	record->host = addr_from_wire(tallies->family, key);
	record->kind = tallies->kind;
	record->birth = data;
	record->packets = packets;
	return 0;
}

static void tallies_restart(void *arg)
{
	struct tallies *tallies = arg;

	tallies->count = tallies->set_begin;
}

int table_read_tallies(struct table *table, struct message_tally **out, size_t *count)
{
	static const struct {
		enum set set;
		enum family family;
		enum message_tally_kind kind;
	} sets[] = {
		{SET_TALLY_REFUSED4, FAMILY_IPV4, MESSAGE_REFUSED},
		{SET_TALLY_REFUSED6, FAMILY_IPV6, MESSAGE_REFUSED},
		{SET_TALLY_PASSED4, FAMILY_IPV4, MESSAGE_PASSED},
		{SET_TALLY_PASSED6, FAMILY_IPV6, MESSAGE_PASSED},
		{SET_TALLY_SUBMISSION4, FAMILY_IPV4, MESSAGE_SUBMISSION},
		{SET_TALLY_SUBMISSION6, FAMILY_IPV6, MESSAGE_SUBMISSION},
	};
	struct tallies tallies = {0};
	char name[RULES_NAME_MAX];
	int result = 0;

	for (size_t i = 0; !result && i < sizeof(sets) / sizeof(sets[0]); i++) {
		tallies.set_begin = tallies.count;
		tallies.family = sets[i].family;
		tallies.kind = sets[i].kind;
		result = dump_elements(table->netlink, set_name(sets[i].set, NULL, name), tally_add,
				       tallies_restart, &tallies);
	}
	if (result) {
		free(tallies.records);
		tallies = (struct tallies){0};
	}
	*out = tallies.records;
	*count = tallies.count;
	return result;
}
