// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/replay/replay_main.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "control/replay/replay.h"

#define EXIT_USAGE 2

/* Every source is a home line, and there is room for all of them. */
static const char preset[] =
	"max-hosts = 1048576\n"
	"max-active = 131072\n"
	"policy \"home\" { mode = block }\n"
	"range \"all\" { prefixes = { \"0.0.0.0/0\", \"::/0\" }  policy = \"home\" }\n";

static int usage(FILE *to)
{
	fputs("usage: edge25-replay [-c CONFIG] TRACE.csv\n"
	      "  TRACE.csv: t,src,dst,sport,dport,answered in the order of time; - reads standard input\n"
	      "  -c CONFIG: policies and ranges; without it every source is in a block policy\n"
	      "  -h: this text; -V: the version\n",
	      to);
	return EXIT_USAGE;
}

/* A line of text that names files, so nothing of it may reach a terminal as it is. */
static void complain(const char *text)
{
	char safe[LOG_LINE_MAX];

	fprintf(stderr, "edge25-replay: %s\n", log_escape(text, safe, sizeof(safe)));
}

static int load_preset(struct config **config, struct config_error *error)
{
	char path[] = "/tmp/edge25-replay-XXXXXX";
	int fd = mkstemp(path), result;

	if (fd < 0) {
		snprintf(error->text, sizeof(error->text), "%s: %s", path, strerror(errno));
		return -errno;
	}
	result = write(fd, preset, sizeof(preset) - 1) == (ssize_t)sizeof(preset) - 1 ?
			 config_load(path, config, error) :
			 -EIO;
	if (result == -EIO && !error->text[0])
		snprintf(error->text, sizeof(error->text), "%s: cannot be written", path);
	close(fd);
	unlink(path);
	return result;
}

static struct config *load(const char *path)
{
	uint8_t numbers[POLICIES_MAX];
	struct config_error error = {.text = ""};
	struct config *config = NULL;
	int result = path ? config_load(path, &config, &error) : load_preset(&config, &error);

	for (uint8_t i = 0; i < POLICIES_MAX; i++)
		numbers[i] = i;
	if (!result && !config_number(config, numbers))
		return config;
	complain(result ? error.text : "no memory");
	config_free(config);
	return NULL;
}

static void tell_losses(const struct replay *replay)
{
	const struct tracker_losses losses = tracker_losses(replay_tracker(replay));

	if (losses.hosts_forgotten || losses.hosts_unadmitted)
		fprintf(stderr,
			"edge25-replay: max-hosts is too small: %" PRIu64
			" hosts made room, %" PRIu64 " times there was none\n",
			losses.hosts_forgotten, losses.hosts_unadmitted);
	if (losses.details_forgotten || losses.details_unadmitted)
		fprintf(stderr,
			"edge25-replay: max-active is too small: %" PRIu64
			" hosts made room, %" PRIu64 " times there was none\n",
			losses.details_forgotten, losses.details_unadmitted);
	if (replay_left_alone(replay))
		fprintf(stderr,
			"edge25-replay: %" PRIu64 " lines of sources that are in no range, "
			"in one of several by interface, or allowed\n",
			replay_left_alone(replay));
}

static int run(struct replay *replay, struct trace *trace)
{
	struct trace_row row;
	int more, error = 0;

	while (!error && (more = trace_next(trace, &row)) > 0)
		error = replay_row(replay, &row);
	if (!error && more < 0) {
		complain(trace->error);
		return EXIT_FAILURE;
	}
	if (!error)
		error = replay_print(replay, stdout);
	if (!error && fflush(stdout))
		error = -errno;
	if (error) {
		complain(strerror(-error));
		return EXIT_FAILURE;
	}
	tell_losses(replay);
	return EXIT_SUCCESS;
}

static int replay_file(const char *config_path, const char *path)
{
	struct trace trace = {.path = strcmp(path, "-") == 0 ? "standard input" : path};
	struct config *config = load(config_path);
	struct replay *replay = NULL;
	int status = EXIT_FAILURE;

	if (!config)
		return EXIT_FAILURE;
	trace.file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (!trace.file) {
		snprintf(trace.error, sizeof(trace.error), "%s: %s", path, strerror(errno));
		complain(trace.error);
		goto out;
	}
	replay = replay_new(config);
	if (replay)
		status = run(replay, &trace);
	else
		complain("no memory");
out:
	replay_free(replay);
	if (trace.file && trace.file != stdin)
		fclose(trace.file);
	config_free(config);
	return status;
}

int replay_main(int argc, char **argv)
{
	const char *config = NULL;
	int option;

	while ((option = getopt(argc, argv, "+c:hV")) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("edge25-replay " EDGE25_VERSION);
			return EXIT_SUCCESS;
		default:
			return usage(stderr);
		}
	}
	if (optind + 1 != argc)
		return usage(stderr);
	return replay_file(config, argv[optind]);
}
