/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edge25-engine: answers packets. Holds CAP_NET_ADMIN and nothing else. */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "engine/engine.h"
#include "rules/table.h"

#define EXIT_USAGE 2
#define INHERITED 3 /* sd_listen_fds(3): SD_LISTEN_FDS_START */
#define BACKLOG 4
#define DEFAULT_LISTEN "/run/edge25/engine.sock"
#define DEFAULT_USER "edge25"

static const char usage[] =
	"usage: edge25-engine [--listen PATH] [--peer-user USER]\n"
	"       edge25-engine --remove | --help | --version\n"
	"\n"
	"  --listen PATH     wait for control here, unless a listening socket is inherited\n"
	"                    (LISTEN_FDS); default " DEFAULT_LISTEN "\n"
	"  --peer-user USER  control's user, by name or number; default " DEFAULT_USER "\n"
	"  --remove          take the table inet edge25 away and leave\n"
	"\n"
	"edge25d(8) and the systemd units start it; see edge25d(8).\n";

struct arguments {
	const char *listen;
	const char *user;
	bool remove;
};

#define GIVEN_BACK_FROM (64 * 1024)

/*
 * What a plan or a comparison took goes back to the system when it is freed. The C library would keep
 * up to 32 MB of it, and a heap for each thread. No packet's answer allocates anything.
 */
static void bound_memory(void)
{
#ifdef M_ARENA_MAX /* glibc; others keep nothing */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, GIVEN_BACK_FROM);
	mallopt(M_TRIM_THRESHOLD, GIVEN_BACK_FROM);
#endif
}

/* By number, as edge25d says it, the databases of users need not be loaded. */
static int find_user(const char *name, uid_t *uid)
{
	const struct passwd *user;
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	if (end == name || *end) {
		user = getpwnam(name);
		if (!user)
			return -ENOENT;
		*uid = user->pw_uid;
		return 0;
	}
	if (number > UINT32_MAX - 1)
		return -ENOENT;
	*uid = (uid_t)number;
	return 0;
}

/* The descriptor that systemd or edge25d passed on, or -1. */
static int inherited_listener(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	struct stat status;

	if (!pid || !count || atol(pid) != (long)getpid() || atoi(count) < 1)
		return -1;
	if (fstat(INHERITED, &status) < 0 || !S_ISSOCK(status.st_mode))
		return -1;
	fcntl(INHERITED, F_SETFD, FD_CLOEXEC);
	return INHERITED;
}

static int new_listener(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	umask(0117); /* control's user is let in by its group; who comes is checked besides */
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

/* Whatever we were started with, only CAP_NET_ADMIN stays, and no program run from here gets more. */
static int drop_privileges(void)
{
	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN))
		return -EPERM;
	capng_clear(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN) ||
	    capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT))
		return -EPERM;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

static int run_remove(void)
{
	struct table_error error;
	struct table *table;
	int result = table_open(&table, &error);

	if (!result) {
		result = table_remove(table, &error);
		table_close(table);
	}
	if (result == -ENOENT) {
		log_notice("there is no table inet edge25 here");
		return EXIT_SUCCESS;
	}
	if (result == -EPERM) {
		log_error("the table cannot be taken away while edge25-engine runs: stop it first "
			  "(or CAP_NET_ADMIN is missing: run this as root)");
		return EXIT_FAILURE;
	}
	if (result) {
		log_error("%s", error.text);
		return EXIT_FAILURE;
	}
	log_notice("table inet edge25 is gone: port 25 is open again");
	return EXIT_SUCCESS;
}

static int run(const struct arguments *arguments)
{
	struct engine_settings settings;
	int result = find_user(arguments->user, &settings.peer_user), status;

	if (result) {
		log_error("user %s does not exist", arguments->user);
		return ENGINE_EXIT_CONFIG;
	}
	result = drop_privileges();
	if (result) {
		log_error("CAP_NET_ADMIN is missing: start through edge25d or the systemd unit");
		return ENGINE_EXIT_CONFIG;
	}
	settings.listener = inherited_listener();
	if (settings.listener < 0)
		settings.listener = new_listener(arguments->listen);
	if (settings.listener < 0) {
		log_error("%s: %s", arguments->listen, strerror(-settings.listener));
		return ENGINE_EXIT_CONFIG;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* control reloads */
	status = engine_run(&settings);
	/* Whom edge25d has started, it speaks for. */
	if (status == EXIT_SUCCESS && getenv("LISTEN_FDNAMES"))
		log_notice("engine: stopped: what was blocked stays blocked, by the kernel's table "
			   "inet edge25; edge25d --remove takes it away");
	return status;
}

/* 0: run; otherwise leave with *status. */
static int parse(int argc, char **argv, struct arguments *arguments, int *status)
{
	enum { OPTION_LISTEN = 256, OPTION_USER, OPTION_REMOVE };
	static const struct option options[] = {
		{"listen", required_argument, NULL, OPTION_LISTEN},
		{"peer-user", required_argument, NULL, OPTION_USER},
		{"remove", no_argument, NULL, OPTION_REMOVE},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1)
		switch (option) {
		case OPTION_LISTEN:
			arguments->listen = optarg;
			break;
		case OPTION_USER:
			arguments->user = optarg;
			break;
		case OPTION_REMOVE:
			arguments->remove = true;
			break;
		case 'h':
			fputs(usage, stdout);
			*status = EXIT_SUCCESS;
			return 1;
		case 'V':
			puts("edge25-engine " EDGE25_VERSION);
			*status = EXIT_SUCCESS;
			return 1;
		default:
			fputs(usage, stderr);
			*status = EXIT_USAGE;
			return 1;
		}
	if (optind < argc) {
		fprintf(stderr, "edge25-engine: unexpected argument '%s'\n%s", argv[optind], usage);
		*status = EXIT_USAGE;
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.listen = DEFAULT_LISTEN, .user = DEFAULT_USER};
	int status;

	log_open("edge25-engine");
	bound_memory();
	if (parse(argc, argv, &arguments, &status))
		return status;
	return arguments.remove ? run_remove() : run(&arguments);
}
