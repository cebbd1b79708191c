// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "control/config/config_sections.h"
#include "control/config/config_words.h"
#include "control/config/prefix_error.h"

/* No prefix and no comment is longer; a line that is, is not text. */
#define LINE_MAX_BYTES 512

int config_file_index(struct config *config, const char *name)
{
	char **all, *copy;

	for (size_t i = config->file_count; i-- > 0;)
		if (strcmp(config->files[i], name) == 0)
			return (int)i;
	if (config->file_count > UINT16_MAX)
		return -E2BIG;
	all = array_room(config->files, config->file_count, sizeof(*all));
	if (!all)
		return -ENOMEM;
	config->files = all;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	all[config->file_count] = copy;
	return (int)config->file_count++;
}

int config_prefix_add(struct config *config, const struct config_prefix *prefix)
{
	struct config_prefix *all;

	if (config->prefix_count >= CONFIG_PREFIXES_MAX)
		return -E2BIG;
	all = array_room(config->prefixes, config->prefix_count, sizeof(*all));
	if (!all)
		return -ENOMEM;
	config->prefixes = all;
	all[config->prefix_count++] = *prefix;
	return 0;
}

/* The word of a line without its comment and the blanks around it. */
static char *line_word(char *line)
{
	char *end;

	line += strspn(line, " \t");
	line[strcspn(line, "#")] = '\0';
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return line;
}

struct lines {
	FILE *stream;
	const char *path;
	uint32_t number;
	char text[LINE_MAX_BYTES + 1];
};

/* 1: a line; 0: none is left; or what is wrong, in @error. */
static int next_line(struct lines *lines, struct config_error *error)
{
	size_t length = 0;
	int c = getc_unlocked(lines->stream);

	if (c != EOF)
		lines->number++;
	for (; c != EOF && c != '\n'; c = getc_unlocked(lines->stream)) {
		lines->text[length] = '\0';
		if (c == '\0')
			return config_fail(error, lines->path, (int)lines->number,
					   "%.40s: expected one prefix a line; a byte 0 follows",
					   lines->text);
		if (length == LINE_MAX_BYTES)
			return config_fail(
				error, lines->path, (int)lines->number,
				"%.40s...: expected one prefix a line, and no line of more "
				"than %d bytes",
				lines->text, LINE_MAX_BYTES);
		lines->text[length++] = (char)c;
	}
	lines->text[length] = '\0';
	if (ferror(lines->stream))
		return config_fail(error, lines->path, (int)lines->number,
				   "it could not be read: %s", strerror(errno));
	return c == '\n' || length > 0;
}

static int read_lines(struct config *config, FILE *stream, const char *path,
		      struct config_prefix prefix, struct config_error *error)
{
	struct lines lines = {.stream = stream, .path = path};
	char text[PREFIX_ERROR_MAX];
	size_t count = 0;
	int result;

	while ((result = next_line(&lines, error)) > 0) {
		char *word = line_word(lines.text);

		prefix.line = lines.number;
		if (!*word)
			continue;
		if (prefix_read(word, &prefix.prefix, text))
			return config_fail(error, path, (int)prefix.line, "%s", text);
		if (++count > CONFIG_FILE_PREFIXES_MAX)
			return config_fail(error, path, (int)prefix.line,
					   "%s: expected at most %d prefixes in a file", word,
					   CONFIG_FILE_PREFIXES_MAX);
		result = config_prefix_add(config, &prefix);
		if (result == -E2BIG)
			config_fail(error, path, (int)prefix.line,
				    "%s: expected at most %d prefixes in all", word,
				    CONFIG_PREFIXES_MAX);
		if (result)
			return result;
	}
	/* a list that was lost on its way would open the filter for all that are on it */
	if (!result && !count)
		return config_fail(error, path, 0, "expected at least one prefix: it has none");
	return result;
}

/* A path that does not begin with '/' starts where the configuration file is. */
static char *resolve(const char *path, const char *from)
{
	const char *slash = strrchr(from, '/');
	char *result;

	if (path[0] == '/' || !slash)
		return strdup(path);
	return asprintf(&result, "%.*s%s", (int)(slash - from) + 1, from, path) < 0 ? NULL : result;
}

/* NULL with errno; a pipe that nobody writes to must not hold control up. */
static FILE *open_regular(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *stream = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTSUP;
	else
		stream = fdopen(fd, "r");
	if (!stream)
		close(fd); /* leaves errno as it is */
	return stream;
}

int config_prefix_file(struct config *config, const struct word *path, unsigned range,
		       struct config_error *error)
{
	char *name = resolve(path->text, path->file);
	struct config_prefix prefix = {.range = (uint16_t)range};
	int file = name ? config_file_index(config, name) : -ENOMEM, result = file;
	FILE *stream = NULL;

	if (file < 0)
		goto out;
	prefix.file = (uint16_t)file;
	stream = open_regular(name);
	if (!stream)
		result = config_fail_at(error, path, "range \"%s\": prefix-file = %s: %s",
					config->ranges[range].name, path->text,
					errno == ENOTSUP ? "it is no regular file" :
							   strerror(errno));
	else
		result = read_lines(config, stream, name, prefix, error);
out:
	if (stream)
		fclose(stream);
	free(name);
	return result;
}

static int compare(const void *a, const void *b)
{
	const struct config_prefix *p = a, *q = b;
	int order = prefix_compare(&p->prefix, &q->prefix);

	if (!order) /* the order of the files, so that the error names the later line */
		order = (p->file > q->file) - (p->file < q->file);
	return order ? order : (p->line > q->line) - (p->line < q->line);
}

/* Most lists are; a million of them are sorted in the time of four such looks. */
static bool sorted(const struct config *config)
{
	for (size_t i = 1; i < config->prefix_count; i++)
		if (compare(&config->prefixes[i - 1], &config->prefixes[i]) > 0)
			return false;
	return true;
}

void config_prefixes_sort(struct config *config)
{
	if (!sorted(config))
		qsort(config->prefixes, config->prefix_count, sizeof(*config->prefixes), compare);
}
