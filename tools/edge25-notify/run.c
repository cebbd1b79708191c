// SPDX-License-Identifier: GPL-2.0-or-later
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"

#define EXIT_NOT_RUN 127 /* as a shell says it */
#define WHY_MAX 96
#define READ_CHUNK 4096
#define DRAIN_MAX 64 /* chunks read at once; more is there only if something goes on talking */

struct run {
	struct ev_loop *loop;
	run_ended *ended;
	void *ctx;
	pid_t pid; /* also its process group; 0: none */
	double limit;
	char why[WHY_MAX]; /* we end it; "": we do not */
	struct output output;
	ev_io readable;
	ev_timer deadline;
	ev_signal child;
};

/* --- the child --- */

/* With us, not after us: nobody would watch over its time. Until exec(3) our handlers would take it. */
static void child_end_with(pid_t parent)
{
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (getppid() != parent)
		_exit(EXIT_NOT_RUN);
}

_Noreturn static void child_run(char *const argv[], char *const environment[], int input,
				int output)
{
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(EXIT_NOT_RUN);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	environ = (char **)environment;
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(EXIT_NOT_RUN);
}

/* A file in memory: whole before the command starts, and gone with its last reader. */
static int input_file(const char *text, size_t length)
{
	int fd = memfd_create("edge25-notify", MFD_CLOEXEC);
	int error = fd < 0 ? -errno : 0;

	while (!error && length) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno != EINTR)
			error = -errno;
		if (written > 0) {
			text += written;
			length -= (size_t)written;
		}
	}
	if (!error && lseek(fd, 0, SEEK_SET) < 0)
		error = -errno;
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

/* --- its end --- */

static void signal_group(const struct run *run, int number)
{
	/* It may not have its own session yet. */
	if (kill(-run->pid, number) && errno == ESRCH)
		kill(run->pid, number);
}

static void arm(struct run *run, double seconds)
{
	ev_timer_stop(run->loop, &run->deadline);
	ev_timer_set(&run->deadline, seconds, 0.);
	ev_timer_start(run->loop, &run->deadline);
}

void run_stop(struct run *run, const char *why)
{
	bool again = *run->why;

	if (!run->pid)
		return;
	if (!again)
		snprintf(run->why, sizeof(run->why), "%s", why);
	signal_group(run, again ? SIGKILL : SIGTERM);
	arm(run, RUN_KILL_AFTER);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct run *run = timer->data;
	char why[WHY_MAX];

	(void)loop;
	(void)events;
	snprintf(why, sizeof(why), "not done after %g s, ended", run->limit);
	run_stop(run, why);
}

/* False: nobody can write any more. */
static bool read_output(struct run *run)
{
	char chunk[READ_CHUNK];

	for (int i = 0; i < DRAIN_MAX; i++) {
		ssize_t got = read(run->readable.fd, chunk, sizeof(chunk));

		if (got <= 0)
			return got < 0 && (errno == EAGAIN || errno == EINTR);
		output_add(&run->output, chunk, (size_t)got);
	}
	return true;
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	if (!read_output(io->data))
		ev_io_stop(loop, io);
}

static void close_output(struct run *run)
{
	ev_io_stop(run->loop, &run->readable);
	close(run->readable.fd);
	output_end(&run->output);
}

static void on_child(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct run *run = watcher->data;
	siginfo_t info = {0};
	char why[WHY_MAX];

	(void)events;
	if (!run->pid || waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
	    !info.si_pid)
		return;
	/* Before its number can become another's: what it started and left behind. */
	if (*run->why)
		kill(-run->pid, SIGKILL);
	waitpid(run->pid, NULL, 0);
	run->pid = 0;
	ev_timer_stop(loop, &run->deadline);
	read_output(run);
	close_output(run);
	if (*run->why)
		snprintf(why, sizeof(why), "%s", run->why);
	else
		snprintf(why, sizeof(why), "%s %d",
			 info.si_code == CLD_EXITED ? "exit code" : "ended by signal",
			 info.si_status);
	run->ended(run->ctx,
		   !*run->why && info.si_code == CLD_EXITED && !info.si_status ? NULL : why);
}

/* --- its start --- */

int run_start(struct run *run, char *const argv[], char *const environment[], const char *text,
	      size_t length, double limit)
{
	int input = input_file(text, length);
	const pid_t parent = getpid();
	int output[2] = {-1, -1};
	int error = 0;

	if (input < 0)
		return input;
	if (pipe2(output, O_CLOEXEC) || fcntl(output[0], F_SETFL, O_NONBLOCK))
		error = -errno;
	if (!error) {
		run->pid = fork();
		if (run->pid == 0) {
			child_end_with(parent);
			child_run(argv, environment, input, output[1]);
		}
		if (run->pid < 0) {
			error = -errno;
			run->pid = 0;
		}
	}
	close(input);
	if (output[1] >= 0)
		close(output[1]);
	if (error) {
		if (output[0] >= 0)
			close(output[0]);
		return error;
	}
	*run->why = '\0';
	run->limit = limit;
	ev_io_set(&run->readable, output[0], EV_READ);
	ev_io_start(run->loop, &run->readable);
	arm(run, limit);
	return 0;
}

bool run_busy(const struct run *run)
{
	return run->pid != 0;
}

struct run *run_new(struct ev_loop *loop, run_ended *ended, void *ctx)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->loop = loop;
	run->ended = ended;
	run->ctx = ctx;
	ev_init(&run->readable, on_readable);
	ev_init(&run->deadline, on_deadline);
	ev_signal_init(&run->child, on_child, SIGCHLD);
	run->readable.data = run->deadline.data = run->child.data = run;
	ev_signal_start(loop, &run->child);
	return run;
}

void run_free(struct run *run)
{
	if (!run)
		return;
	if (run->pid) {
		kill(-run->pid, SIGKILL);
		waitpid(run->pid, NULL, 0);
		ev_timer_stop(run->loop, &run->deadline);
		close_output(run);
	}
	ev_signal_stop(run->loop, &run->child);
	free(run);
}
