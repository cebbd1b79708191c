// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/config/times.h"

#define DURATION_MAX (UINT64_C(1000) * 365 * 86400)

struct unit {
	const char *word;
	uint64_t factor;
};

static const struct unit durations[] = {
	{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {NULL, 0},
};

static const struct unit sizes[] = {
	{"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0},
};

/* One number and one unit, nothing else. */
static int quantity_parse(const char *text, const struct unit *units, uint64_t max, uint64_t *value)
{
	uint64_t number = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (p - text >= 18)
			return -ERANGE;
		number = number * 10 + (uint64_t)(*p - '0');
	}
	if (p == text)
		return -EINVAL;
	for (; units->word; units++) {
		if (strcmp(p, units->word) != 0)
			continue;
		if (number > max / units->factor)
			return -ERANGE;
		*value = number * units->factor;
		return 0;
	}
	return -EINVAL;
}

int number_parse(const char *text, uint64_t *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return *end || errno ? -EINVAL : 0;
}

/* "1d12h": quantities of smaller and smaller units. */
int duration_parse(const char *text, uint64_t *seconds)
{
	uint64_t sum = 0, before = UINT64_MAX;

	do {
		const size_t length = strspn(text, "0123456789") + 1;
		char one[32];
		uint64_t quantity, unit;
		int error;

		snprintf(one, sizeof(one), "%.*s", (int)(length < 31 ? length : 31), text);
		error = quantity_parse(one, durations, DURATION_MAX, &quantity);
		if (!error)
			error = quantity_parse((char[]){'1', text[length - 1], '\0'}, durations,
					       DURATION_MAX, &unit);
		if (!error && unit >= before)
			error = -EINVAL;
		if (error)
			return error;
		sum += quantity;
		before = unit;
		text += length;
	} while (*text);
	if (sum > DURATION_MAX)
		return -ERANGE;
	*seconds = sum;
	return 0;
}

const char *duration_format(uint64_t seconds, char *text, size_t size)
{
	static const struct {
		uint64_t factor;
		const char *word;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
	size_t i = 0;

	while (seconds % units[i].factor)
		i++;
	snprintf(text, size, "%" PRIu64 "%s", seconds / units[i].factor, units[i].word);
	return text;
}

int size_parse(const char *text, uint64_t *bytes)
{
	return quantity_parse(text, sizes, INT64_MAX, bytes);
}

/* Exactly @count digits at *p; moves *p past them. */
static bool take_number(const char **p, int count, int *value)
{
	*value = 0;
	for (int i = 0; i < count; i++) {
		char c = (*p)[i];

		if (c < '0' || c > '9')
			return false;
		*value = *value * 10 + (c - '0');
	}
	*p += count;
	return true;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* "Z" or "+hh:mm": seconds east of UTC. */
static bool take_offset(const char **p, int *offset)
{
	int hours, minutes, sign;

	*offset = 0;
	if (take_char(p, 'Z'))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!take_char(p, '+') && !take_char(p, '-'))
		return false;
	if (!take_number(p, 2, &hours) || !take_char(p, ':') || !take_number(p, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	*offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

int date_parse(const char *text, int64_t *seconds)
{
	const char *p = text;
	struct tm tm = {0}, back;
	int year, month, offset = 0;
	time_t when;

	if (!take_number(&p, 4, &year) || !take_char(&p, '-') || !take_number(&p, 2, &month) ||
	    !take_char(&p, '-') || !take_number(&p, 2, &tm.tm_mday))
		return -EINVAL;
	if (*p) {
		if (!take_char(&p, 'T') || !take_number(&p, 2, &tm.tm_hour) ||
		    !take_char(&p, ':') || !take_number(&p, 2, &tm.tm_min) || !take_char(&p, ':') ||
		    !take_number(&p, 2, &tm.tm_sec) || !take_offset(&p, &offset) || *p)
			return -EINVAL;
	}
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	back = tm;
	when = timegm(&back);
	/* timegm() makes 1 March of 30 February; such a date is a mistake. */
	if (back.tm_year != tm.tm_year || back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday ||
	    back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min || back.tm_sec != tm.tm_sec)
		return -EINVAL;
	*seconds = (int64_t)when - offset;
	return 0;
}

/* A duration from @now on, or back where @sign is -1; or a date. */
static int moment_parse(const char *text, int64_t now, int sign, int64_t *seconds)
{
	uint64_t duration;
	int error = duration_parse(text, &duration);

	if (error == 0)
		*seconds = now + sign * (int64_t)duration;
	else if (error == -EINVAL)
		error = date_parse(text, seconds);
	return error;
}

int expiry_parse(const char *text, int64_t now, int64_t *seconds)
{
	int error = moment_parse(text, now, 1, seconds);

	if (error)
		return error;
	return *seconds > now && *seconds <= TIME_LATEST ? 0 : -ERANGE;
}

int past_parse(const char *text, int64_t now, int64_t *seconds)
{
	int error = moment_parse(text, now, -1, seconds);

	if (error)
		return error;
	return *seconds > 0 ? 0 : -ERANGE;
}

const char *time_format(int64_t seconds, char text[TIME_TEXT_MAX])
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(text, TIME_TEXT_MAX, "%s", "invalid time");
	return text;
}

const char *time_format_eve(uint64_t nanoseconds, char text[TIME_TEXT_MAX])
{
	const uint64_t second = 1000000000;
	time_t when = (time_t)(nanoseconds / second);
	struct tm tm;
	size_t n = 0;

	if (gmtime_r(&when, &tm))
		n = strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	if (n == 0 || n > 19)
		return "1970-01-01T00:00:00.000000+0000";
	snprintf(text + n, TIME_TEXT_MAX - n, ".%06" PRIu64 "+0000", nanoseconds % second / 1000);
	return text;
}
