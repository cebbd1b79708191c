// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "control/store/store_internal.h"

struct numbers {
	char name[POLICIES_MAX][POLICY_NAME_MAX];
	int64_t used[POLICIES_MAX];
	bool taken[POLICIES_MAX]; /* by a policy of this configuration */
};

static int numbers_read(struct store *store, struct numbers *numbers)
{
	sqlite3_stmt *statement =
		store_prepare(store, "SELECT name, number, used FROM policy_number", "");
	int step = SQLITE_DONE;

	memset(numbers, 0, sizeof(*numbers));
	while (statement && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		int number = sqlite3_column_int(statement, 1);

		if (number < 0 || number >= POLICIES_MAX)
			continue;
		snprintf(numbers->name[number], POLICY_NAME_MAX, "%s", store_text(statement, 0));
		numbers->used[number] = sqlite3_column_int64(statement, 2);
	}
	return store_finish(store, statement, step);
}

static int numbers_find(const struct numbers *numbers, const char *name)
{
	for (int i = 0; i < POLICIES_MAX; i++)
		if (strcmp(numbers->name[i], name) == 0)
			return i;
	return -1;
}

/* A free number has no name and was used at 0, so it comes before all others. */
static int numbers_oldest(const struct numbers *numbers)
{
	int oldest = -1;

	for (int i = 0; i < POLICIES_MAX; i++)
		if (!numbers->taken[i] && (oldest < 0 || numbers->used[i] < numbers->used[oldest]))
			oldest = i;
	return oldest;
}

static void numbers_assign(struct numbers *numbers, const struct policy *policies, size_t count,
			   uint8_t out[POLICIES_MAX])
{
	int found[POLICIES_MAX];

	for (size_t i = 0; i < count; i++) {
		found[i] = numbers_find(numbers, policies[i].name);
		if (found[i] >= 0)
			numbers->taken[found[i]] = true;
	}
	for (size_t i = 0; i < count; i++) {
		if (found[i] < 0)
			found[i] = numbers_oldest(numbers);
		numbers->taken[found[i]] = true;
		out[i] = (uint8_t)found[i];
	}
}

int store_numbers(struct store *store, const struct policy *policies, size_t count, int64_t now,
		  uint8_t out[POLICIES_MAX])
{
	struct numbers numbers;
	int result = numbers_read(store, &numbers);

	numbers_assign(&numbers, policies, count, out);
	if (!result)
		result = store_begin(store);
	for (size_t i = 0; i < count && !result; i++) {
		result = store_run(store, "DELETE FROM policy_number WHERE name = ? OR number = ?",
				   "ti", policies[i].name, (int64_t)out[i]);
		if (!result)
			result = store_run(store, "INSERT INTO policy_number VALUES (?,?,?)", "tii",
					   policies[i].name, (int64_t)out[i], now);
	}
	return store_end(store, result);
}
