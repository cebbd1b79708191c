// SPDX-License-Identifier: GPL-2.0-or-later
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"

#ifndef EDGE25_LIBEXECDIR
#define EDGE25_LIBEXECDIR "/usr/libexec/edge25"
#endif

/* The directory of this very binary, however it was started. */
static int own_directory(char directory[PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return -errno;
	path[length] = '\0';
	snprintf(directory, PATH_MAX, "%s", dirname(path));
	return 0;
}

static int program_open(struct program *program, const char *directory, const char *below,
			const char *name)
{
	int length =
		snprintf(program->path, sizeof(program->path), "%s%s/%s", directory, below, name);

	if (length < 0 || (size_t)length >= sizeof(program->path))
		return -ENAMETOOLONG;
	if (access(program->path, X_OK))
		return -errno;
	program->fd = open(program->path, O_PATH | O_CLOEXEC);
	return program->fd < 0 ? -errno : 0;
}

int program_find(const char *name, struct program *program)
{
	char own[PATH_MAX];
	int error = own_directory(own);

	program->fd = -1;
	if (error) {
		log_error("cannot read /proc/self/exe: %s: is /proc mounted?", strerror(-error));
		return error;
	}
	if (!program_open(program, own, "", name) ||
	    !program_open(program, own, "/../libexec/edge25", name) ||
	    !program_open(program, EDGE25_LIBEXECDIR, "", name))
		return 0;
	log_error("cannot find %s in %s, %s/../libexec/edge25 or %s: install it (make install)",
		  name, own, own, EDGE25_LIBEXECDIR);
	return -ENOENT;
}

void program_close(struct program *program)
{
	if (program->fd >= 0)
		close(program->fd);
	program->fd = -1;
}

int program_execute(const struct program *program, char *const argv[])
{
	execv(program->path, argv);
	if (errno == EACCES)
		syscall(SYS_execveat, program->fd, "", argv, environ, AT_EMPTY_PATH);
	return -errno;
}
