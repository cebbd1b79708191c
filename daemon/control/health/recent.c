// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/health/recent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/health/hour.h"

struct counter {
	char name[RECENT_NAME_MAX];
	uint64_t last;
	struct hour hour;
};

struct recent {
	struct counter *counters;
	size_t count;
	bool settled;
};

struct recent *recent_new(void)
{
	return calloc(1, sizeof(struct recent));
}

void recent_free(struct recent *recent)
{
	if (recent)
		free(recent->counters);
	free(recent);
}

static struct counter *find(const struct recent *recent, const char *name)
{
	for (size_t i = 0; i < recent->count; i++)
		if (strcmp(recent->counters[i].name, name) == 0)
			return &recent->counters[i];
	return NULL;
}

static struct counter *add(struct recent *recent, const char *name)
{
	struct counter *grown, *counter;

	if (recent->count == RECENT_MAX)
		return NULL;
	grown = recent->count % 16 ?
			recent->counters :
			realloc(recent->counters, (recent->count + 16) * sizeof(*recent->counters));
	if (!grown)
		return NULL;
	recent->counters = grown;
	counter = &recent->counters[recent->count++];
	memset(counter, 0, sizeof(*counter));
	snprintf(counter->name, sizeof(counter->name), "%s", name);
	return counter;
}

void recent_note(struct recent *recent, const char *name, uint64_t total, int64_t now)
{
	struct counter *counter = find(recent, name);

	if (!counter) {
		counter = add(recent, name);
		if (!counter)
			return;
		if (!recent->settled)
			counter->last = total;
	}
	if (total != counter->last)
		hour_add(&counter->hour, now, total - (total < counter->last ? 0 : counter->last));
	counter->last = total;
}

void recent_settled(struct recent *recent)
{
	recent->settled = true;
}

bool recent_is_settled(const struct recent *recent)
{
	return recent->settled;
}

uint64_t recent_of(const struct recent *recent, const char *name, int64_t now)
{
	const struct counter *counter = find(recent, name);

	return counter ? hour_sum(&counter->hour, now) : 0;
}
