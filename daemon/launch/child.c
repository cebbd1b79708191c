// SPDX-License-Identifier: GPL-2.0-or-later
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"

#define STATUS_TEXT_MAX 64

/*
 * What both programs start with: a session of their own (a Ctrl-C at the terminal is edge25d's to
 * pass on, and they cannot push keys into it), no input, no signal blocked or ignored.
 */
static int child_prepare(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || setsid() < 0 || chdir("/"))
		return -errno;
	umask(027);
	sigaction(SIGPIPE, &usual, NULL);
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) ? -errno : 0;
}

_Noreturn static void child_run(const struct child *child)
{
	int error = child_prepare();

	if (!error)
		error = child->become(child->context);
	log_error("%s: cannot start it: %s", child->name, strerror(-error));
	_exit(CHILD_EXIT_CONFIG);
}

static unsigned child_delay(struct child *child)
{
	unsigned delay = child->delay ? child->delay : CHILD_DELAY_FIRST;

	child->delay = 2 * delay < CHILD_DELAY_MAX ? 2 * delay : CHILD_DELAY_MAX;
	return delay;
}

void child_start(struct child *child, uint64_t now)
{
	pid_t pid = fork();

	if (pid == 0)
		child_run(child);
	if (pid < 0) {
		unsigned delay = child_delay(child);

		log_error("%s: cannot fork: %s: trying again in %u ms", child->name,
			  strerror(errno), delay);
		child->due = now + delay;
		return;
	}
	child->pid = pid;
	child->started = now;
	child->runs++;
}

static const char *status_text(int status, char text[STATUS_TEXT_MAX])
{
	if (WIFSIGNALED(status))
		snprintf(text, STATUS_TEXT_MAX, "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, STATUS_TEXT_MAX, "ended with status %d", WEXITSTATUS(status));
	return text;
}

bool child_ended(struct child *child, int status, bool again, uint64_t now)
{
	bool settled = now - child->started >= CHILD_SETTLED;
	bool useless = child->runs == 1 && !settled && WIFEXITED(status) &&
		       WEXITSTATUS(status) == CHILD_EXIT_CONFIG;
	int pid = (int)child->pid;
	char text[STATUS_TEXT_MAX];
	unsigned delay;

	child->pid = 0;
	status_text(status, text);
	if (!again) {
		log_notice("%s: process %d %s", child->name, pid, text);
		return false;
	}
	if (useless) {
		log_error("%s: process %d %s: see its line above", child->name, pid, text);
		return true;
	}
	if (settled)
		child->delay = 0;
	delay = child_delay(child);
	child->due = now + delay;
	log_error("%s: process %d %s: starting it again in %u ms", child->name, pid, text, delay);
	return false;
}

void child_signal(const struct child *child, int signal)
{
	if (child->pid > 0)
		kill(child->pid, signal);
}
