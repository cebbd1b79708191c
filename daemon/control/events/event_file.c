// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "control/events/event_file.h"

struct event_file {
	char *path, *old_path;
	uint64_t max;
	uint64_t size;
	int fd;
	struct event_file_losses losses;
	char problem[256];
};

static int fail(struct event_file *file, const char *what, int error)
{
	if (!file->problem[0])
		log_error("events: %s: %s: %s", file->path, what, strerror(error));
	snprintf(file->problem, sizeof(file->problem), "%s: %s: %s", file->path, what,
		 strerror(error));
	return -error;
}

static int open_file(struct event_file *file)
{
	struct stat st;

	if (file->fd >= 0)
		return 0;
	file->fd = open(file->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (file->fd < 0)
		return fail(file, "cannot be opened", errno);
	file->size = fstat(file->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	return 0;
}

struct event_file *event_file_new(const char *directory, uint64_t max)
{
	struct event_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->fd = -1;
	file->max = max;
	if (asprintf(&file->path, "%s/events.json", directory) < 0)
		file->path = NULL;
	if (!file->path || asprintf(&file->old_path, "%s.1", file->path) < 0) {
		free(file->path);
		free(file);
		return NULL;
	}
	open_file(file);
	return file;
}

void event_file_free(struct event_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file->old_path);
	free(file);
}

void event_file_bound(struct event_file *file, uint64_t max)
{
	file->max = max;
}

int event_file_reopen(struct event_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	return open_file(file);
}

const char *event_file_path(const struct event_file *file)
{
	return file->path;
}

static int rotate(struct event_file *file)
{
	bool replaces = access(file->old_path, F_OK) == 0;

	if (rename(file->path, file->old_path))
		return fail(file, "cannot be renamed", errno);
	file->losses.discarded += replaces;
	close(file->fd);
	file->fd = -1;
	return open_file(file);
}

static int write_line(struct event_file *file, const char *line, size_t length)
{
	int error = open_file(file);
	ssize_t n;

	if (!error && file->size && file->size + length > file->max)
		error = rotate(file);
	if (error)
		return error;
	n = write(file->fd, line, length);
	if (n == (ssize_t)length) {
		file->size += length;
		return 0;
	}
	error = n < 0 ? errno : ENOSPC;
	/* Half a line would spoil the next one for every reader. */
	if (n > 0 && ftruncate(file->fd, (off_t)file->size))
		file->size += (uint64_t)n;
	return fail(file, "cannot be written", error);
}

int event_file_write(struct event_file *file, const json_t *event)
{
	char *text = json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII);
	size_t length = text ? strlen(text) : 0;
	int error = -ENOMEM;

	if (text) {
		text[length] = '\n'; /* in place of the NUL: the length says where it ends */
		error = write_line(file, text, length + 1);
	}
	free(text);
	if (error) {
		file->losses.unwritten++;
	} else if (file->problem[0]) {
		log_notice("events: %s is written again", file->path);
		file->problem[0] = '\0';
	}
	return error;
}

const char *event_file_problem(const struct event_file *file)
{
	return file->problem[0] ? file->problem : NULL;
}

uint64_t event_file_size(const struct event_file *file)
{
	return file->size;
}

struct event_file_losses event_file_losses(const struct event_file *file)
{
	return file->losses;
}
