// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "config_sections.h"
#include "config_words.h"
#include "prefix_error.h"

/* No prefix is longer; a line that is, is not text. */
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
	line[strcspn(line, "#\r\n")] = '\0';
	end = line + strlen(line);
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return line;
}

static int read_lines(struct config *config, FILE *stream, const char *path,
		      struct config_prefix prefix, struct config_error *error)
{
	char line[LINE_MAX_BYTES], text[PREFIX_ERROR_MAX];
	int result;

	for (prefix.line = 1; fgets(line, sizeof(line), stream); prefix.line++) {
		bool whole = strchr(line, '\n') || feof(stream);
		char *word = line_word(line);

		if (!whole)
			return config_fail(error, path, (int)prefix.line,
					   "%.40s...: expected one prefix a line", word);
		if (!*word)
			continue;
		if (prefix_read(word, &prefix.prefix, text))
			return config_fail(error, path, (int)prefix.line, "%s", text);
		result = config_prefix_add(config, &prefix);
		if (result == -E2BIG)
			config_fail(error, path, (int)prefix.line,
				    "%s: expected at most %d prefixes in all", word,
				    CONFIG_PREFIXES_MAX);
		if (result)
			return result;
	}
	if (ferror(stream))
		return config_fail(error, path, (int)prefix.line, "it could not be read: %s",
				   strerror(errno));
	return 0;
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
	stream = fopen(name, "re");
	if (!stream)
		result = config_fail_at(error, path, "range \"%s\": prefix-file = %s: %s",
					config->ranges[range].name, path->text, strerror(errno));
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
	int order = addr_compare(&p->prefix.addr, &q->prefix.addr);

	if (!order)
		order = (p->prefix.length > q->prefix.length) -
			(p->prefix.length < q->prefix.length);
	if (!order) /* the order of the files, so that the error names the later line */
		order = (p->file > q->file) - (p->file < q->file);
	return order ? order : (p->line > q->line) - (p->line < q->line);
}

int config_prefixes_check(struct config *config, struct config_error *error)
{
	char text[PREFIX_TEXT_MAX];

	if (config->prefix_count)
		qsort(config->prefixes, config->prefix_count, sizeof(*config->prefixes), compare);
	for (size_t i = 1; i < config->prefix_count; i++) {
		const struct config_prefix *before = &config->prefixes[i - 1];
		const struct config_prefix *prefix = &config->prefixes[i];
		const struct config_range *range = &config->ranges[prefix->range];
		const struct config_range *other = &config->ranges[before->range];

		if (prefix_equal(&before->prefix, &prefix->prefix) &&
		    range->policy != other->policy)
			return config_fail(
				error, config->files[prefix->file], (int)prefix->line,
				"range \"%s\": %s: expected one policy for a prefix; range "
				"\"%s\" (%s:%u) gives it policy \"%s\"",
				range->name, prefix_format(&prefix->prefix, text), other->name,
				config->files[before->file], (unsigned)before->line,
				config->policies[other->policy].name);
	}
	return 0;
}
