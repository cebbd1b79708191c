// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

enum priority { PRIORITY_ERROR = 3, PRIORITY_WARNING = 4, PRIORITY_NOTICE = 5, PRIORITY_INFO = 6 };

static struct {
	const char *program;
	bool journal;
} sink = {"edge25", false};

static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *program)
{
	sink.program = program;
	sink.journal = stderr_is_journal();
}

const char *log_escape(const char *text, char *out, size_t size)
{
	const size_t room = size - 4; /* "..." and NUL */
	size_t n = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';
		size_t need = plain ? 1 : c == '\\' ? 2 : 4;

		if (n + need > room) {
			memcpy(out + n, "...", 3);
			n += 3;
			break;
		}
		if (plain)
			out[n] = (char)c;
		else if (c == '\\')
			memcpy(out + n, "\\\\", 2);
		else
			snprintf(out + n, 5, "\\x%02x", c);
		n += need;
	}
	out[n] = '\0';
	return out;
}

__attribute__((format(printf, 2, 0))) static void log_line(enum priority priority, const char *fmt,
							   va_list ap)
{
	char text[LOG_LINE_MAX], safe[LOG_LINE_MAX], line[LOG_LINE_MAX + 64];
	int length;

	vsnprintf(text, sizeof(text), fmt, ap);
	log_escape(text, safe, sizeof(safe));
	if (sink.journal)
		length = snprintf(line, sizeof(line), "<%d>%s\n", priority, safe);
	else
		length = snprintf(line, sizeof(line), "%.40s: %s\n", sink.program, safe);
	/* One write, so that lines of two processes do not mix; there is nobody to tell of a failure. */
	if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

#define LOG_FUNCTION(name, priority)         \
	void name(const char *fmt, ...)      \
	{                                    \
		va_list ap;                  \
                                             \
		va_start(ap, fmt);           \
		log_line(priority, fmt, ap); \
		va_end(ap);                  \
	}

LOG_FUNCTION(log_error, PRIORITY_ERROR)
LOG_FUNCTION(log_warning, PRIORITY_WARNING)
LOG_FUNCTION(log_notice, PRIORITY_NOTICE)
LOG_FUNCTION(log_info, PRIORITY_INFO)
