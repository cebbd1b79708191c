// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/health/days.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

#define DAY 86400
#define COUNTERS_MAX \
	192 /* those that the kernel may still have: 16 policies, and some before them */

struct row {
	struct store_day day;           /* as it is */
	uint64_t unwritten[DAY_COUNTS]; /* of that */
	uint64_t writing[DAY_COUNTS];   /* of that again */
};

struct days {
	struct row rows[DAYS_ROWS_MAX];
	size_t count;
	/* By the index of a figure: what was counted of its total, and what the kernel showed then. */
	uint64_t seen[FIGURES_MAX], raw[FIGURES_MAX];
	const char *names[FIGURES_MAX]; /* the figures' own */
	bool changed[FIGURES_MAX], writing[FIGURES_MAX];
	size_t known;
	struct store_counter before[COUNTERS_MAX]; /* as the database had them */
	size_t before_count;
	char boot[40];
	bool read, owing;
	size_t at; /* of a writing */
	const struct store *store;
};

struct days *days_new(const char *boot)
{
	struct days *days = calloc(1, sizeof(*days));

	if (days)
		snprintf(days->boot, sizeof(days->boot), "%s", boot);
	return days;
}

void days_free(struct days *days)
{
	free(days);
}

const char *days_boot(char text[40])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, 39);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

const char *days_text(int64_t now, unsigned before, char text[DAY_TEXT_MAX])
{
	const time_t seconds = (time_t)now;
	struct tm local;

	tzset(); /* the zone may be another one since we started */
	localtime_r(&seconds, &local);
	/* noon is on its day however long the days between are */
	local.tm_mday -= (int)before;
	local.tm_hour = 12;
	local.tm_isdst = -1;
	mktime(&local);
	if (!strftime(text, DAY_TEXT_MAX, "%Y-%m-%d", &local))
		text[0] = '\0';
	return text;
}

/* --- rows --- */

static bool owes(const struct row *row)
{
	for (int i = 0; i < DAY_COUNTS; i++)
		if (row->unwritten[i])
			return true;
	return false;
}

static void forget_before(struct days *days, const char *day)
{
	for (size_t i = 0; i < days->count;) {
		if (strcmp(days->rows[i].day.day, day) < 0 && !owes(&days->rows[i]))
			days->rows[i] = days->rows[--days->count];
		else
			i++;
	}
}

static struct row *find_row(struct days *days, const char *day, const char *policy)
{
	for (size_t i = 0; i < days->count; i++)
		if (strcmp(days->rows[i].day.day, day) == 0 &&
		    strcmp(days->rows[i].day.policy, policy) == 0)
			return &days->rows[i];
	return NULL;
}

/* NULL: the database has not taken so many that there is no room. */
static struct row *take_row(struct days *days, const char *day, const char *policy)
{
	struct row *row = find_row(days, day, policy);

	if (row || days->count == DAYS_ROWS_MAX)
		return row;
	row = &days->rows[days->count++];
	memset(row, 0, sizeof(*row));
	snprintf(row->day.day, sizeof(row->day.day), "%s", day);
	snprintf(row->day.policy, sizeof(row->day.policy), "%s", policy);
	return row;
}

/* --- counting --- */

/* What a counter of the kernel counts, and for which policy; NULL: something else. */
static const char *policy_of(const char *name, enum day_count *what)
{
	static const char *const kinds[] = {
		[DAY_REFUSED] = "refused_",
		[DAY_PASSED] = "passed_",
		[DAY_UNANSWERED] = "unanswered_",
	};

	for (*what = 0; *what < DAY_COUNTS; (*what)++)
		if (strncmp(name, kinds[*what], strlen(kinds[*what])) == 0)
			return name + strlen(kinds[*what]);
	return NULL;
}

/* What was counted of a figure by whoever wrote the database; 0 also where the counter began anew. */
static uint64_t counted_before(const struct days *days, const struct figure *figure)
{
	for (size_t i = 0; i < days->before_count; i++)
		if (strcmp(days->before[i].name, figure->name) == 0)
			return days->before[i].packets <= figure->total ? days->before[i].packets :
									  0;
	return 0;
}

