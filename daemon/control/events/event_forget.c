// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/events/event_forget.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CURRENT "events.json"
#define ENDING ".forget" /* of a file that is being written */
#define SOURCE_KEY "\"src_ip\":\""
#define COPY_SIZE 65536

/* A file that is written anew. */
struct part {
	char *name;
	struct stat stat; /* of the old one */
	off_t end;        /* of what was looked at in it */
	size_t lines;     /* that are left out */
	FILE *new;
};

struct event_forget {
	struct prefix host;
	char *directory;
	struct part *parts;
	size_t count;
	struct event_forget_result result;
};

static void fail(struct event_forget *forget, const char *name, const char *what, int error)
{
	if (!forget->result.problem[0])
		snprintf(forget->result.problem, sizeof(forget->result.problem), "%s/%s %s: %s",
			 forget->directory, name, what, strerror(error));
}

static char *path_of(const struct event_forget *forget, const char *name, const char *ending)
{
	char *path;

	return asprintf(&path, "%s/%s%s", forget->directory, name, ending) < 0 ? NULL : path;
}

static void remove_new(const struct event_forget *forget, const char *name)
{
	char *path = path_of(forget, name, ENDING);

	if (path)
		unlink(path);
	free(path);
}

static void drop_parts(struct event_forget *forget)
{
	for (size_t i = 0; i < forget->count; i++) {
		struct part *part = &forget->parts[i];

		if (part->new) {
			fclose(part->new);
			remove_new(forget, part->name);
		}
		free(part->name);
	}
	free(forget->parts);
	forget->parts = NULL;
	forget->count = 0;
}

struct event_forget *event_forget_new(const char *directory, const struct prefix *host)
{
	struct event_forget *forget = calloc(1, sizeof(*forget));

	if (!forget)
		return NULL;
	forget->host = *host;
	forget->directory = strdup(directory);
	if (forget->directory)
		return forget;
	free(forget);
	return NULL;
}

void event_forget_free(struct event_forget *forget)
{
	if (!forget)
		return;
	drop_parts(forget);
	free(forget->directory);
	free(forget);
}

/* --- one file, in the thread --- */

static bool is_about(const struct event_forget *forget, const char *line)
{
	const char *source = strstr(line, SOURCE_KEY);
	char text[ADDR_TEXT_MAX];
	struct addr addr;
	size_t length;

	if (!source)
		return false;
	source += strlen(SOURCE_KEY);
	length = strcspn(source, "\"");
	if (length >= sizeof(text))
		return false;
	memcpy(text, source, length);
	text[length] = '\0';
	return !addr_parse(text, &addr) && prefix_contains(&forget->host, &addr);
}

