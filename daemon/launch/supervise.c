// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"

/* Control goes first, so that what the engine still answers is not reported as its loss. */
enum phase { RUNNING, STOPPING_CONTROL, STOPPING_ENGINE, STOPPED };

struct supervisor {
	struct child *engine;
	struct child *control;
	enum phase phase;
	uint64_t kill_at; /* ms: when the one that is being stopped has had its grace */
	int result;
};

static struct child *stopping(const struct supervisor *s)
{
	return s->phase == STOPPING_CONTROL ? s->control :
	       s->phase == STOPPING_ENGINE  ? s->engine :
					      NULL;
}

/* On to the next one that still runs. */
static void stop_next(struct supervisor *s, uint64_t now)
{
	while (s->phase != STOPPED) {
		s->phase++;
		if (stopping(s) && stopping(s)->pid) {
			child_signal(stopping(s), SIGTERM);
			s->kill_at = now + SUPERVISE_GRACE;
			return;
		}
	}
}

static void reap(struct supervisor *s, uint64_t now)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = pid == s->engine->pid  ? s->engine :
				      pid == s->control->pid ? s->control :
							       NULL;

		if (!child)
			continue;
		if (child_ended(child, status, s->phase == RUNNING, now)) {
			s->result = -ECHILD;
			stop_next(s, now);
		} else if (child == stopping(s)) {
			stop_next(s, now);
		}
	}
}

static void handle(struct supervisor *s, unsigned signal, uint64_t now)
{
	switch (signal) {
	case SIGCHLD:
		reap(s, now);
		break;
	case SIGHUP:
	case SIGUSR1:
		child_signal(s->control, (int)signal);
		break;
	case SIGTERM:
	case SIGINT:
		if (s->phase == RUNNING)
			stop_next(s, now);
		break;
	}
}

/* Starts what is due, kills what has had its grace; returns ms until there is more to do, or -1. */
static int act(struct supervisor *s, uint64_t now)
{
	struct child *const children[] = {s->engine, s->control};
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < 2 && s->phase == RUNNING; i++) {
		struct child *child = children[i];

		if (!child->pid && child->due <= now)
			child_start(child, now);
		if (!child->pid && child->due < next)
			next = child->due;
	}
	if (stopping(s)) {
		if (s->kill_at <= now) {
			log_warning("%s: still there %d s after SIGTERM: killing it",
				    stopping(s)->name, SUPERVISE_GRACE / 1000);
			child_signal(stopping(s), SIGKILL);
			s->kill_at = now + SUPERVISE_GRACE;
		}
		next = s->kill_at;
	}
	return next == UINT64_MAX ? -1 : next > now ? (int)(next - now) : 0;
}

int supervise(struct child *engine, struct child *control)
{
	struct supervisor s = {.engine = engine, .control = control, .phase = RUNNING};
	struct signalfd_siginfo info;
	struct pollfd poll_fd;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -errno;
	poll_fd.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	poll_fd.events = POLLIN;
	if (poll_fd.fd < 0) {
		log_error("signalfd: %s", strerror(errno));
		return -errno;
	}
	while (s.phase != STOPPED) {
		poll(&poll_fd, 1, act(&s, clock_ms(CLOCK_MONOTONIC)));
		while (read(poll_fd.fd, &info, sizeof(info)) == sizeof(info))
			handle(&s, info.ssi_signo, clock_ms(CLOCK_MONOTONIC));
	}
	close(poll_fd.fd);
	return s.result;
}
