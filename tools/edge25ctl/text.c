// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include <fcntl.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "common/utf8.h"

#define WIDTH_MIN 40 /* narrower pages are not worth reading; the terminal wraps */
#define WIDTH_PRESET 80
#define ESCAPE_MAX 10  /* "\U0010ffff" */
#define ERROR_MAX 4096 /* a message and whatever it quotes; longer ones are cut */

static const char *const escapes[STYLES] = {
	[STYLE_PLAIN] = "",          [STYLE_BOLD] = "\033[1m",    [STYLE_DIM] = "\033[2m",
	[STYLE_GOOD] = "\033[1;32m", [STYLE_WARN] = "\033[1;33m", [STYLE_BAD] = "\033[1;31m",
};

/* Of the terminal, else what COLUMNS says, else 80 for a terminal and no limit for a file. */
static unsigned screen_width(bool terminal)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	int width = 0;

	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (!width && columns)
		width = atoi(columns);
	if (width <= 0)
		return terminal ? WIDTH_PRESET : 0;
	return width < WIDTH_MIN ? WIDTH_MIN : (unsigned)width;
}

struct screen screen_standard(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	bool terminal = isatty(STDOUT_FILENO);
	struct screen screen = {
		.out = stdout,
		.width = screen_width(terminal),
		.colour = terminal && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0,
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};

	return screen;
}

bool screen_colour(struct screen *screen, const char *when)
{
	if (!strcmp(when, "always") || !strcmp(when, "never")) {
		screen->colour = !strcmp(when, "always");
		return true;
	}
	if (strcmp(when, "auto") != 0)
		text_error("--color: expected auto, always or never, not '%s'", when);
	return !strcmp(when, "auto");
}

bool text_outputs_open(void)
{
	int fd = open("/dev/null", O_RDONLY);

	/* The lowest number that is free: those up to 2 stay, and writing there fails. */
	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void screen_safe(const struct screen *screen, enum style style, const char *text)
{
	bool styled = screen->colour && style != STYLE_PLAIN;
	char *safe = text_safe(text, screen->utf8);

	fprintf(screen->out, "%s%s%s", styled ? escapes[style] : "", safe ? safe : "",
		styled ? "\033[0m" : "");
	free(safe);
}

static void wrap_safe(const struct screen *screen, unsigned indent, unsigned column, char *text)
{
	bool first = true;
	char *word;

	while ((word = strsep(&text, " "))) {
		unsigned columns = text_columns(word, screen->utf8);

		if (!*word)
			continue;
		if (!first && screen->width && column + 1 + columns > screen->width) {
			fprintf(screen->out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', screen->out);
			column++;
		}
		fputs(word, screen->out);
		column += columns;
		first = false;
	}
}

void screen_wrap(const struct screen *screen, unsigned indent, unsigned column, const char *text)
{
	char *safe = text_safe(text, screen->utf8);

	if (safe)
		wrap_safe(screen, indent, column, safe);
	free(safe);
	fputc('\n', screen->out);
}

char *text_safe(const char *text, bool utf8)
{
	char *safe = malloc(strlen(text) * ESCAPE_MAX + 1);
	char *out = safe;

	for (const char *in = text; safe && *in;) {
		uint32_t point;
		size_t length = utf8_next(in, &point);

		if (length == 0 || (point < 0x80 && utf8_hostile(point))) {
			out += sprintf(out, "\\x%02x", (unsigned char)*in++);
			continue;
		}
		if (utf8_hostile(point) || (point >= 0x80 && !utf8)) {
			out += sprintf(out, point > 0xffff ? "\\U%08x" : "\\u%04x", point);
		} else {
			memcpy(out, in, length);
			out += length;
		}
		in += length;
	}
	if (safe)
		*out = '\0';
	return safe;
}

static unsigned point_columns(uint32_t point, bool utf8)
{
	int width = utf8 && point >= 0x80 ? wcwidth((wchar_t)point) : 1;

	return width < 0 ? 1 : (unsigned)width;
}

size_t text_fit(const char *safe, unsigned columns, bool utf8)
{
	size_t bytes = 0;
	unsigned used = 0;

	while (safe[bytes]) {
		uint32_t point;
		size_t length = utf8_next(safe + bytes, &point);

		used += point_columns(point, utf8);
		if (used > columns)
			break;
		bytes += length ? length : 1;
	}
	return bytes;
}

unsigned text_columns(const char *safe, bool utf8)
{
	unsigned used = 0;

	while (*safe) {
		uint32_t point;
		size_t length = utf8_next(safe, &point);

		used += point_columns(point, utf8);
		safe += length ? length : 1;
	}
	return used;
}

const char *text_number(int64_t number, char text[TEXT_NUMBER_MAX])
{
	char digits[TEXT_NUMBER_MAX];
	int length = snprintf(digits, sizeof(digits), "%lld", (long long)number);
	char *out = text;

	for (int i = 0; i < length; i++) {
		*out++ = digits[i];
		if (digits[i] != '-' && i + 1 < length && (length - i - 1) % 3 == 0)
			*out++ = ',';
	}
	*out = '\0';
	return text;
}

const char *text_duration(int64_t seconds, char text[TEXT_DURATION_MAX])
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	if (seconds < 0)
		seconds = 0;
	while (i < 3 && seconds < units[i].seconds)
		i++;
	if (i == 3 || !(seconds % units[i].seconds / units[i + 1].seconds))
		snprintf(text, TEXT_DURATION_MAX, "%lld%c", (long long)(seconds / units[i].seconds),
			 units[i].unit);
	else
		snprintf(text, TEXT_DURATION_MAX, "%lld%c %lld%c",
			 (long long)(seconds / units[i].seconds), units[i].unit,
			 (long long)(seconds % units[i].seconds / units[i + 1].seconds),
			 units[i + 1].unit);
	return text;
}

time_t text_moment(const char *text)
{
	struct tm moment = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &moment);

	return end && (*end == 'Z' || *end == '.' || *end == '+') ? timegm(&moment) : -1;
}

__attribute__((format(printf, 2, 0))) static void text_say(const char *kind, const char *fmt,
							   va_list ap)
{
	char text[ERROR_MAX];
	char *safe;

	vsnprintf(text, sizeof(text), fmt, ap);
	safe = text_safe(text, !strcmp(nl_langinfo(CODESET), "UTF-8"));
	fflush(stdout);
	fprintf(stderr, "edge25ctl: %s%s\n", kind, safe ? safe : "no memory");
	free(safe);
}

void text_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_say("", fmt, ap);
	va_end(ap);
}

void text_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_say("warning: ", fmt, ap);
	va_end(ap);
}
