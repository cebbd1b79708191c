// SPDX-License-Identifier: GPL-2.0-or-later
/* edge25-notify: hands incidents to a command of the operator. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "common/log.h"
#include "notify.h"

#define EXIT_USAGE 2
/* As the daemons say it (EX_CONFIG of sysexits.h): to start again would not mend it. */
#define EXIT_CONFIG 78

int main(int argc, char *argv[])
{
	struct options options;
	int error;

	log_open("edge25-notify");
	switch (options_parse(argc, argv, &options)) {
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	signal(SIGPIPE, SIG_IGN);
	error = notify_run(&options);
	return !error ? EXIT_SUCCESS : error == -EBADMSG ? EXIT_CONFIG : EXIT_FAILURE;
}
