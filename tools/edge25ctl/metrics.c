// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "openmetrics.h"

/* What is written where control does not answer: else nobody would know that the file is an old one. */
static json_t *down(void)
{
	return json_pack("{s:[{s:s, s:s, s:n, s:s, s:[{s:{}, s:i}]}]}", "families", "name",
			 "edge25_up", "type", "gauge", "unit", "help",
			 "0: edge25-control does not answer", "samples", "labels", "value", 0);
}

static bool write_document(FILE *out, const struct arguments *arguments, const json_t *result)
{
	if (arguments->option[OPTION_JSON]) {
		json_dumpf(result, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		fputc('\n', out);
	} else {
		openmetrics_write(out, json_object_get(result, "families"));
	}
	return !ferror(out) && !fflush(out);
}

/* Whoever reads @path meanwhile reads what was there before, or all of this. */
static int replace(const char *path, const struct arguments *arguments, const json_t *result)
{
	const mode_t mask = umask(0);
	char *temporary;
	FILE *out;
	int fd, error = 0;

	umask(mask);
	/* the collector reads what ends in .prom, and this does not */
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkstemp(temporary);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out) {
		error = -errno;
		if (fd >= 0) {
			close(fd);
			unlink(temporary);
		}
		free(temporary);
		return error;
	}
	if (!write_document(out, arguments, result) || fchmod(fd, 0644 & ~mask) || fsync(fd))
		error = errno ? -errno : -EIO;
	if (fclose(out) && !error)
		error = -errno;
	if (!error && rename(temporary, path))
		error = -errno;
	if (error)
		unlink(temporary);
	free(temporary);
	return error;
}

enum exit_code command_metrics(const struct arguments *arguments, const struct screen *screen)
{
	const char *path = arguments->option[OPTION_OUTPUT];
	enum exit_code code;
	json_t *result;
	int error;

	code = request(arguments, ACCESS_READ, "metrics", NULL, &result);
	if (code != EXIT_OK)
		result = down();
	if (!path) {
		write_document(screen->out, arguments, result);
	} else {
		error = replace(path, arguments, result);
		if (error) {
			text_error("cannot write %s: %s", path, strerror(-error));
			code = EXIT_TROUBLE;
		}
	}
	json_decref(result);
	return code;
}