static FILE *open_new(struct event_forget *forget, const struct part *part)
{
	char *path = path_of(forget, part->name, ENDING);
	int fd = -1;

	if (path) {
		unlink(path);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	free(path);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* The whole lines that are there now; one that is being written is seen to at the end. */
static int copy_lines(const struct event_forget *forget, struct part *part, FILE *old)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	int result = 0;

	while (!result && (length = getline(&line, &room, old)) > 0) {
		if (line[length - 1] != '\n')
			break;
		part->end += length;
		if (is_about(forget, line))
			part->lines++;
		else if (fwrite(line, 1, (size_t)length, part->new) != (size_t)length)
			result = -errno;
	}
	if (!result && ferror(old))
		result = -errno;
	free(line);
	return result;
}

static int write_new(struct event_forget *forget, struct part *part)
{
	char *path = path_of(forget, part->name, "");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	FILE *old = fd < 0 ? NULL : fdopen(fd, "r");
	int result = old ? 0 : -errno;

	free(path);
	if (!old)
		return result;
	if (fstat(fd, &part->stat))
		result = -errno;
	if (!result && !S_ISREG(part->stat.st_mode))
		result = -EINVAL;
	part->new = result ? NULL : open_new(forget, part);
	if (!result && !part->new)
		result = -errno;
	if (!result)
		result = copy_lines(forget, part, old);
	if (!result && part->lines && (fflush(part->new) || fsync(fileno(part->new))))
		result = -errno;
	fclose(old);
	return result;
}

static void look_at(struct event_forget *forget, const char *name)
{
	struct part *parts = reallocarray(forget->parts, forget->count + 1, sizeof(*parts));
	struct part *part;
	int result;

	if (!parts) {
		fail(forget, name, "cannot be read", ENOMEM);
		return;
	}
	forget->parts = parts;
	part = &parts[forget->count];
	*part = (struct part){.name = strdup(name)};
	if (!part->name) {
		fail(forget, name, "cannot be read", ENOMEM);
		return;
	}
	forget->count++;
	result = write_new(forget, part);
	if (result)
		fail(forget, name, "cannot be written anew", -result);
	if (part->new && (result || !part->lines)) {
		fclose(part->new);
		part->new = NULL;
		remove_new(forget, name);
	}
}

/* --- all files --- */

static bool ends_in(const char *name, const char *ending)
{
	const size_t length = strlen(name), end = strlen(ending);

	return length > end && strcmp(name + length - end, ending) == 0;
}

static bool is_compressed(const char *name)
{
	static const char *const endings[] = {".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (ends_in(name, endings[i]))
			return true;
	return false;
}

/* Of one that was killed. */
static void remove_leftovers(DIR *directory)
{
	const struct dirent *entry;

	while ((entry = readdir(directory)))
		if (strncmp(entry->d_name, CURRENT, strlen(CURRENT)) == 0 &&
		    ends_in(entry->d_name, ENDING))
			unlinkat(dirfd(directory), entry->d_name, 0);
	rewinddir(directory);
}

void event_forget_run(struct event_forget *forget)
{
	DIR *directory;
	const struct dirent *entry;

	drop_parts(forget);
	directory = opendir(forget->directory);
	forget->result.compressed = 0;
	forget->result.problem[0] = '\0';
	if (!directory) {
		fail(forget, "", "cannot be read", errno);
		return;
	}
	remove_leftovers(directory);
	while ((entry = readdir(directory))) {
		const char *name = entry->d_name;

		if (strncmp(name, CURRENT, strlen(CURRENT)) != 0 || ends_in(name, ENDING))
			continue;
		if (is_compressed(name))
			forget->result.compressed++;
		else
			look_at(forget, name);
	}
	closedir(directory);
}

/* --- in the loop --- */

/* What was appended since. */
static int copy_rest(struct part *part, int old)
{
	char buffer[COPY_SIZE];
	ssize_t length;

	while ((length = pread(old, buffer, sizeof(buffer), part->end)) > 0) {
		if (fwrite(buffer, 1, (size_t)length, part->new) != (size_t)length)
			return -errno;
		part->end += length;
	}
	if (length < 0 || fflush(part->new) || fdatasync(fileno(part->new)))
		return -errno;
	return 0;
}

static int take_over(struct event_forget *forget, struct part *part, const char *path)
{
	char *new = path_of(forget, part->name, ENDING);
	const int fd = fileno(part->new);
	int result = new ? 0 : -ENOMEM;

	/* a group that is not ours stays behind; then nobody may read what its members could */
	if (!result && part->stat.st_gid != getegid() && fchown(fd, (uid_t)-1, part->stat.st_gid))
		part->stat.st_mode &= (mode_t)~070;
	if (!result && (fchmod(fd, part->stat.st_mode & 07777) || rename(new, path)))
		result = -errno;
	free(new);
	return result;
}

/* 0; -ESTALE: it is not the file any more that was looked at. */
static int put_in_place(struct event_forget *forget, struct part *part)
{
	char *path = path_of(forget, part->name, "");
	int old = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	struct stat stat;
	int result = old < 0 ? -ESTALE : 0;

	if (!result && (fstat(old, &stat) || stat.st_ino != part->stat.st_ino ||
			stat.st_dev != part->stat.st_dev || stat.st_size < part->end))
		result = -ESTALE;
	if (!result)
		result = copy_rest(part, old);
	if (!result)
		result = take_over(forget, part, path);
	if (old >= 0)
		close(old);
	free(path);
	return result;
}

bool event_forget_end(struct event_forget *forget, bool *current)
{
	bool whole = true;

	*current = false;
	for (size_t i = 0; i < forget->count; i++) {
		struct part *part = &forget->parts[i];
		int result;

		if (!part->new)
			continue;
		result = put_in_place(forget, part);
		whole &= result != -ESTALE;
		if (result && result != -ESTALE)
			fail(forget, part->name, "cannot be written anew", -result);
		if (result)
			continue;
		fclose(part->new);
		part->new = NULL;
		forget->result.files++;
		forget->result.lines += part->lines;
		*current |= strcmp(part->name, CURRENT) == 0;
	}
	drop_parts(forget);
	return whole;
}

const struct event_forget_result *event_forget_result(const struct event_forget *forget)
{
	return &forget->result;
}
