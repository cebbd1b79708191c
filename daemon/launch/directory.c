// SPDX-License-Identifier: GPL-2.0-or-later
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

#define WRITABLE_BY_OTHERS 022

static bool directory_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	bool empty = dir != NULL;

	while (empty && (entry = readdir(dir)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
	return empty;
}

/* Whose it is, and whether that may stay or become @owner's. */
static int directory_adopt(int fd, const char *key, const char *path, mode_t mode,
			   const struct account *owner, bool created)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_uid == owner->uid) {
		/* Its owner may be stricter than we are, but nobody else writes here. */
		if ((st.st_mode & WRITABLE_BY_OTHERS) && fchmod(fd, mode))
			return -errno;
		return 0;
	}
	if (st.st_uid != 0) {
		log_error("%s %s belongs to uid %u: give it to %s (chown -R %s %s) or name another "
			  "directory",
			  key, path, (unsigned)st.st_uid, owner->name, owner->name, path);
		return -EPERM;
	}
	if (!created && !directory_empty(fd)) {
		log_error("%s %s belongs to root and is not empty: name a directory of its own, or "
			  "give it to %s (chown %s %s)",
			  key, path, owner->name, owner->name, path);
		return -EPERM;
	}
	if (fchmod(fd, mode) || fchown(fd, owner->uid, owner->gid))
		return -errno;
	return 0;
}

int directory_prepare(const char *key, const char *path, mode_t mode, const struct account *owner)
{
	bool created = mkdir(path, 0700) == 0;
	int error = created || errno == EEXIST ? 0 : -errno;
	int fd = -1;

	if (error) {
		log_error("cannot make %s %s: %s", key, path, strerror(-error));
		return error;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		error = -errno;
		log_error("%s %s: %s", key, path,
			  error == -ELOOP || error == -ENOTDIR ?
				  "is a symbolic link or a file: a directory is needed" :
				  strerror(-error));
		return error;
	}
	error = directory_adopt(fd, key, path, mode, owner, created);
	if (error == 0)
		return fd;
	if (error != -EPERM)
		log_error("%s %s: %s", key, path, strerror(-error));
	close(fd);
	return error;
}