void days_count(struct days *days, const struct figures *figures, int64_t now)
{
	const struct figure *figure;
	char today[DAY_TEXT_MAX];

	if (!days->read)
		return;
	days_text(now, DAYS_SHOWN - 1, today);
	forget_before(days, today);
	days_text(now, 0, today);
	for (size_t i = 0; (figure = figures_counter_at(figures, i)); i++) {
		enum day_count what;
		const char *policy = policy_of(figure->name, &what);
		struct row *row;

		if (i == days->known) {
			days->names[i] = figure->name;
			days->seen[i] = policy ? counted_before(days, figure) : 0;
			days->known++;
		}
		if (!policy || figure->total == days->seen[i])
			continue;
		row = take_row(days, today, policy);
		if (!row)
			continue; /* it counts for the day on which there is room */
		row->day.count[what] += figure->total - days->seen[i];
		row->unwritten[what] += figure->total - days->seen[i];
		days->seen[i] = figure->total;
		days->raw[i] = figure->last;
		days->changed[i] = days->owing = true;
	}
}

/* --- the database --- */

static void read_counter(void *ctx, const struct store_counter *counter)
{
	struct days *days = ctx;

	days->before[days->before_count++] = *counter;
}

static void read_day(void *ctx, const struct store_day *day)
{
	struct row *row = take_row(ctx, day->day, day->policy);

	for (int i = 0; row && i < DAY_COUNTS; i++)
		row->day.count[i] = day->count[i];
}

int days_read(struct days *days, struct store *store, int64_t now)
{
	char from[DAY_TEXT_MAX];
	int result;

	days->before_count = days->count = 0;
	result = store_counters_read(store, days->boot, COUNTERS_MAX, read_counter, days);
	if (!result)
		result = store_days_read(store, days_text(now, DAYS_SHOWN - 1, from), "9999-12-31",
					 DAYS_ROWS_MAX / 2, read_day, days);
	days->read = !result;
	return result;
}

bool days_ready(const struct days *days)
{
	return days->read;
}

bool days_owing(const struct days *days)
{
	return days->owing;
}

static bool next_day(void *ctx, struct store_day *day)
{
	struct days *days = ctx;

	for (; days->at < days->count; days->at++) {
		const struct row *row = &days->rows[days->at];

		if (!owes(row))
			continue;
		*day = row->day;
		memcpy(day->count, row->unwritten, sizeof(day->count));
		days->at++;
		return true;
	}
	days->at = 0; /* for the counters */
	return false;
}

static bool next_counter(void *ctx, struct store_counter *counter)
{
	struct days *days = ctx;

	while (days->at < days->known && !days->writing[days->at])
		days->at++;
	if (days->at == days->known)
		return false;
	snprintf(counter->name, sizeof(counter->name), "%s", days->names[days->at]);
	counter->packets = days->raw[days->at++];
	return true;
}

/* What was counted meanwhile is owed still; what the database did not take is owed again. */
static void on_written(void *ctx, int result)
{
	struct days *days = ctx;

	for (size_t i = 0; i < days->count; i++) {
		struct row *row = &days->rows[i];

		for (int what = 0; what < DAY_COUNTS && !result; what++)
			row->unwritten[what] -= row->writing[what];
		memset(row->writing, 0, sizeof(row->writing));
	}
	for (size_t i = 0; i < days->known; i++) {
		days->changed[i] |= result && days->writing[i];
		days->writing[i] = false;
	}
	days->owing |= result != 0;
	if (result)
		log_error("store: what was counted by day is kept in memory: %s",
			  store_problem(days->store));
}

int days_write(struct days *days, struct store *store, int64_t now)
{
	const struct store_then then = {.done = on_written, .ctx = days};

	store_settle(store);
	for (size_t i = 0; i < days->count; i++)
		memcpy(days->rows[i].writing, days->rows[i].unwritten,
		       sizeof(days->rows[i].writing));
	memcpy(days->writing, days->changed, sizeof(days->writing));
	memset(days->changed, 0, sizeof(days->changed));
	days->owing = false;
	days->at = 0;
	days->store = store;
	return store_days_write(store, next_day, next_counter, days, days->boot, now, &then);
}

int days_delete(struct store *store, int64_t now, uint64_t seconds, size_t max, size_t *deleted,
		const struct store_then *then)
{
	char day[DAY_TEXT_MAX];

	return store_days_delete(store, days_text(now, (unsigned)(seconds / DAY), day),
				 now - (int64_t)seconds, max, deleted, then);
}

const struct store_day *days_at(const struct days *days, size_t index)
{
	return index < days->count ? &days->rows[index].day : NULL;
}
