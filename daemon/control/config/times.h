/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations, sizes and moments as people write them. Pure: the present comes in as an argument. */
#ifndef EDGE25_CONTROL_TIMES_H
#define EDGE25_CONTROL_TIMES_H

#include <stddef.h>
#include <stdint.h>

#define TIME_TEXT_MAX 32         /* "2026-12-01T12:00:00.123456+0000" and its NUL */
#define TIME_LATEST 253402300799 /* 9999-12-31T23:59:59Z: what four digits of a year can say */

/* "30s", "10m", "2h", "7d", "1w", "1d12h". -EINVAL: not a duration; -ERANGE: more than 1000 years. */
/* Decimal digits alone. */
int number_parse(const char *text, uint64_t *value);
int duration_parse(const char *text, uint64_t *seconds);

/* The same in the largest unit that says it without a rest. */
const char *duration_format(uint64_t seconds, char *text, size_t size);

/* "512", "64KiB", "64MiB", "2GiB". 0, -EINVAL or -ERANGE. */
int size_parse(const char *text, uint64_t *bytes);

/* "2026-12-01" (its first moment, UTC), "2026-12-01T12:00:00Z" or with an offset such as +02:00. */
int date_parse(const char *text, int64_t *seconds);

/* A date, or a duration counted from @now. -EINVAL: neither; -ERANGE: not after @now, or too far. */
int expiry_parse(const char *text, int64_t now, int64_t *seconds);

/* A date, or a duration counted back from @now. -EINVAL: neither; -ERANGE: before 1970. */
int past_parse(const char *text, int64_t now, int64_t *seconds);

/* RFC 3339 in UTC: "2026-12-01T12:00:00Z". */
const char *time_format(int64_t seconds, char text[TIME_TEXT_MAX]);
/* As Suricata writes it: "2026-12-01T12:00:00.123456+0000". */
const char *time_format_eve(uint64_t nanoseconds, char text[TIME_TEXT_MAX]);

#endif
