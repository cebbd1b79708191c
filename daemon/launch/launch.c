// SPDX-License-Identifier: GPL-2.0-or-later
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "account.h"
#include "common/log.h"
#include "directory.h"
#include "privilege.h"
#include "program.h"
#include "rundir.h"
#include "settings.h"
#include "supervise.h"

#define LISTEN_FD 3 /* SD_LISTEN_FDS_START of sd_listen_fds(3) */

struct launch {
	const char *config;
	pid_t self;
	struct settings settings;
	struct program engine_program;
	struct program control_program;
	struct account engine_user;
	struct account control_user;
	int run_dir;
	int lock;
	int listener;
};

/* Not before the user has changed: that clears it. */
static int die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0))
		return -errno;
	if (getppid() != parent)
		_exit(0);
	return 0;
}

/* The socket goes with it as systemd would pass it on, so that the engine knows one way only. */
static int pass_listener(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (fcntl(LISTEN_FD, F_SETFD, 0) || setenv("LISTEN_PID", pid, 1) ||
	    setenv("LISTEN_FDS", "1", 1) || unsetenv("LISTEN_FDNAMES"))
		return -errno;
	return 0;
}

/* The engine: answers packets, so it keeps CAP_NET_ADMIN, and nothing else. */
static int become_engine(const void *context)
{
	const struct launch *l = context;
	char peer[16];
	char *argv[] = {(char[]){"edge25-engine"}, (char[]){"--peer-user"}, peer, NULL};
	int error;

	snprintf(peer, sizeof(peer), "%u", (unsigned)l->control_user.uid);
	error = pass_listener();
	if (!error)
		error = privilege_become(&l->engine_user, CAP_NET_ADMIN);
	if (!error)
		error = die_with(l->self);
	return error ? error : program_execute(&l->engine_program, argv);
}

/* Control: reads what people and clients wrote, so it keeps nothing. */
static int become_control(const void *context)
{
	const struct launch *l = context;
	char *argv[] = {(char[]){"edge25-control"}, (char[]){"-c"}, (char *)l->config, NULL};
	int error = privilege_become(&l->control_user, PRIVILEGE_NONE);

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	if (!error)
		error = die_with(l->self);
	if (error)
		return error;
	if (access(l->config, R_OK)) {
		log_error("%s is not readable by user %s: %s", l->config, l->control_user.name,
			  strerror(errno));
		_exit(CHILD_EXIT_CONFIG);
	}
	return program_execute(&l->control_program, argv);
}

static int prepare_directories(struct launch *l)
{
	const struct {
		const char *key;
		const char *path;
	} own[] = {
		{"state-dir", l->settings.state_dir},
		{"log-dir", l->settings.log_dir},
	};

	l->run_dir = directory_prepare("run-dir", l->settings.run_dir, 0755, &l->control_user);
	if (l->run_dir < 0)
		return l->run_dir;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		int fd = directory_prepare(own[i].key, own[i].path, 0750, &l->control_user);

		if (fd < 0)
			return fd;
		close(fd);
	}
	return 0;
}

static int prepare_users(struct launch *l)
{
	int error = account_find(l->settings.user, "user", l->config, &l->control_user);

	if (!error)
		error = account_find(l->settings.engine_user, "engine-user", l->config,
				     &l->engine_user);
	if (!error && *l->settings.monitor_group)
		error = account_join(&l->control_user, l->settings.monitor_group, l->config);
	if (!error && l->control_user.uid == l->engine_user.uid) {
		log_error("user and engine-user in %s are both %s: name two, so that control "
			  "cannot stop the engine",
			  l->config, l->control_user.name);
		error = -EPERM;
	}
	return error;
}

/* The engine's socket has its descriptor from the start, so that nothing else is opened there. */
static int reserve_listener(struct launch *l)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0)
		return -errno;
	if (null != LISTEN_FD) {
		l->listener = dup3(null, LISTEN_FD, O_CLOEXEC);
		close(null);
	} else {
		l->listener = null;
	}
	return l->listener < 0 ? -errno : 0;
}

static int prepare_run_dir(struct launch *l)
{
	int fd;

	l->lock = rundir_lock(l->run_dir, l->settings.run_dir);
	if (l->lock < 0)
		return l->lock;
	fd = rundir_listen(l->run_dir, l->settings.run_dir, &l->control_user);
	if (fd < 0)
		return fd;
	l->listener = dup3(fd, LISTEN_FD, O_CLOEXEC);
	close(fd);
	return l->listener < 0 ? -errno : 0;
}

static int prepare(struct launch *l)
{
	int error = privilege_check();

	if (!error)
		error = reserve_listener(l);
	if (!error)
		error = program_find("edge25-engine", &l->engine_program);
	if (!error)
		error = program_find("edge25-control", &l->control_program);
	if (!error)
		error = settings_read(&l->control_program, l->config, &l->settings);
	if (!error)
		error = prepare_users(l);
	if (!error)
		error = prepare_directories(l);
	return error ? error : prepare_run_dir(l);
}

static void finish(struct launch *l)
{
	const int fds[] = {l->listener, l->lock, l->run_dir};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	program_close(&l->engine_program);
	program_close(&l->control_program);
}

int launch(const char *config)
{
	struct launch l = {
		.config = config,
		.self = getpid(),
		.engine_program.fd = -1,
		.control_program.fd = -1,
		.run_dir = -1,
		.lock = -1,
		.listener = -1,
	};
	struct child engine = {.name = "engine", .become = become_engine, .context = &l};
	struct child control = {.name = "control", .become = become_control, .context = &l};
	int error = prepare(&l);

	if (!error)
		error = supervise(&engine, &control);
	if (!error)
		log_notice("stopped: what was blocked stays blocked, by the kernel's table inet "
			   "edge25; edge25d --remove takes it away");
	finish(&l);
	return error;
}

int launch_test(const char *config)
{
	struct program program;
	char *argv[] = {(char[]){"edge25-control"}, (char[]){"-t"}, (char[]){"-c"}, (char *)config,
			NULL};
	int error = program_find("edge25-control", &program);

	if (error)
		return error;
	/* In the end it becomes control's user, to see what that one may read. */
	error = privilege_narrow(PRIVILEGE(CAP_DAC_READ_SEARCH) | PRIVILEGE(CAP_SETGID) |
				 PRIVILEGE(CAP_SETUID));
	if (!error)
		error = program_execute(&program, argv);
	log_error("cannot run %s: %s", program.path, strerror(-error));
	program_close(&program);
	return error;
}

int launch_remove(void)
{
	struct program program;
	char *argv[] = {(char[]){"edge25-engine"}, (char[]){"--remove"}, NULL};
	int error = program_find("edge25-engine", &program);

	if (error)
		return error;
	error = privilege_narrow(PRIVILEGE(CAP_NET_ADMIN));
	if (!error)
		error = program_execute(&program, argv);
	log_error("cannot run %s: %s", program.path, strerror(-error));
	program_close(&program);
	return error;
}
