// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "control/config/directories.h"

/* The launcher makes them as it should; alone we try, and whoever needs one says what is wrong. */
void directories_make(const struct config_settings *settings)
{
	mkdir(settings->run_dir, 0755);
	mkdir(settings->state_dir, 0750);
	mkdir(settings->log_dir, 0750);
}

int directories_lock(const char *run_dir)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/control.lock", run_dir) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0) {
		log_error("control: %s cannot be opened: %s", path, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		log_error("control: another edge25-control runs on %s: %s is held", run_dir, path);
		close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}
