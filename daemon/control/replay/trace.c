// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/replay/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 6
static const char header[] = "t,src,dst,sport,dport,answered";

static int fail(struct trace *trace, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct trace *trace, const char *format, ...)
{
	char what[TRACE_LINE_MAX + 128];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(trace->error, sizeof(trace->error), "%s:%lu: %s", trace->path, trace->line, what);
	return -1;
}

/* "12", "12.5", at most nine digits behind the point. */
static bool parse_time(const char *text, uint64_t *time)
{
	uint64_t seconds = 0, rest = 0, unit = 1000000000;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && seconds <= TRACE_SECONDS_MAX; at++)
		seconds = 10 * seconds + (uint64_t)(*at - '0');
	if (at == text || seconds > TRACE_SECONDS_MAX)
		return false;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9' && unit > 1; at++) {
			unit /= 10;
			rest += unit * (uint64_t)(*at - '0');
		}
	*time = seconds * 1000000000 + rest;
	return !*at && at[-1] != '.';
}

static bool parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

static int parse_row(struct trace *trace, char *fields[FIELDS], struct trace_row *row)
{
	if (!parse_time(fields[0], &row->time))
		return fail(trace, "t = %s: expected seconds, such as 12 or 12.5", fields[0]);
	if (row->time < trace->latest)
		return fail(trace,
			    "t = %s: it is before the line above; sort -t, -k1,1n sorts a trace",
			    fields[0]);
	if (addr_parse(fields[1], &row->source))
		return fail(trace, "src = %s: expected an address", fields[1]);
	if (addr_parse(fields[2], &row->destination))
		return fail(trace, "dst = %s: expected an address", fields[2]);
	if (row->source.family != row->destination.family)
		return fail(trace, "src = %s, dst = %s: expected two addresses of one family",
			    fields[1], fields[2]);
	if (!parse_port(fields[3], &row->source_port))
		return fail(trace, "sport = %s: expected a number from 0 to 65535", fields[3]);
	if (!parse_port(fields[4], &row->destination_port) ||
	    (row->destination_port != 25 && row->destination_port != 465 &&
	     row->destination_port != 587))
		return fail(trace, "dport = %s: expected 25, 465 or 587", fields[4]);
	if (strcmp(fields[5], "0") != 0 && strcmp(fields[5], "1") != 0)
		return fail(trace, "answered = %s: expected 0 or 1", fields[5]);
	row->answered = fields[5][0] == '1';
	trace->latest = row->time;
	return 1;
}

/* One line without its end; 0: there is none. */
static int read_line(struct trace *trace, char line[TRACE_LINE_MAX])
{
	size_t length;

	errno = 0;
	if (!fgets(line, TRACE_LINE_MAX, trace->file)) {
		if (!ferror(trace->file))
			return 0;
		snprintf(trace->error, sizeof(trace->error), "%s: %s", trace->path,
			 strerror(errno));
		return -1;
	}
	trace->line++;
	length = strlen(line);
	if (length == TRACE_LINE_MAX - 1 && line[length - 1] != '\n')
		return fail(trace, "the line is too long: expected %s", header);
	while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		line[--length] = '\0';
	return 1;
}

int trace_next(struct trace *trace, struct trace_row *row)
{
	char line[TRACE_LINE_MAX], *fields[FIELDS], *rest = line;
	int result = read_line(trace, line), count = 0;

	if (result == 1 && trace->line == 1 && strcmp(line, header) == 0)
		result = read_line(trace, line);
	if (result != 1)
		return result;
	while (rest && count < FIELDS)
		fields[count++] = strsep(&rest, ",");
	if (count < FIELDS || rest)
		return fail(trace, "expected six fields: %s", header);
	return parse_row(trace, fields, row);
}
