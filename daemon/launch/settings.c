// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "privilege.h"

#define SETTINGS_TEXT_MAX 32768 /* five paths of PATH_MAX and room for keys of the future */

static const struct {
	const char *key;
	size_t offset;
	size_t size;
	bool path; /* absolute */
	bool optional;
} keys[] = {
	{"run-dir", offsetof(struct settings, run_dir), PATH_MAX, true, false},
	{"state-dir", offsetof(struct settings, state_dir), PATH_MAX, true, false},
	{"log-dir", offsetof(struct settings, log_dir), PATH_MAX, true, false},
	{"user", offsetof(struct settings, user), ACCOUNT_NAME_MAX, false, false},
	{"engine-user", offsetof(struct settings, engine_user), ACCOUNT_NAME_MAX, false, false},
	{"monitor-group", offsetof(struct settings, monitor_group), ACCOUNT_NAME_MAX, false, true},
};

static int settings_line(char *line, struct settings *settings)
{
	char *value = strchr(line, '=');

	if (!value)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t length = strlen(keys[i].key);

		if ((size_t)(value - line) != length || memcmp(line, keys[i].key, length) != 0)
			continue;
		if (strlen(value + 1) >= keys[i].size || (keys[i].path && value[1] != '/'))
			return -EINVAL;
		memcpy((char *)settings + keys[i].offset, value + 1, strlen(value + 1) + 1);
	}
	return 0;
}

int settings_parse(char *text, struct settings *settings, const char **what)
{
	char *rest = text;
	char *line;

	memset(settings, 0, sizeof(*settings));
	while ((line = strsep(&rest, "\n"))) {
		if (*line && settings_line(line, settings)) {
			*what = line;
			return -EINVAL;
		}
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!keys[i].optional && !*((const char *)settings + keys[i].offset)) {
			*what = keys[i].key;
			return -EINVAL;
		}
	}
	return 0;
}

/* In the child: control, as root with nothing but the right to read, writing to @fd. */
_Noreturn static void settings_child(const struct program *control, const char *config, int fd)
{
	char *argv[] = {(char[]){"edge25-control"}, (char[]){"--settings"}, (char[]){"-c"},
			(char *)config, NULL};
	int error = dup2(fd, STDOUT_FILENO) < 0 ? -errno :
						  privilege_narrow(PRIVILEGE(CAP_DAC_READ_SEARCH));

	if (!error)
		error = program_execute(control, argv);
	log_error("cannot run %s: %s", control->path, strerror(-error));
	_exit(1);
}

/* All that comes until the end of the pipe. */
static int settings_drain(int fd, char *text, size_t size)
{
	size_t length = 0;

	for (;;) {
		ssize_t got = read(fd, text + length, size - 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		length += (size_t)got;
		if (length == size - 1)
			return -E2BIG;
	}
	text[length] = '\0';
	return 0;
}

int settings_read(const struct program *control, const char *config, struct settings *settings)
{
	char text[SETTINGS_TEXT_MAX];
	const char *what = NULL;
	int pipe_fds[2];
	int status;
	int error;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0)
		settings_child(control, config, pipe_fds[1]);
	error = pid < 0 ? -errno : 0;
	close(pipe_fds[1]);
	if (!error)
		error = settings_drain(pipe_fds[0], text, sizeof(text));
	close(pipe_fds[0]);
	if (pid < 0) {
		log_error("cannot start %s: %s", control->path, strerror(-error));
		return error;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status)) {
		log_error("%s --settings was killed by signal %d (%s)", control->path,
			  WTERMSIG(status), strsignal(WTERMSIG(status)));
		return -ECHILD;
	}
	if (WEXITSTATUS(status))
		return -EINVAL; /* it said why */
	if (!error)
		error = settings_parse(text, settings, &what);
	if (error)
		log_error("%s --settings: %s: %s: do edge25d and edge25-control come from one "
			  "build?",
			  control->path, what ? what : "its output", strerror(-error));
	return error;
}
