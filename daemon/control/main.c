// SPDX-License-Identifier: GPL-2.0-or-later
#include <cap-ng.h>
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "control/control.h"
#include "control/names/names_sources.h"
#include "control/replay/replay_main.h"

/* EXIT_CONFIG is EX_CONFIG of sysexits.h: neither edge25d nor systemd starts it again then. */
enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };
enum action { ACTION_RUN, ACTION_TEST, ACTION_SETTINGS };

static const char usage[] = "usage: edge25-control [-c FILE] [-t | --settings]\n"
			    "       edge25-control -h | -V\n"
			    "\n"
			    "  -c FILE      configuration (" CONFIG_FILE ")\n"
			    "  -t           check the configuration and leave\n"
			    "  --settings   print what the launcher needs to know and leave\n"
			    "  -h, --help   this text\n"
			    "  -V, --version\n";

/* "2 ranges", "1 policy". */
static void print_count(size_t count, const char *one, const char *many, const char *after)
{
	printf("%zu %s%s", count, count == 1 ? one : many, after);
}

static void warn(void *ctx, const char *problem)
{
	char safe[LOG_LINE_MAX];

	(void)ctx;
	fprintf(stderr, "warning: %s\n", log_escape(problem, safe, sizeof(safe)));
}

/* Root may read what the daemon's user may not. */
static bool become(const char *name)
{
	const struct passwd *user = getpwnam(name);

	return user && setgroups(0, NULL) == 0 && setgid(user->pw_gid) == 0 &&
	       setuid(user->pw_uid) == 0;
}

/* The last thing that is done: as the daemon's user. */
static void check_names(const struct config_settings *settings)
{
	if (geteuid() == 0 && !become(settings->user))
		fprintf(stderr,
			"warning: whether user %s can read the files that names come from "
			"is not known\n",
			settings->user);
	names_sources_check(settings, warn, NULL);
}

static int check(struct config *config, const char *path)
{
	uint8_t numbers[POLICIES_MAX];

	for (uint8_t i = 0; i < POLICIES_MAX; i++)
		numbers[i] = i;
	if (config_number(config, numbers)) {
		fprintf(stderr, "%s: no memory\n", path);
		return EXIT_FAILURE;
	}
	printf("%s: configuration OK\n", path);
	print_count(config->policy_count, "policy", "policies", ", ");
	print_count(config->range_count, "range", "ranges", ", ");
	print_count(config->prefix_count, "prefix", "prefixes", " -> ");
	print_count(config->intervals.v4_count + config->intervals.v6_count, "interval",
		    "intervals", ", ");
	print_count(config->interface_count, "interface", "interfaces", ", ");
	print_count(config->allow_count, "allow entry", "allow entries", "\n");
	check_names(&config->settings);
	return EXIT_SUCCESS;
}

static int print_settings(const struct config *config)
{
	const struct config_settings *settings = &config->settings;

	printf("run-dir=%s\nstate-dir=%s\nlog-dir=%s\nuser=%s\nengine-user=%s\n"
	       "monitor-group=%s\nconfig-file=%s\n",
	       settings->run_dir, settings->state_dir, settings->log_dir, settings->user,
	       settings->engine_user, settings->monitor_group, config->path);
	return EXIT_SUCCESS;
}

/* Whatever a client or a packet gets us to do, it shall not be done with a capability. */
static bool has_capability(void)
{
	if (geteuid() == 0)
		return false;
	if (capng_get_caps_process() == 0 &&
	    capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE)
		return false;
	log_error("control: it has capabilities, or they cannot be read; start it without any");
	return true;
}

static int run(struct config *config)
{
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	struct control *control;

	if (has_capability() || !loop) {
		config_free(config);
		return EXIT_FAILURE;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	umask(0027);
	control = control_new(loop, config);
	if (!control)
		return EXIT_FAILURE;
	ev_run(loop, 0);
	control_free(control);
	ev_loop_destroy(loop);
	return EXIT_SUCCESS;
}

static int start(const char *path, enum action action)
{
	struct config_error error;
	struct config *config;
	char safe[LOG_LINE_MAX];
	int code;

	if (config_load(path, &config, &error)) {
		fprintf(stderr, "%s\n", log_escape(error.text, safe, sizeof(safe)));
		return action == ACTION_RUN ? EXIT_CONFIG : EXIT_FAILURE;
	}
	if (action == ACTION_RUN)
		return run(config);
	code = action == ACTION_TEST ? check(config, path) : print_settings(config);
	config_free(config);
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"settings", no_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	const char *path = CONFIG_FILE;
	enum action action = ACTION_RUN;
	int option;

	/* The same code judges, so it is the same program. */
	if (strcmp(program_invocation_short_name, REPLAY_NAME) == 0)
		return replay_main(argc, argv);
	log_open("edge25-control");
	while ((option = getopt_long(argc, argv, "c:thV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 't':
			action = ACTION_TEST;
			break;
		case 's':
			action = ACTION_SETTINGS;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("edge25-control %s\n", EDGE25_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return start(path, action);
}
