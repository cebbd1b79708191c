// SPDX-License-Identifier: GPL-2.0-or-later
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TITLE "edge25-notify 1"
#define LINE_MAX_STATE 128 /* bytes; the longest is that of an incident */

/* "incident ID CLASS ACTION" */
static bool read_incident(const char *line, struct told *told)
{
	struct incident incident = {.open = true};
	int end = -1;

	/* INCIDENT_WORD_MAX - 1 */
	if (sscanf(line, "incident %" SCNd64 " %15s %15s%n", &incident.id, incident.class,
		   incident.action, &end) != 3 ||
	    line[end] || incident.id <= 0 || !incident_word(incident.class) ||
	    !incident_word(incident.action))
		return false;
	return told_put(told, &incident) == 0;
}

static bool read_fact(const char *line, struct state *state)
{
	int end = -1;

	if (sscanf(line, "change %" SCNd64 "%n", &state->change, &end) == 1)
		return !line[end] && state->change >= 0;
	if (sscanf(line, "given-up %" SCNu64 "%n", &state->given_up, &end) == 1)
		return !line[end];
	/* The decimal point of the C locale: nobody calls setlocale(3). */
	if (sscanf(line, "runs-left %lf at %" SCNd64 "%n", &state->runs_left, &state->time, &end) ==
	    2)
		return !line[end] && state->runs_left >= 0;
	return false;
}

/* The number of the line that is wrong, 0: none. */
static unsigned read_lines(FILE *file, struct state *state, struct told *told)
{
	char line[LINE_MAX_STATE];
	unsigned number = 0;
	bool ended = false;

	while (!ended && fgets(line, sizeof(line), file)) {
		char *newline = strchr(line, '\n');

		number++;
		if (!newline)
			return number;
		*newline = '\0';
		ended = number > 1 && !strcmp(line, "end");
		if (!ended && (number == 1 ? strcmp(line, TITLE) != 0 :
					     !read_fact(line, state) && !read_incident(line, told)))
			return number;
	}
	return ended ? 0 : number + 1;
}

int state_load(const char *path, struct state *state, struct told *told, unsigned *line)
{
	FILE *file = fopen(path, "re");

	memset(state, 0, sizeof(*state));
	if (!file)
		return -errno;
	*line = read_lines(file, state, told);
	fclose(file);
	return *line ? -EBADMSG : 0;
}

static int write_lines(FILE *file, const struct state *state, const struct told *told)
{
	fprintf(file,
		"%s\nchange %" PRId64 "\ngiven-up %" PRIu64 "\nruns-left %.6f at %" PRId64 "\n",
		TITLE, state->change, state->given_up, state->runs_left, state->time);
	for (size_t i = 0; i < told->count; i++)
		fprintf(file, "incident %" PRId64 " %s %s\n", told->entry[i].id,
			told->entry[i].class, told->entry[i].action);
	fputs("end\n", file);
	if (fflush(file) || ferror(file) || fsync(fileno(file)))
		return -errno;
	return 0;
}

/* Makes the rename of @path itself durable. */
static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	int fd, error = 0;

	snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

int state_save(const char *path, const struct state *state, const struct told *told)
{
	char temporary[PATH_MAX];
	int fd, error;
	FILE *file;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		error = -errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	error = write_lines(file, state, told);
	if (fclose(file) && !error)
		error = -errno;
	if (!error && rename(temporary, path))
		error = -errno;
	if (error)
		unlink(temporary);
	return error ? error : sync_directory(path);
}

int state_lock(const char *path)
{
	char name[PATH_MAX];
	int fd;

	if (snprintf(name, sizeof(name), "%s.lock", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}
