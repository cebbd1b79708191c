// SPDX-License-Identifier: GPL-2.0-or-later
/* edge25d: starts edge25-engine and edge25-control, each as its user, and keeps them running. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "launch.h"

#define EXIT_USAGE 2

#ifndef EDGE25_CONFIG
#define EDGE25_CONFIG "/etc/edge25/edge25.conf"
#endif

static void usage(FILE *out)
{
	fputs("usage: edge25d [-c FILE]        run in the foreground\n"
	      "       edge25d -t [-c FILE]     check the configuration and leave\n"
	      "       edge25d --remove         take the kernel's table away and leave\n"
	      "       edge25d -V | -h\n"
	      "FILE is " EDGE25_CONFIG " unless given. See edge25d(8).\n",
	      out);
}

/* The children work in /, so a path from the command line is made absolute here. */
static int absolute(const char *file, char path[PATH_MAX])
{
	char here[PATH_MAX];
	int length;

	if (file[0] == '/')
		length = snprintf(path, PATH_MAX, "%s", file);
	else if (getcwd(here, sizeof(here)))
		length = snprintf(path, PATH_MAX, "%s/%s", here, file);
	else
		return -errno;
	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"test", no_argument, NULL, 't'},
		{"remove", no_argument, NULL, 'R'},       {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
	};
	const char *file = EDGE25_CONFIG;
	char config[PATH_MAX];
	bool remove = false;
	bool test = false;
	int option;
	int error;

	while ((option = getopt_long(argc, argv, "c:tVh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 't':
			test = true;
			break;
		case 'R':
			remove = true;
			break;
		case 'V':
			puts("edge25d " EDGE25_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc || (test && remove)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	log_open("edge25d");
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	signal(SIGPIPE, SIG_IGN);
	error = absolute(file, config);
	if (error)
		log_error("%s: %s", file, strerror(-error));
	else
		error = remove ? launch_remove() : test ? launch_test(config) : launch(config);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
