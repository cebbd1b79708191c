// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "common/sort.h"
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

	while (*line == ' ' || *line == '\t')
		line++;
	end = line;
	for (char *c = line; *c && *c != '#'; c++)
		if (*c != ' ' && *c != '\t' && *c != '\r')
			end = c + 1;
	*end = '\0';
	return line;
}

struct lines {
	int fd;
	const char *path;
	uint32_t number;
	size_t at, end; /* what is in @room and was no line yet; a byte 0 is behind it */
	char room[65536];
};

/* How many bytes came behind what is left; 0 at the end of the file; or -errno. */
static ssize_t read_more(struct lines *lines)
{
	ssize_t count;

	lines->end -= lines->at;
	memmove(lines->room, lines->room + lines->at, lines->end);
	lines->at = 0;
	do
		count = read(lines->fd, lines->room + lines->end,
			     sizeof(lines->room) - 1 - lines->end);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return -errno;
	lines->end += (size_t)count;
	lines->room[lines->end] = '\0';
	return count;
}

static int line_check(const struct lines *lines, const char *line, size_t length,
		      struct config_error *error)
{
	size_t text = strnlen(line, length);

	if (text < length && text <= LINE_MAX_BYTES)
		return config_fail(error, lines->path, (int)lines->number,
				   "%.40s: expected one prefix a line; a byte 0 follows", line);
	if (length > LINE_MAX_BYTES)
		return config_fail(error, lines->path, (int)lines->number,
				   "%.40s...: expected one prefix a line, and no line of more "
				   "than %d bytes",
				   line, LINE_MAX_BYTES);
	return 0;
}

/* 1: a line, as a string in *@line; 0: none is left; or what is wrong, in @error. */
static int next_line(struct lines *lines, char **line, struct config_error *error)
{
	size_t left = lines->end - lines->at, length;
	char *newline = memchr(lines->room + lines->at, '\n', left);
	ssize_t more = 1;
	int result;

	while (!newline && left <= LINE_MAX_BYTES && more > 0) {
		more = read_more(lines);
		left = lines->end;
		newline = memchr(lines->room, '\n', left);
	}
	if (more < 0)
		return config_fail(error, lines->path, (int)lines->number,
				   "it could not be read: %s", strerror((int)-more));
	*line = lines->room + lines->at;
	length = newline ? (size_t)(newline - *line) : left;
	if (!newline && !length)
		return 0;
	lines->number++;
	result = line_check(lines, *line, length, error);
	if (result)
		return result;
	(*line)[length] = '\0';
	lines->at += length + (newline != NULL);
	return 1;
}

/* A line that is there as a whole, and has nothing but an IPv4 prefix: almost all of a long list. */
static bool next_plain(struct lines *lines, struct prefix *prefix)
{
	const char *rest = prefix_begin4(lines->room + lines->at, prefix);

	if (!rest || *rest != '\n')
		return false;
	lines->at = (size_t)(rest + 1 - lines->room);
	lines->number++;
	return true;
}

/* As many of those as come next. What is one too many is left, so that the error names its line. */
static int read_plain(struct config *config, struct lines *lines, struct config_prefix prefix,
		      size_t *count)
{
	int result = 0;

	while (!result && *count < CONFIG_FILE_PREFIXES_MAX &&
	       config->prefix_count < CONFIG_PREFIXES_MAX && next_plain(lines, &prefix.prefix)) {
		prefix.line = lines->number;
		++*count;
		result = config_prefix_add(config, &prefix);
	}
	return result;
}

static int read_lines(struct config *config, struct lines *lines, struct config_prefix prefix,
		      struct config_error *error)
{
	const char *path = lines->path;
	char text[PREFIX_ERROR_MAX];
	char *line = NULL;
	size_t count = 0;
	int result;

	while (!(result = read_plain(config, lines, prefix, &count)) &&
	       (result = next_line(lines, &line, error)) > 0) {
		char *word = line_word(line);

		prefix.line = lines->number;
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

/* -errno; a pipe that nobody writes to must not hold control up. */
static int open_regular(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result = fd;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		result = -errno;
	else if (!S_ISREG(st.st_mode))
		result = S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
	if (result < 0)
		close(fd);
	return result;
}

int config_prefix_file(struct config *config, const struct word *path, unsigned range,
		       struct config_error *error)
{
	char *name = resolve(path->text, path->file);
	struct lines *lines = malloc(sizeof(*lines));
	struct config_prefix prefix = {.range = (uint16_t)range};
	int file = name && lines ? config_file_index(config, name) : -ENOMEM, result = file;
	int fd = -1;

	if (file < 0)
		goto out;
	prefix.file = (uint16_t)file;
	fd = open_regular(name);
	if (fd < 0) {
		result = config_fail_at(error, path, "range \"%s\": prefix-file = %s: %s",
					config->ranges[range].name, path->text,
					fd == -ENOTSUP ? "it is no regular file" : strerror(-fd));
		goto out;
	}
	lines->fd = fd;
	lines->path = name;
	lines->number = 0;
	lines->at = lines->end = 0;
	lines->room[0] = '\0';
	result = read_lines(config, lines, prefix, error);
out:
	if (fd >= 0)
		close(fd);
	free(lines);
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

int config_prefixes_sort(struct config *config)
{
	return sort_stable(config->prefixes, config->prefix_count, sizeof(*config->prefixes),
			   compare);
}
